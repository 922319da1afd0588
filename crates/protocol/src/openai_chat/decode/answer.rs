//! A whole answer, of OpenAI's or of the servers that are like it.

use super::stream::{stop_of, thought_of};
use crate::{
    form::{
        answer::{Message, Stop},
        document::{items, text},
        request::{Block, Reasoning, ToolUse, What},
        signature::{Maker, Signature},
    },
    stream::Fault,
};
use serde_json::Value;

pub(in crate::openai_chat) fn answer(document: &Value, _seed: &str) -> Result<Message, Fault> {
    let choice = items(document, "choices").first().ok_or(Fault::Malformed)?;
    let message = choice.get("message").ok_or(Fault::Malformed)?;
    let mut blocks = Vec::new();
    let thought = thought_of(message);
    if !thought.is_empty() {
        blocks.push(What::Reasoning(Reasoning { text: thought, ..Reasoning::default() }).into());
    }
    said(message.get("content"), &mut blocks);
    let refusal = text(message, "refusal");
    if !refusal.is_empty() {
        blocks.push(What::Refusal(refusal.to_owned()).into());
    }
    blocks.extend(items(message, "tool_calls").iter().map(|call| Block::from(What::ToolUse(tool_use(call)))));
    if let Some(call) = message.get("function_call").filter(|call| call.is_object()) {
        let (name, arguments) = (text(call, "name").to_owned(), text(call, "arguments").to_owned());
        blocks.push(What::ToolUse(ToolUse { id: name.clone(), name, arguments, ..ToolUse::default() }).into());
    }
    let calls = blocks.iter().any(|block| block.as_tool_use().is_some());
    let stop = match stop_of(text(choice, "finish_reason")) {
        Stop::End if calls => Stop::ToolUse,
        stop => stop,
    };
    Ok(Message { blocks, stop })
}

/// A text, or parts; Mistral's hold its thoughts.
fn said(content: Option<&Value>, blocks: &mut Vec<Block>) {
    match content {
        Some(Value::String(text)) if !text.is_empty() => blocks.push(Block::text(text.as_str())),
        Some(Value::Array(parts)) => {
            for part in parts {
                match text(part, "type") {
                    "thinking" => {
                        let thought = items(part, "thinking").iter().map(|inner| text(inner, "text")).collect();
                        blocks.push(What::Reasoning(Reasoning { text: thought, ..Reasoning::default() }).into());
                    }
                    "refusal" => blocks.push(What::Refusal(text(part, "refusal").to_owned()).into()),
                    _ if !text(part, "text").is_empty() => blocks.push(Block::text(text(part, "text"))),
                    _ => {}
                }
            }
        }
        _ => {}
    }
}

fn tool_use(call: &Value) -> ToolUse {
    let custom = text(call, "type") == "custom";
    let inner = call.get(if custom { "custom" } else { "function" }).unwrap_or(&Value::Null);
    let arguments = match inner.get(if custom { "input" } else { "arguments" }) {
        Some(Value::String(text)) => text.clone(),
        // Some servers give the object itself.
        Some(object @ Value::Object(_)) => object.to_string(),
        _ => String::new(),
    };
    let sealed = call.pointer("/extra_content/google/thought_signature").and_then(Value::as_str);
    ToolUse {
        id: text(call, "id").to_owned(),
        name: text(inner, "name").to_owned(),
        arguments,
        signature: sealed.and_then(|data| Signature::from_field_of(Maker::Google, data)),
        custom,
    }
}
