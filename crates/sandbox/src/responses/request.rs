//! Reads a Responses body.

use crate::{
    content::Content,
    fault::Fault,
    model::Model,
    reply::{MAX_WORDS, Prompt, Tool},
    thought::Returned,
    vocabulary,
};
use serde::Deserialize;
use serde_json::{Map, Value, json, value::RawValue};
use std::borrow::Cow;

/// OpenAI takes no lower limit.
const MIN_OUTPUT: u64 = 16;

#[derive(Deserialize)]
struct Wire<'a> {
    #[serde(borrow)]
    model: Cow<'a, str>,
    /// A text, or a list of items.
    #[serde(borrow)]
    input: &'a RawValue,
    #[serde(default)]
    instructions: Option<String>,
    #[serde(default)]
    stream: Option<bool>,
    #[serde(default)]
    max_output_tokens: Option<u64>,
    #[serde(default)]
    tools: Option<Vec<WireTool>>,
    #[serde(default)]
    tool_choice: Option<Value>,
    #[serde(default)]
    text: Option<TextOptions>,
    #[serde(default)]
    previous_response_id: Option<Value>,
    #[serde(default)]
    conversation: Option<Value>,
    #[serde(default)]
    background: Option<bool>,
}

/// A message may leave its type out.
#[derive(Deserialize)]
struct Item<'a> {
    #[serde(rename = "type", default, borrow)]
    kind: Option<Cow<'a, str>>,
    #[serde(default, borrow)]
    role: Option<Cow<'a, str>>,
    #[serde(default, borrow)]
    content: Option<Content<'a>>,
    #[serde(default, borrow)]
    output: Option<Content<'a>>,
    #[serde(default)]
    encrypted_content: Option<String>,
}

#[derive(Deserialize)]
struct WireTool {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    parameters: Option<Value>,
}

#[derive(Deserialize)]
struct TextOptions {
    #[serde(default)]
    format: Option<Format>,
}

#[derive(Deserialize)]
struct Format {
    #[serde(rename = "type")]
    kind: String,
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
    let instructions = wire.instructions.as_deref().map_or(0, vocabulary::count);
    let read = read_input(wire.input)?;
    let tool = choose_tool(wire.tools, wire.tool_choice)?.filter(|_| model.calls());
    Ok(Prompt {
        model_name: wire.model.into_owned(),
        model,
        stream: wire.stream.unwrap_or(false),
        include_usage: true,
        max_tokens: wire.max_output_tokens,
        stop: Vec::new(),
        input_tokens: instructions + read.words,
        user_text: read.user_text,
        tool_result: read.tool_result,
        tool,
        seed,
        form: wire.text.and_then(|text| text.format).and_then(form),
        returned: Some(read.returned),
        // OpenAI takes them and does without.
        wants_thoughts: false,
        echo: echo(body),
    })
}

/// Any object, or one by a schema.
fn form(format: Format) -> Option<Value> {
    (format.kind != "text").then(|| format.schema.unwrap_or_else(|| json!({"type": "object"})))
}

/// What an answer repeats of its request, where that is given.
const ECHOED: [&str; 13] = [
    "instructions",
    "max_tool_calls",
    "metadata",
    "parallel_tool_calls",
    "prompt_cache_key",
    "reasoning",
    "safety_identifier",
    "temperature",
    "tool_choice",
    "tools",
    "top_p",
    "truncation",
    "user",
];

fn echo(body: &[u8]) -> Map<String, Value> {
    let given: Map<String, Value> = serde_json::from_slice(body).unwrap_or_default();
    given.into_iter().filter(|(name, value)| ECHOED.contains(&name.as_str()) && !value.is_null()).collect()
}

fn refuse_what_is_not_there(wire: &Wire<'_>) -> Result<(), Fault> {
    let unsupported = |name: &'static str| {
        Err(Fault::at(name, format!("Unsupported parameter: '{name}' is not supported with this model.")))
    };
    if wire.previous_response_id.is_some() {
        return unsupported("previous_response_id");
    }
    if wire.conversation.is_some() {
        return unsupported("conversation");
    }
    if wire.background == Some(true) {
        return unsupported("background");
    }
    if wire.max_output_tokens.is_some_and(|tokens| !(MIN_OUTPUT..=MAX_WORDS).contains(&tokens)) {
        let message = format!("Invalid 'max_output_tokens': expected a value from {MIN_OUTPUT} to {MAX_WORDS}.");
        return Err(Fault::at("max_output_tokens", message));
    }
    Ok(())
}

/// What the input holds.
#[derive(Default)]
struct Read {
    words: u64,
    user_text: String,
    tool_result: Option<String>,
    returned: Vec<Returned>,
}

fn read_input(input: &RawValue) -> Result<Read, Fault> {
    let wrong = |error: serde_json::Error| Fault::at("input", error.to_string());
    if input.get().starts_with('"') {
        let text: String = serde_json::from_str(input.get()).map_err(wrong)?;
        return Ok(Read { words: vocabulary::count(&text), user_text: text, ..Read::default() });
    }
    let items: Vec<Item<'_>> = serde_json::from_str(input.get()).map_err(wrong)?;
    if items.is_empty() {
        return Err(Fault::at("input", "Invalid 'input': empty array. Expected an array with minimum length 1."));
    }
    let mut read = Read::default();
    for item in &items {
        let count = |content: &Content<'_>| content.words().map_err(wrong);
        read.tool_result = None;
        match item.kind.as_deref().unwrap_or("message") {
            "message" => {
                let role = item.role.as_deref().unwrap_or_default();
                if !matches!(role, "system" | "developer" | "user" | "assistant") {
                    return Err(Fault::at("input", format!("Invalid value: '{role}' is no role.")));
                }
                let Some(content) = &item.content else {
                    return Err(Fault::at("input", "Missing required parameter: 'input[].content'."));
                };
                read.words += count(content)?;
                if role == "user" {
                    read.user_text = content.text();
                }
            }
            "function_call_output" | "custom_tool_call_output" => {
                let Some(output) = &item.output else {
                    return Err(Fault::at("input", "Missing required parameter: 'input[].output'."));
                };
                read.words += count(output)?;
                read.tool_result = Some(output.text());
            }
            "reasoning" => {
                let signature = item.encrypted_content.clone();
                read.returned.extend(signature.map(|signature| Returned { signature, text: None }));
            }
            // Calls weigh nothing here.
            _ => {}
        }
    }
    Ok(read)
}

/// The function that `tool_choice` names, else the first; none if `tool_choice` is `"none"`.
fn choose_tool(tools: Option<Vec<WireTool>>, choice: Option<Value>) -> Result<Option<Tool>, Fault> {
    let choice = choice.unwrap_or_default();
    match &choice {
        Value::Null | Value::Object(_) => {}
        Value::String(word) if word == "none" => return Ok(None),
        Value::String(word) if word == "auto" || word == "required" => {}
        _ => {
            return Err(Fault::at(
                "tool_choice",
                "Invalid value: supported are 'none', 'auto', 'required' and an object.",
            ));
        }
    }
    let forced = choice.get("name").and_then(Value::as_str);
    let mut functions = tools.into_iter().flatten().filter(|tool| tool.kind == "function");
    let chosen = functions.find(|tool| forced.is_none_or(|name| tool.name.as_deref() == Some(name)));
    if let (None, Some(name)) = (&chosen, forced) {
        return Err(Fault::at("tool_choice", format!("Tool choice '{name}' not found in 'tools' parameter.")));
    }
    Ok(chosen.and_then(|tool| Some(Tool { name: tool.name?, schema: tool.parameters })))
}
