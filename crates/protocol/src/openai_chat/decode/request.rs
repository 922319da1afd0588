//! A request. Source: <https://platform.openai.com/docs/api-reference/chat/create>.

use super::{content, tools};
use crate::{
    form::{
        document::Fields,
        effort::{Amount, Effort, Thinking},
        provider_tools,
        request::{Block, Output, Request, Role, ToolResult, What},
    },
    request::BadRequest,
};
use domain::dialect::Dialect;
use serde_json::Value;

pub(in crate::openai_chat) fn request(body: Value) -> Result<Request, BadRequest> {
    let mut body = Fields::of("", body)?;
    let mut request = Request::new(Dialect::OpenaiChat);
    for message in body.some_objects("messages")? {
        add_message(&mut request, message)?;
    }
    for tool in body.objects("tools")? {
        request.tools.push(tools::tool(tool)?);
    }
    if body.take("web_search_options").is_some() {
        provider_tools::declared(&mut request, "web_search_options", "web_search")?;
    }
    for function in body.objects("functions")? {
        request.tools.push(tools::function(function)?);
    }
    let choice = body.take_any(&["tool_choice", "function_call"]);
    request.tool_choice = choice.map(|choice| tools::choice(&body, choice)).transpose()?;
    request.parallel_tools = body.switch("parallel_tool_calls")?;
    request.stream = body.switch("stream")?.unwrap_or(false);
    if let Some(mut options) = body.object("stream_options")? {
        request.include_usage = options.switch("include_usage")?.unwrap_or(false);
    }
    let older = body.positive("max_tokens")?;
    request.max_output = body.positive("max_completion_tokens")?.max(older);
    request.temperature = body.number("temperature")?;
    request.top_p = body.number("top_p")?;
    request.top_k = body.whole("top_k")?;
    request.presence_penalty = body.number("presence_penalty")?;
    request.frequency_penalty = body.number("frequency_penalty")?;
    request.seed = body.number("seed")?;
    request.stop = body.texts("stop")?;
    request.thinking = thinking(&mut body)?;
    request.output = output(&mut body)?;
    request.user = body.text("user")?;
    request.cache_key = body.text("prompt_cache_key")?;
    body.take("model");
    drop_defaults(&mut body);
    request.rest = body.rest();
    Ok(request)
}

/// Fields that ask for what happens anyway.
fn drop_defaults(body: &mut Fields) {
    body.drop_defaults([
        ("n", Value::from(1)),
        ("logprobs", Value::Bool(false)),
        ("logit_bias", Value::Object(serde_json::Map::new())),
        ("modalities", serde_json::json!(["text"])),
    ]);
}

fn add_message(request: &mut Request, mut message: Fields) -> Result<(), BadRequest> {
    let role = message.needed_text("role")?;
    match role.as_str() {
        "system" | "developer" => {
            let blocks = content::parts(&mut message, "content")?;
            request.say(Role::System, blocks);
        }
        "user" => {
            let blocks = content::parts(&mut message, "content")?;
            request.say(Role::User, blocks);
        }
        "assistant" => {
            let blocks = content::assistant(&mut message)?;
            request.say(Role::Assistant, blocks);
        }
        "tool" | "function" => {
            let name = message.text("name")?;
            let id = match message.text("tool_call_id")? {
                Some(id) => id,
                // The older way knows calls by their function's name only.
                None => name.clone().ok_or_else(|| message.wrong("tool_call_id", "is missing"))?,
            };
            let cache = content::mark(&mut message)?;
            let content = content::parts(&mut message, "content")?;
            let result = ToolResult { id, name, content, is_error: false };
            request.say(Role::User, vec![Block::from(What::ToolResult(result)).marked(cache)]);
        }
        _ => return Err(message.wrong("role", "must be system, developer, user, assistant or tool")),
    }
    Ok(())
}

fn thinking(body: &mut Fields) -> Result<Option<Thinking>, BadRequest> {
    let amount = match body.text("reasoning_effort")?.as_deref() {
        Some("none") => Some(Amount::Off),
        Some(word) => match Effort::of(word) {
            Some(effort) => Some(Amount::Effort(effort)),
            None => return Err(body.wrong("reasoning_effort", "is no effort this relay knows")),
        },
        None => None,
    };
    let amount = match (amount, body.object("reasoning")?) {
        (None, Some(reasoning)) => wished(reasoning)?,
        (amount, _) => amount,
    };
    // DeepSeek's switch. <https://api-docs.deepseek.com/guides/thinking_mode>
    let amount = match (amount, body.object("thinking")?) {
        (None, Some(mut thinking)) => match thinking.text("type")?.as_deref() {
            Some("enabled") => Some(Amount::Adaptive),
            Some("disabled") => Some(Amount::Off),
            _ => None,
        },
        (amount, _) => amount,
    };
    // Qwen's switch and budget, which other servers of this dialect took over.
    let switch = body.switch("enable_thinking")?;
    let budget = body.whole("thinking_budget")?;
    let amount = match (amount, switch, budget) {
        (Some(amount), ..) => Some(amount),
        (None, Some(false), _) => Some(Amount::Off),
        (None, _, Some(budget)) => Some(Amount::Budget(budget)),
        (None, Some(true), None) => Some(Amount::Adaptive),
        (None, None, None) => None,
    };
    Ok(amount.map(|amount| Thinking { amount, told: None }))
}

/// OpenRouter's way to wish for it. <https://openrouter.ai/docs/use-cases/reasoning-tokens>
fn wished(mut reasoning: Fields) -> Result<Option<Amount>, BadRequest> {
    if let Some(budget) = reasoning.whole("max_tokens")? {
        return Ok(Some(Amount::Budget(budget)));
    }
    let on = reasoning.switch("enabled")?;
    match reasoning.text("effort")?.as_deref() {
        Some("none") => Ok(Some(Amount::Off)),
        Some(word) => {
            let effort = Effort::of(word).ok_or_else(|| reasoning.wrong("effort", "is no effort this relay knows"))?;
            Ok(Some(Amount::Effort(effort)))
        }
        None => Ok(on.map(|on| if on { Amount::Adaptive } else { Amount::Off })),
    }
}

fn output(body: &mut Fields) -> Result<Output, BadRequest> {
    let Some(mut format) = body.object("response_format")? else { return Ok(Output::Text) };
    match format.needed_text("type")?.as_str() {
        "text" => Ok(Output::Text),
        "json_object" => Ok(Output::Json),
        "json_schema" => {
            let path = format.path("json_schema");
            let mut inner =
                format.object("json_schema")?.ok_or_else(|| crate::form::document::wrong(&path, "is missing"))?;
            Ok(Output::Schema {
                name: inner.text("name")?,
                description: inner.text("description")?,
                schema: inner.take("schema").unwrap_or_else(|| serde_json::json!({"type": "object"})),
                strict: inner.switch("strict")?,
            })
        }
        _ => Err(format.wrong("type", "must be text, json_object or json_schema")),
    }
}
