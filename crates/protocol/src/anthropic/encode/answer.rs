//! A whole answer.

use crate::form::{
    answer::{Asked, Message, Stop},
    document::object,
    request::{Reasoning, What},
    signature::{Maker, Signature},
};
use domain::usage::Usage;
use serde_json::{Value, json};

/// Stands where a thought without a signature must have one; told apart from every real one when it comes back.
const UNSIGNED: &str = "turnpike.unsigned";

pub(in crate::anthropic) fn answer(message: &Message, usage: &Usage, asked: &Asked) -> Value {
    let content: Vec<Value> = message.blocks.iter().filter_map(|block| self::block(&block.what)).collect();
    let (reason, sequence) = reason(&message.stop);
    object([
        ("id", id(asked).into()),
        ("type", "message".into()),
        ("role", "assistant".into()),
        ("model", asked.model.as_str().into()),
        ("content", content.into()),
        ("stop_reason", reason.into()),
        ("stop_sequence", sequence.into()),
        ("usage", self::usage(usage)),
    ])
}

/// The answer's id.
pub(super) fn id(asked: &Asked) -> String {
    format!("msg_{}", asked.id)
}

/// A call's id, in which a signature of Gemini's rides.
pub(super) fn call_id(id: &str, signature: Option<&Signature>) -> String {
    signature.and_then(|signature| signature.in_id(id)).unwrap_or_else(|| id.to_owned())
}

/// A signature for the caller to keep.
pub(super) fn sealed(signature: Option<&Signature>) -> String {
    signature.map_or_else(|| UNSIGNED.to_owned(), |signature| signature.in_field_of(Maker::Anthropic))
}

fn block(what: &What) -> Option<Value> {
    match what {
        What::Text(text) | What::Refusal(text) => {
            Some(object([("type", "text".into()), ("text", text.as_str().into()), ("citations", Value::Null)]))
        }
        What::Reasoning(Reasoning { text, signature, .. }) => {
            Some(json!({"type": "thinking", "thinking": text, "signature": sealed(signature.as_ref())}))
        }
        What::ToolUse(call) => Some(json!({
            "type": "tool_use",
            "id": call_id(&call.id, call.signature.as_ref()),
            "name": call.name,
            "input": call.object(),
        })),
        What::Media(_) | What::ToolResult(_) | What::Opaque(_) => None,
    }
}

/// Anthropic's word for the end, and the text that ended it. A word that nobody knows is no normal end: the answer counts
/// as cut.
pub(super) fn reason(stop: &Stop) -> (&'static str, Option<&str>) {
    match stop {
        Stop::End => ("end_turn", None),
        Stop::ToolUse => ("tool_use", None),
        Stop::MaxTokens | Stop::Unknown(_) => ("max_tokens", None),
        Stop::Sequence(sequence) => ("stop_sequence", sequence.as_deref()),
        Stop::Refusal | Stop::Filtered => ("refusal", None),
        Stop::Paused => ("pause_turn", None),
        Stop::ContextFull => ("model_context_window_exceeded", None),
    }
}

/// The usage block: the input leaves cached tokens out.
pub(super) fn usage(usage: &Usage) -> Value {
    let searches =
        (usage.web_searches > 0).then(|| json!({"web_search_requests": usage.web_searches, "web_fetch_requests": 0}));
    let created = [
        ("ephemeral_5m_input_tokens", usage.cache_write_5m.into()),
        ("ephemeral_1h_input_tokens", usage.cache_write_1h.into()),
    ];
    object([
        ("input_tokens", usage.input.into()),
        ("cache_creation_input_tokens", usage.cache_write().into()),
        ("cache_read_input_tokens", usage.cache_read.into()),
        ("cache_creation", object(created)),
        ("output_tokens", usage.output.into()),
        ("server_tool_use", searches.into()),
        ("service_tier", "standard".into()),
    ])
}
