//! A request. The upstream is asked to keep nothing, and to hand out its thoughts sealed, so that the caller can keep them.

use super::items;
use crate::{
    form::{
        effort::{Amount, Effort, takes_effort},
        loss::{Losses, cannot},
        request::{Output, Request, Tool, ToolChoice},
        target::Target,
    },
    request::BadRequest,
};
use serde_json::{Map, Number, Value, json};

/// The smallest limit that OpenAI takes.
/// <https://platform.openai.com/docs/api-reference/responses/create#responses-create-max_output_tokens>
const MIN_OUTPUT: u64 = 16;

pub(in crate::openai_responses) fn request(
    request: &Request,
    target: &Target<'_>,
    losses: &mut Losses,
) -> Result<Value, BadRequest> {
    losses.judge_rest(&request.rest)?;
    if !request.stop.is_empty() {
        return Err(cannot("stop"));
    }
    let mut body = Map::new();
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            body.insert(name.to_owned(), value);
        }
    };
    put("model", Some(target.model.into()));
    let (instructions, input) = items::all(request, losses)?;
    put("instructions", instructions);
    put("input", Some(input));
    put("tools", (!request.tools.is_empty()).then(|| request.tools.iter().map(tool).collect()));
    if !request.tools.is_empty() {
        put("tool_choice", request.tool_choice.as_ref().map(|choice| tool_choice(choice, request)));
        put("parallel_tool_calls", request.parallel_tools.map(Value::Bool));
    }
    put("max_output_tokens", request.max_output.map(|limit| limit.max(MIN_OUTPUT).into()));
    if request.max_output.is_some_and(|limit| limit < MIN_OUTPUT) {
        losses.note("max_tokens", "raised to 16");
    }
    put("temperature", request.temperature.clone().map(Value::Number));
    put("top_p", request.top_p.clone().map(Value::Number));
    let matters = |number: &Option<Number>| number.as_ref().is_some_and(|number| number.as_f64() != Some(0.0));
    for (name, matters) in [
        ("top_k", request.top_k.is_some()),
        ("presence_penalty", matters(&request.presence_penalty)),
        ("frequency_penalty", matters(&request.frequency_penalty)),
        ("seed", request.seed.is_some()),
    ] {
        if matters {
            losses.dropped(name);
        }
    }
    put("reasoning", reasoning(request, target, losses));
    put("text", format(&request.output).map(|format| json!({ "format": format })));
    put("user", request.user.clone().map(Value::String));
    put("prompt_cache_key", request.cache_key.clone().map(Value::String));
    put("store", Some(false.into()));
    if takes_effort(target.model) {
        put("include", Some(json!(["reasoning.encrypted_content"])));
    }
    if request.stream {
        put("stream", Some(true.into()));
    }
    Ok(Value::Object(body))
}

/// Strictness is said in any case: left out it is on here, and off elsewhere.
fn tool(tool: &Tool) -> Value {
    if tool.custom {
        return json!({"type": "custom", "name": tool.name, "description": tool.description.as_deref().unwrap_or_default()});
    }
    let mut entry = Map::new();
    entry.insert("type".into(), "function".into());
    entry.insert("name".into(), tool.name.as_str().into());
    if let Some(description) = &tool.description {
        entry.insert("description".into(), description.as_str().into());
    }
    entry.insert("parameters".into(), tool.parameters());
    entry.insert("strict".into(), tool.strict.unwrap_or(false).into());
    Value::Object(entry)
}

fn tool_choice(choice: &ToolChoice, request: &Request) -> Value {
    let custom = request.custom_tools();
    let named = |name: &String| {
        let kind = if custom.contains(name) { "custom" } else { "function" };
        json!({"type": kind, "name": name})
    };
    match choice {
        ToolChoice::Auto => "auto".into(),
        ToolChoice::Never => "none".into(),
        ToolChoice::Any => "required".into(),
        ToolChoice::Named(name) => named(name),
        ToolChoice::OneOf { names, must } => {
            let mode = if *must { "required" } else { "auto" };
            json!({"type": "allowed_tools", "mode": mode, "tools": names.iter().map(named).collect::<Vec<_>>()})
        }
    }
}

fn reasoning(request: &Request, target: &Target<'_>, losses: &mut Losses) -> Option<Value> {
    let thinking = request.thinking?;
    if !takes_effort(target.model) {
        if thinking.amount != Amount::Off {
            losses.dropped("thinking");
        }
        return None;
    }
    let mut reasoning = Map::new();
    if let Some(effort) = thinking.amount.effort() {
        // The largest word that every such model knows.
        reasoning.insert("effort".into(), effort.min(Effort::High).as_str().into());
    }
    if thinking.amount != Amount::Off && thinking.told != Some(false) {
        reasoning.insert("summary".into(), "auto".into());
    }
    (!reasoning.is_empty()).then_some(Value::Object(reasoning))
}

fn format(output: &Output) -> Option<Value> {
    match output {
        Output::Text => None,
        Output::Json => Some(json!({"type": "json_object"})),
        Output::Schema { name, description, schema, strict } => {
            let mut format = Map::new();
            format.insert("type".into(), "json_schema".into());
            format.insert("name".into(), name.as_deref().unwrap_or("answer").into());
            if let Some(description) = description {
                format.insert("description".into(), description.as_str().into());
            }
            format.insert("schema".into(), schema.clone());
            format.insert("strict".into(), strict.unwrap_or(false).into());
            Some(Value::Object(format))
        }
    }
}
