//! A request. What servers of this dialect do differently is told by the provider.

use super::messages;
use crate::{
    form::{
        effort::{Amount, Effort, Thinking, takes_effort},
        loss::{Losses, cannot},
        request::{Output, Request, Tool, ToolChoice},
        target::Target,
    },
    request::BadRequest,
};
use domain::dialect::Provider;
use serde_json::{Map, Value, json};

/// OpenAI takes this many. <https://platform.openai.com/docs/api-reference/chat/create#chat-create-stop>
const MAX_STOPS: usize = 4;

pub(in crate::openai_chat) fn request(
    request: &Request,
    target: &Target<'_>,
    losses: &mut Losses,
) -> Result<Value, BadRequest> {
    losses.judge_rest(&request.rest)?;
    let mut body = Map::new();
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            body.insert(name.to_owned(), value);
        }
    };
    put("model", Some(target.model.into()));
    put("messages", Some(messages::all(request, target, losses)?));
    put("tools", tools(request, target));
    if !request.tools.is_empty() {
        put("tool_choice", request.tool_choice.as_ref().map(|choice| tool_choice(choice, request)));
        put("parallel_tool_calls", request.parallel_tools.map(Value::Bool));
    }
    let limit = if target.provider.has_openais_models() { "max_completion_tokens" } else { "max_tokens" };
    put(limit, request.max_output.map(Value::from));
    put("temperature", request.temperature.clone().map(Value::Number));
    put("top_p", request.top_p.clone().map(Value::Number));
    match target.provider {
        Provider::Openai | Provider::AzureOpenai | Provider::Deepseek if request.top_k.is_some() => {
            losses.dropped("top_k")
        }
        _ => put("top_k", request.top_k.map(Value::from)),
    }
    put("presence_penalty", request.presence_penalty.clone().map(Value::Number));
    put("frequency_penalty", request.frequency_penalty.clone().map(Value::Number));
    put("seed", request.seed.clone().map(Value::Number));
    if request.stop.len() > MAX_STOPS {
        return Err(cannot("stop (more than four)"));
    }
    put("stop", (!request.stop.is_empty()).then(|| json!(request.stop)));
    put("response_format", response_format(&request.output));
    put("user", request.user.clone().map(Value::String));
    if target.provider.has_openais_models() {
        put("prompt_cache_key", request.cache_key.clone().map(Value::String));
    }
    if request.stream {
        put("stream", Some(true.into()));
        put("stream_options", Some(json!({"include_usage": true})));
    }
    if let Some(thinking) = request.thinking {
        for (name, value) in effort(thinking, target, losses) {
            put(name, Some(value));
        }
    }
    Ok(Value::Object(body))
}

fn tools(request: &Request, target: &Target<'_>) -> Option<Value> {
    let all = request.tools.iter().map(|tool| self::tool(tool, target));
    (!request.tools.is_empty()).then(|| all.collect())
}

fn tool(tool: &Tool, target: &Target<'_>) -> Value {
    let mut function = Map::new();
    function.insert("name".into(), tool.name.as_str().into());
    if let Some(description) = &tool.description {
        function.insert("description".into(), description.as_str().into());
    }
    function.insert("parameters".into(), tool.parameters());
    // Only OpenAI and who follows it closely know strictness.
    if let Some(strict) = tool.strict.filter(|strict| *strict || target.provider.has_openais_models()) {
        function.insert("strict".into(), strict.into());
    }
    json!({"type": "function", "function": function})
}

fn tool_choice(choice: &ToolChoice, request: &Request) -> Value {
    let named = |name: &String| json!({"type": "function", "function": {"name": name}});
    match choice {
        ToolChoice::Auto => "auto".into(),
        ToolChoice::Never => "none".into(),
        ToolChoice::Any => "required".into(),
        ToolChoice::Named(name) => named(name),
        ToolChoice::OneOf { names, must } if names.len() == request.tools.len() => {
            if *must {
                "required".into()
            } else {
                "auto".into()
            }
        }
        ToolChoice::OneOf { names, must: true } if names.len() == 1 => names.first().map(named).unwrap_or_default(),
        ToolChoice::OneOf { names, must } => {
            let mode = if *must { "required" } else { "auto" };
            let tools: Vec<Value> = names.iter().map(named).collect();
            json!({"type": "allowed_tools", "allowed_tools": {"mode": mode, "tools": tools}})
        }
    }
}

fn response_format(output: &Output) -> Option<Value> {
    match output {
        Output::Text => None,
        Output::Json => Some(json!({"type": "json_object"})),
        Output::Schema { name, description, schema, strict } => {
            let mut inner = Map::new();
            inner.insert("name".into(), name.as_deref().unwrap_or("answer").into());
            if let Some(description) = description {
                inner.insert("description".into(), description.as_str().into());
            }
            inner.insert("schema".into(), schema.clone());
            if let Some(strict) = strict {
                inner.insert("strict".into(), (*strict).into());
            }
            Some(json!({"type": "json_schema", "json_schema": inner}))
        }
    }
}

/// How the provider is told to think, if it can be.
fn effort(thinking: Thinking, target: &Target<'_>, losses: &mut Losses) -> Vec<(&'static str, Value)> {
    let off = thinking.amount == Amount::Off;
    match target.provider {
        // <https://api-docs.deepseek.com/guides/thinking_mode>
        Provider::Deepseek => vec![("thinking", json!({"type": if off { "disabled" } else { "enabled" }}))],
        // <https://www.alibabacloud.com/help/en/model-studio/deep-thinking>
        Provider::Qwen => {
            let switch = ("enable_thinking", Value::Bool(!off));
            let budget = thinking.amount.budget().map(|budget| ("thinking_budget", budget.into()));
            std::iter::once(switch).chain(budget).collect()
        }
        _ if off => Vec::new(),
        _ if takes_effort(target.model) => {
            // The largest word that every such model knows.
            let known = |effort: Effort| effort.min(Effort::High).as_str();
            thinking.amount.effort().map(|effort| ("reasoning_effort", known(effort).into())).into_iter().collect()
        }
        _ => {
            losses.dropped("thinking");
            Vec::new()
        }
    }
}
