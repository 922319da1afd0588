//! A whole answer.

use crate::{
    form::{
        answer::{Message, Stop},
        document::text,
        request::{Block, Opaque, Reasoning, ToolUse, What},
        signature::{Maker, Signature},
    },
    stream::Fault,
};
use serde_json::Value;

pub(in crate::anthropic) fn answer(document: &Value, _seed: &str) -> Result<Message, Fault> {
    let content = document.get("content").and_then(Value::as_array).ok_or(Fault::Malformed)?;
    let blocks = content.iter().map(|block| Block::from(self::block(block))).collect();
    let sequence = document.get("stop_sequence").and_then(Value::as_str).map(str::to_owned);
    Ok(Message { blocks, stop: stop_of(text(document, "stop_reason"), sequence) })
}

fn block(block: &Value) -> What {
    match text(block, "type") {
        "text" => What::Text(text(block, "text").to_owned()),
        "thinking" => What::Reasoning(Reasoning {
            text: text(block, "thinking").to_owned(),
            signature: Signature::from_field_of(Maker::Anthropic, text(block, "signature")),
            id: None,
        }),
        "redacted_thinking" => What::Reasoning(Reasoning { signature: redacted(block), ..Reasoning::default() }),
        "tool_use" => What::ToolUse(ToolUse {
            id: text(block, "id").to_owned(),
            name: text(block, "name").to_owned(),
            arguments: block.get("input").map_or_else(|| "{}".to_owned(), Value::to_string),
            ..ToolUse::default()
        }),
        kind => What::Opaque(opaque(kind, block)),
    }
}

/// Thinking that may not be read.
pub(super) fn redacted(block: &Value) -> Option<Signature> {
    let data = text(block, "data");
    (!data.is_empty()).then(|| Signature { redacted: true, ..Signature::new(Maker::Anthropic, data) })
}

/// A block that only Anthropic understands.
pub(super) fn opaque(kind: &str, block: &Value) -> Opaque {
    Opaque { maker: Maker::Anthropic, kind: kind.to_owned(), value: block.clone() }
}

/// Why it ended, by Anthropic's word for it.
pub(super) fn stop_of(word: &str, sequence: Option<String>) -> Stop {
    match word {
        "end_turn" => Stop::End,
        "max_tokens" => Stop::MaxTokens,
        "stop_sequence" => Stop::Sequence(sequence),
        "tool_use" => Stop::ToolUse,
        "refusal" => Stop::Refusal,
        "pause_turn" => Stop::Paused,
        "model_context_window_exceeded" => Stop::ContextFull,
        other => Stop::Unknown(other.to_owned()),
    }
}
