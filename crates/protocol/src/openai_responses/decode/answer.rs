//! A whole answer.

use crate::{
    form::{
        answer::{Message, Stop},
        document::{items, text},
        request::{Block, Opaque, Reasoning, ToolUse, What},
        signature::{Maker, Signature},
    },
    stream::Fault,
};
use serde_json::Value;

pub(in crate::openai_responses) fn answer(document: &Value, _seed: &str) -> Result<Message, Fault> {
    let output = document.get("output").and_then(Value::as_array).ok_or(Fault::Malformed)?;
    let mut blocks = Vec::new();
    for item in output {
        add(item, &mut blocks);
    }
    let calls = blocks.iter().any(|block: &Block| block.as_tool_use().is_some());
    let refused = blocks.iter().any(|block| matches!(block.what, What::Refusal(_)));
    Ok(Message { stop: stop_of(document, calls, refused), blocks })
}

fn add(item: &Value, blocks: &mut Vec<Block>) {
    match text(item, "type") {
        "message" => {
            for part in items(item, "content") {
                match text(part, "type") {
                    "refusal" => blocks.push(What::Refusal(text(part, "refusal").to_owned()).into()),
                    _ if !text(part, "text").is_empty() => blocks.push(Block::text(text(part, "text"))),
                    _ => {}
                }
            }
        }
        "reasoning" => blocks.push(What::Reasoning(reasoning(item)).into()),
        "function_call" => blocks.push(What::ToolUse(call(item, "arguments", false)).into()),
        "custom_tool_call" => blocks.push(What::ToolUse(call(item, "input", true)).into()),
        _ => blocks.push(What::Opaque(opaque(item)).into()),
    }
}

fn reasoning(item: &Value) -> Reasoning {
    let texts = items(item, "summary").iter().chain(items(item, "content"));
    let texts: Vec<&str> = texts.map(|part| text(part, "text")).filter(|text| !text.is_empty()).collect();
    let id = item_id(item);
    Reasoning { text: texts.join("\n\n"), signature: sealed(item), id }
}

/// The item's id, where it has one.
pub(super) fn item_id(item: &Value) -> Option<String> {
    item.get("id").and_then(Value::as_str).filter(|id| !id.is_empty()).map(str::to_owned)
}

/// What only OpenAI can read. It belongs to its item, so the item's id travels in front of it; `encode::items` takes both
/// apart again.
pub(super) fn sealed(item: &Value) -> Option<Signature> {
    let signature = Signature::from_field_of(Maker::Openai, text(item, "encrypted_content"))?;
    let Some(id) = item_id(item).filter(|_| signature.maker == Maker::Openai) else { return Some(signature) };
    Some(Signature { data: format!("{id}.{}", signature.data), ..signature })
}

pub(super) fn call(item: &Value, field: &str, custom: bool) -> ToolUse {
    ToolUse {
        id: text(item, "call_id").to_owned(),
        name: text(item, "name").to_owned(),
        arguments: text(item, field).to_owned(),
        signature: None,
        custom,
    }
}

/// An item that only OpenAI understands.
pub(super) fn opaque(item: &Value) -> Opaque {
    Opaque { maker: Maker::Openai, kind: text(item, "type").to_owned(), value: item.clone() }
}

/// Why it ended: a status, and what is known of it.
pub(super) fn stop_of(response: &Value, calls: bool, refused: bool) -> Stop {
    let reason = response.pointer("/incomplete_details/reason").and_then(Value::as_str).unwrap_or_default();
    match (text(response, "status"), reason) {
        ("incomplete", "max_output_tokens") => Stop::MaxTokens,
        ("incomplete", "content_filter") => Stop::Filtered,
        ("completed", _) if calls => Stop::ToolUse,
        ("completed", _) if refused => Stop::Refusal,
        ("completed", _) => Stop::End,
        (status, reason) => Stop::Unknown(format!("{status} {reason}")),
    }
}
