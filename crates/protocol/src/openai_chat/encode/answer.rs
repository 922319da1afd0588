//! A whole answer. Source: <https://platform.openai.com/docs/api-reference/chat/object>.

use crate::form::{
    answer::{Asked, Message, Stop},
    request::{Reasoning, ToolUse, What},
    signature::{Maker, Signature},
};
use domain::usage::Usage;
use serde_json::{Map, Value, json};

pub(in crate::openai_chat) fn answer(message: &Message, usage: &Usage, asked: &Asked) -> Value {
    let (mut text, mut refusal, mut thought) = (String::new(), String::new(), String::new());
    let (mut calls, mut details) = (Vec::new(), Vec::new());
    for block in &message.blocks {
        match &block.what {
            What::Text(more) => text.push_str(more),
            What::Refusal(more) => refusal.push_str(more),
            What::Reasoning(reasoning) => {
                thought.push_str(&reasoning.text);
                details.extend(detail(reasoning, details.len()));
            }
            What::ToolUse(call) => calls.push(whole_call(call)),
            What::Media(_) | What::ToolResult(_) | What::Opaque(_) => {}
        }
    }
    let or_null = |text: String| if text.is_empty() { Value::Null } else { Value::String(text) };
    let mut said = Map::new();
    said.insert("role".into(), "assistant".into());
    // Callers read a text here; only calls and refusals stand for one.
    let content = if calls.is_empty() && refusal.is_empty() { Value::String(text) } else { or_null(text) };
    said.insert("content".into(), content);
    said.insert("refusal".into(), or_null(refusal));
    if !thought.is_empty() {
        said.insert("reasoning_content".into(), thought.into());
    }
    if !details.is_empty() {
        said.insert("reasoning_details".into(), details.into());
    }
    if !calls.is_empty() {
        said.insert("tool_calls".into(), calls.into());
    }
    said.insert("annotations".into(), json!([]));
    json!({
        "id": id(asked),
        "object": "chat.completion",
        "created": asked.created,
        "model": asked.model,
        "choices": [{"index": 0, "message": said, "logprobs": null, "finish_reason": finish(&message.stop)}],
        "usage": self::usage(usage),
        "service_tier": "default",
    })
}

/// The answer's id.
pub(super) fn id(asked: &Asked) -> String {
    format!("chatcmpl-{}", asked.id)
}

/// A call's id, in which Gemini's signature rides.
pub(super) fn call_id(id: &str, signature: Option<&Signature>) -> String {
    signature.and_then(|signature| signature.in_id(id)).unwrap_or_else(|| id.to_owned())
}

fn whole_call(call: &ToolUse) -> Value {
    let id = call_id(&call.id, call.signature.as_ref());
    let mut entry = if call.custom {
        json!({"id": id, "type": "custom", "custom": {"name": call.name, "input": call.arguments}})
    } else {
        json!({"id": id, "type": "function",
            "function": {"name": call.name, "arguments": call.function_arguments()}})
    };
    if let (Some(signature), Some(entry)) = (&call.signature, entry.as_object_mut()) {
        entry.insert("extra_content".into(), extra(signature));
    }
    entry
}

/// Google's own place for it in this dialect.
pub(super) fn extra(signature: &Signature) -> Value {
    json!({"google": {"thought_signature": signature.data}})
}

/// A thought with its signature, as OpenRouter writes it; callers send it back as it is.
fn detail(reasoning: &Reasoning, index: usize) -> Option<Value> {
    let signature = reasoning.signature.as_ref()?;
    Some(signed(signature, &reasoning.text, reasoning.id.as_deref(), index))
}

/// One entry of `reasoning_details`.
pub(super) fn signed(signature: &Signature, text: &str, id: Option<&str>, index: usize) -> Value {
    let format = match signature.maker {
        Maker::Anthropic => "anthropic-claude-v1",
        Maker::Openai => "openai-responses-v1",
        Maker::Google => "google-gemini-v1",
    };
    if signature.redacted || signature.maker == Maker::Openai {
        let mut entry =
            json!({"type": "reasoning.encrypted", "data": signature.data, "id": id, "format": format, "index": index});
        // The text of a summary travels with its item.
        if let (false, Some(entry)) = (text.is_empty(), entry.as_object_mut()) {
            entry.insert("text".into(), text.into());
        }
        return entry;
    }
    json!({"type": "reasoning.text", "text": text, "signature": signature.data, "id": id, "format": format, "index": index})
}

/// OpenAI's word for the end. A word that nobody knows is no normal end: the answer counts as cut.
pub(crate) fn finish(stop: &Stop) -> &'static str {
    match stop {
        Stop::End | Stop::Sequence(_) => "stop",
        Stop::ToolUse => "tool_calls",
        Stop::MaxTokens | Stop::ContextFull | Stop::Paused | Stop::Unknown(_) => "length",
        Stop::Refusal | Stop::Filtered => "content_filter",
    }
}

/// The usage block: totals include their parts.
pub(crate) fn usage(usage: &Usage) -> Value {
    let prompt = usage.input.saturating_add(usage.cache_read).saturating_add(usage.cache_write());
    json!({
        "prompt_tokens": prompt,
        "completion_tokens": usage.output,
        "total_tokens": prompt.saturating_add(usage.output),
        "prompt_tokens_details": {
            "cached_tokens": usage.cache_read,
            "cache_write_tokens": usage.cache_write(),
            "audio_tokens": usage.audio_input,
        },
        "completion_tokens_details": {
            "reasoning_tokens": usage.reasoning,
            "audio_tokens": usage.audio_output,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    })
}
