//! Reads a Messages body.

use crate::{
    content::Content,
    fault::Fault,
    model::Model,
    reply::{MAX_WORDS, Prompt, Tool},
};
use serde::Deserialize;
use serde_json::{Value, value::RawValue};
use std::borrow::Cow;

#[derive(Deserialize)]
struct Wire<'a> {
    #[serde(borrow)]
    model: Cow<'a, str>,
    #[serde(borrow)]
    messages: Vec<Message<'a>>,
    max_tokens: u64,
    #[serde(default, borrow)]
    system: Option<Content<'a>>,
    #[serde(default)]
    thinking: Option<Thinking>,
    #[serde(default)]
    output_config: Option<OutputConfig>,
    #[serde(default)]
    stream: Option<bool>,
    #[serde(default)]
    stop_sequences: Option<Vec<String>>,
    #[serde(default, borrow)]
    tools: Option<&'a RawValue>,
    #[serde(default, borrow)]
    tool_choice: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Thinking {
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Deserialize)]
struct OutputConfig {
    #[serde(default)]
    format: Option<Format>,
}

/// `{"type":"json_schema","schema":…}`.
#[derive(Deserialize)]
struct Format {
    schema: Value,
}

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow)]
    role: Cow<'a, str>,
    #[serde(borrow)]
    content: Content<'a>,
}

/// Reads a body.
///
/// # Errors
/// [`Fault::Malformed`] naming the field, or [`Fault::UnknownModel`].
pub(crate) fn parse(body: &[u8], seed: u64) -> Result<Prompt, Fault> {
    let wire: Wire<'_> = serde_json::from_slice(body).map_err(|error| Fault::unreadable(&error))?;
    let model = Model::parse(&wire.model).ok_or_else(|| Fault::UnknownModel(wire.model.clone().into_owned()))?;
    if wire.max_tokens == 0 || wire.max_tokens > MAX_WORDS {
        return Err(Fault::at("max_tokens", format!("must be from 1 to {MAX_WORDS}")));
    }
    let Some(last) = wire.messages.last() else {
        return Err(Fault::at("messages", "at least one message is required"));
    };
    let unreadable = |error: serde_json::Error| Fault::at("messages", error.to_string());
    let mut words = wire.system.as_ref().map_or(Ok(0), Content::words).map_err(unreadable)?;
    let mut returned = Vec::new();
    for message in &wire.messages {
        message.content.thoughts(&mut returned);
        if !matches!(message.role.as_ref(), "user" | "assistant") {
            return Err(Fault::at("messages", format!("Unexpected role \"{}\"", message.role)));
        }
        words += message.content.words().map_err(unreadable)?;
    }
    let tool_result = if last.role == "user" { last.content.tool_result().map_err(unreadable)? } else { None };
    let users = wire.messages.iter().rev().filter(|message| message.role == "user");
    let user_text = users.map(|message| message.content.text()).find(|text| !text.is_empty()).unwrap_or_default();
    let tool = if model.calls() { choose_tool(wire.tools, wire.tool_choice)? } else { None };
    Ok(Prompt {
        stream: wire.stream.unwrap_or(false),
        include_usage: true,
        max_tokens: Some(wire.max_tokens),
        stop: wire.stop_sequences.unwrap_or_default().into_iter().filter(|stop| !stop.is_empty()).collect(),
        input_tokens: words,
        user_text,
        tool_result,
        tool,
        seed,
        form: wire.output_config.and_then(|config| config.format).map(|format| format.schema),
        returned: Some(returned),
        wants_thoughts: wire.thinking.is_some_and(|thinking| thinking.kind != "disabled"),
        echo: serde_json::Map::new(),
        model,
        model_name: wire.model.into_owned(),
    })
}

/// A tool of the caller's own has a schema; the provider's (`web_search_…`) have none and are never called here.
#[derive(Deserialize)]
struct WireTool {
    name: String,
    #[serde(default)]
    input_schema: Option<Value>,
}

/// The tool that `tool_choice` names, else the first; none if `tool_choice` is of type `none`.
fn choose_tool(tools: Option<&RawValue>, choice: Option<&RawValue>) -> Result<Option<Tool>, Fault> {
    let Some(tools) = tools else { return Ok(None) };
    let read: Vec<WireTool> =
        serde_json::from_str(tools.get()).map_err(|error| Fault::at("tools", error.to_string()))?;
    let choice: Value = choice.map_or(Ok(Value::Null), |choice| serde_json::from_str(choice.get())).unwrap_or_default();
    let kind = choice.get("type").and_then(Value::as_str);
    if kind == Some("none") {
        return Ok(None);
    }
    let forced = choice.get("name").and_then(Value::as_str).filter(|_| kind == Some("tool"));
    let mut own = read.into_iter().filter(|tool| tool.input_schema.is_some());
    let chosen = own.find(|tool| forced.is_none_or(|name| name == tool.name));
    if let (None, Some(name)) = (&chosen, forced) {
        return Err(Fault::at("tool_choice", format!("Tool '{name}' not found in provided tools")));
    }
    Ok(chosen.map(|tool| Tool { name: tool.name, schema: tool.input_schema }))
}
