//! A request.

use super::messages;
use crate::{
    form::{
        effort::{Amount, Effort},
        loss::{Losses, cannot},
        request::{Output, Request, Tool, ToolChoice},
        target::Target,
    },
    request::BadRequest,
};
use serde_json::{Map, Value, json};

pub(super) fn request(request: &Request, target: &Target<'_>, losses: &mut Losses) -> Result<Value, BadRequest> {
    losses.judge_rest(&request.rest)?;
    let mut body = Map::new();
    body.insert("model".into(), target.model.into());
    body.insert("messages".into(), messages::all(request, losses)?);
    if let Some(tools) = tools(request, losses)? {
        body.insert("tools".into(), tools);
    }
    match &request.output {
        Output::Text => {}
        Output::Json => drop(body.insert("format".into(), "json".into())),
        Output::Schema { schema, .. } => drop(body.insert("format".into(), schema.clone())),
    }
    let options = options(request);
    if !options.is_empty() {
        body.insert("options".into(), options.into());
    }
    if let Some(thinking) = request.thinking {
        body.insert("think".into(), think(thinking.amount, target));
    }
    if request.user.is_some() {
        losses.dropped("user");
    }
    body.insert("stream".into(), request.stream.into());
    Ok(body.into())
}

/// The model is free to call any of them, or none: nothing else can be said here.
fn tools(request: &Request, losses: &mut Losses) -> Result<Option<Value>, BadRequest> {
    match &request.tool_choice {
        Some(ToolChoice::Never) => return Ok(None),
        Some(ToolChoice::Any | ToolChoice::Named(_) | ToolChoice::OneOf { .. }) => return Err(cannot("tool_choice")),
        Some(ToolChoice::Auto) | None => {}
    }
    if request.tools.is_empty() {
        return Ok(None);
    }
    if request.parallel_tools == Some(false) {
        losses.dropped("parallel_tool_calls");
    }
    let tool = |tool: &Tool| {
        let mut function = Map::new();
        function.insert("name".into(), tool.name.as_str().into());
        function.insert("description".into(), tool.description.as_deref().unwrap_or_default().into());
        function.insert("parameters".into(), tool.parameters());
        json!({"type": "function", "function": function})
    };
    Ok(Some(request.tools.iter().map(tool).collect()))
}

fn options(request: &Request) -> Map<String, Value> {
    let mut options = Map::new();
    let number = |number: &Option<serde_json::Number>| number.clone().map(Value::Number);
    for (name, value) in [
        ("num_predict", request.max_output.map(Value::from)),
        ("temperature", number(&request.temperature)),
        ("top_p", number(&request.top_p)),
        ("top_k", request.top_k.map(Value::from)),
        ("presence_penalty", number(&request.presence_penalty)),
        ("frequency_penalty", number(&request.frequency_penalty)),
        ("seed", number(&request.seed)),
        ("stop", (!request.stop.is_empty()).then(|| json!(request.stop))),
    ] {
        options.extend(value.map(|value| (name.to_owned(), value)));
    }
    options
}

/// A switch; gpt-oss takes words instead. <https://docs.ollama.com/capabilities/thinking>
fn think(amount: Amount, target: &Target<'_>) -> Value {
    if !target.model.contains("gpt-oss") {
        return Value::Bool(amount != Amount::Off);
    }
    let effort = amount.effort().unwrap_or(Effort::Low).clamp(Effort::Low, Effort::High);
    effort.as_str().into()
}
