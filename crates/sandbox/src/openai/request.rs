//! Reads a Chat Completions body.

use crate::{
    content::Content,
    fault::Fault,
    model::Model,
    reply::{MAX_WORDS, Prompt, Tool},
};
use serde::Deserialize;
use serde_json::{Value, json, value::RawValue};
use std::borrow::Cow;

#[derive(Deserialize)]
struct Wire<'a> {
    #[serde(borrow)]
    model: Cow<'a, str>,
    #[serde(borrow)]
    messages: Vec<Message<'a>>,
    #[serde(default)]
    stream: Option<bool>,
    #[serde(default)]
    stream_options: Option<StreamOptions>,
    #[serde(default)]
    max_tokens: Option<u64>,
    #[serde(default)]
    max_completion_tokens: Option<u64>,
    #[serde(default)]
    n: Option<u64>,
    #[serde(default)]
    logprobs: Option<bool>,
    #[serde(default, borrow)]
    stop: Option<Stop<'a>>,
    #[serde(default, borrow)]
    tools: Option<&'a RawValue>,
    #[serde(default, borrow)]
    tool_choice: Option<&'a RawValue>,
    #[serde(default)]
    response_format: Option<ResponseFormat>,
}

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow)]
    role: Cow<'a, str>,
    #[serde(default, borrow)]
    content: Option<Content<'a>>,
}

/// One stop sequence, or up to four.
#[derive(Deserialize)]
#[serde(untagged)]
enum Stop<'a> {
    One(#[serde(borrow)] Cow<'a, str>),
    Several(Vec<String>),
}

#[derive(Deserialize)]
struct StreamOptions {
    #[serde(default)]
    include_usage: Option<bool>,
}

#[derive(Deserialize)]
struct ResponseFormat {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    json_schema: Option<JsonSchema>,
}

#[derive(Deserialize)]
struct JsonSchema {
    #[serde(default)]
    schema: Option<Value>,
}

/// Reads a body.
///
/// # Errors
/// [`Fault::Malformed`] naming the field, or [`Fault::UnknownModel`].
pub(crate) fn parse(body: &[u8], seed: u64) -> Result<Prompt, Fault> {
    let wire: Wire<'_> = serde_json::from_slice(body).map_err(|error| Fault::unreadable(&error))?;
    let model = Model::parse(&wire.model).ok_or_else(|| Fault::UnknownModel(wire.model.clone().into_owned()))?;
    refuse_what_is_not_there(&wire)?;
    let read = read_messages(&wire.messages)?;
    let tool = if model.calls() { choose_tool(wire.tools, wire.tool_choice)? } else { None };
    Ok(Prompt {
        model_name: wire.model.into_owned(),
        model,
        stream: wire.stream.unwrap_or(false),
        include_usage: wire.stream_options.and_then(|options| options.include_usage).unwrap_or(false),
        max_tokens: wire.max_completion_tokens.or(wire.max_tokens),
        stop: stop_sequences(wire.stop),
        input_tokens: read.words,
        user_text: read.user_text,
        tool_result: read.tool_result,
        tool,
        seed,
        form: wire.response_format.and_then(form),
        returned: None,
        wants_thoughts: false,
        echo: serde_json::Map::new(),
    })
}

/// Any object, or one by a schema.
fn form(format: ResponseFormat) -> Option<Value> {
    let schema = format.json_schema.and_then(|it| it.schema);
    (format.kind != "text").then(|| schema.unwrap_or_else(|| json!({"type": "object"})))
}

fn refuse_what_is_not_there(wire: &Wire<'_>) -> Result<(), Fault> {
    if wire.n.is_some_and(|n| n != 1) {
        return Err(Fault::at("n", "Unsupported value: 'n' must be 1 with this model."));
    }
    if wire.logprobs == Some(true) {
        return Err(Fault::at("logprobs", "Unsupported parameter: 'logprobs' is not supported with this model."));
    }
    for (name, tokens) in [("max_tokens", wire.max_tokens), ("max_completion_tokens", wire.max_completion_tokens)] {
        if tokens.is_some_and(|tokens| tokens == 0 || tokens > MAX_WORDS) {
            return Err(Fault::at(name, format!("Invalid '{name}': expected a value from 1 to {MAX_WORDS}.")));
        }
    }
    if wire.stream_options.is_some() && wire.stream != Some(true) {
        return Err(Fault::at(
            "stream_options",
            "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
        ));
    }
    Ok(())
}

/// What the messages hold.
struct Read {
    words: u64,
    user_text: String,
    tool_result: Option<String>,
}

fn read_messages(messages: &[Message<'_>]) -> Result<Read, Fault> {
    let Some(last) = messages.last() else {
        return Err(Fault::at("messages", "Invalid 'messages': empty array. Expected an array with minimum length 1."));
    };
    let mut words = 0;
    for message in messages {
        if !matches!(message.role.as_ref(), "system" | "developer" | "user" | "assistant" | "tool" | "function") {
            return Err(Fault::at("messages", format!("Invalid value: '{}' is no role.", message.role)));
        }
        match &message.content {
            Some(content) => words += content.words().map_err(|error| Fault::at("messages", error.to_string()))?,
            None if message.role == "assistant" => {}
            None => return Err(Fault::at("messages", "Missing required parameter: 'messages[].content'.")),
        }
    }
    let text = |message: &Message<'_>| message.content.as_ref().map(Content::text).unwrap_or_default();
    let user_text = messages.iter().rfind(|message| message.role == "user").map(text).unwrap_or_default();
    let tool_result = if last.role == "tool" { Some(text(last)) } else { None };
    Ok(Read { words, user_text, tool_result })
}

fn stop_sequences(stop: Option<Stop<'_>>) -> Vec<String> {
    let all = match stop {
        None => Vec::new(),
        Some(Stop::One(text)) => vec![text.into_owned()],
        Some(Stop::Several(texts)) => texts,
    };
    all.into_iter().filter(|text| !text.is_empty()).collect()
}

#[derive(Deserialize)]
struct WireTool {
    #[serde(default)]
    function: Option<Function>,
}

#[derive(Deserialize)]
struct Function {
    name: String,
    #[serde(default)]
    parameters: Option<Value>,
}

/// The function that `tool_choice` names, else the first; none if `tool_choice` is `"none"`.
fn choose_tool(tools: Option<&RawValue>, choice: Option<&RawValue>) -> Result<Option<Tool>, Fault> {
    let Some(tools) = tools else { return Ok(None) };
    let read: Vec<WireTool> =
        serde_json::from_str(tools.get()).map_err(|error| Fault::at("tools", error.to_string()))?;
    let choice: Value = choice.map_or(Ok(Value::Null), |choice| serde_json::from_str(choice.get())).unwrap_or_default();
    if choice == "none" {
        return Ok(None);
    }
    let forced = choice.pointer("/function/name").and_then(Value::as_str);
    let mut functions = read.into_iter().filter_map(|tool| tool.function);
    let chosen = functions.find(|function| forced.is_none_or(|name| name == function.name));
    if let (None, Some(name)) = (&chosen, forced) {
        return Err(Fault::at("tool_choice", format!("Tool choice '{name}' not found in 'tools' parameter.")));
    }
    Ok(chosen.map(|function| Tool { name: function.name, schema: function.parameters }))
}
