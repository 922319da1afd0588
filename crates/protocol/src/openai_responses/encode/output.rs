//! What an answer is made of: its head, which repeats the request, and the items of its output.

use crate::form::{
    answer::{Asked, Stop},
    request::{Reasoning, ToolUse},
    signature::{Maker, Signature},
};
use domain::usage::Usage;
use serde_json::{Map, Value, json};

/// An item's id: the kind, the answer's id, the item's number.
pub(super) fn item_id(kind: &str, asked: &Asked, index: usize) -> String {
    format!("{kind}_{}{index:02}", asked.id)
}

/// A whole text, as a part of a message.
pub(super) fn text_part(text: &str) -> Value {
    json!({"type": "output_text", "annotations": [], "logprobs": [], "text": text})
}

/// A refusal, as a part of a message.
pub(super) fn refusal_part(text: &str) -> Value {
    json!({"type": "refusal", "refusal": text})
}

/// A message with one part, or none yet.
pub(super) fn message(id: &str, status: &str, content: Vec<Value>) -> Value {
    json!({"id": id, "type": "message", "status": status, "role": "assistant", "content": content})
}

/// A thought.
pub(super) fn thought(id: &str, reasoning: &Reasoning) -> Value {
    let summary = if reasoning.text.is_empty() { json!([]) } else { json!([summary_part(&reasoning.text)]) };
    let sealed = reasoning.signature.as_ref().map(|signature| signature.in_field_of(Maker::Openai));
    json!({"id": id, "type": "reasoning", "summary": summary, "encrypted_content": sealed})
}

/// A part of a thought's summary.
pub(super) fn summary_part(text: &str) -> Value {
    json!({"type": "summary_text", "text": text})
}

/// A call.
pub(super) fn call(id: &str, status: &str, call: &ToolUse) -> Value {
    let call_id = call_id(&call.id, call.signature.as_ref());
    if call.custom {
        return json!({
            "id": id, "type": "custom_tool_call", "status": status, "call_id": call_id, "name": call.name,
            "input": call.arguments,
        });
    }
    json!({
        "id": id, "type": "function_call", "status": status, "call_id": call_id, "name": call.name,
        "arguments": call.arguments,
    })
}

/// A call's id, in which a signature of Gemini's rides.
fn call_id(id: &str, signature: Option<&Signature>) -> String {
    signature.and_then(|signature| signature.in_id(id)).unwrap_or_else(|| id.to_owned())
}

/// The answer without its output: what is known at its beginning.
pub(super) fn head(asked: &Asked) -> Map<String, Value> {
    let mut head = Map::new();
    let mut put = |name: &str, value: Value| head.insert(name.to_owned(), value);
    put("id", format!("resp_{}", asked.id).into());
    put("object", "response".into());
    put("created_at", asked.created.into());
    put("status", "in_progress".into());
    put("background", false.into());
    put("error", Value::Null);
    put("incomplete_details", Value::Null);
    put("model", asked.model.as_str().into());
    put("output", json!([]));
    put("previous_response_id", Value::Null);
    put("store", false.into());
    put("usage", Value::Null);
    let echoed =
        |name: &str, default: Value| asked.echo.get(name).filter(|it| !it.is_null()).cloned().unwrap_or(default);
    for (name, default) in [
        ("instructions", Value::Null),
        ("max_output_tokens", Value::Null),
        ("max_tool_calls", Value::Null),
        ("metadata", json!({})),
        ("parallel_tool_calls", true.into()),
        ("prompt_cache_key", Value::Null),
        ("reasoning", json!({"effort": null, "summary": null})),
        ("safety_identifier", Value::Null),
        ("temperature", json!(1.0)),
        ("text", json!({"format": {"type": "text"}})),
        ("tool_choice", "auto".into()),
        ("tools", json!([])),
        ("top_logprobs", 0.into()),
        ("top_p", json!(1.0)),
        ("truncation", "disabled".into()),
        ("user", Value::Null),
    ] {
        put(name, echoed(name, default));
    }
    put("service_tier", "default".into());
    head
}

/// The end of an answer: its status, why, its output and what it used.
pub(super) fn ended(mut head: Map<String, Value>, stop: &Stop, output: Vec<Value>, usage: &Usage) -> Value {
    let (status, reason) = match stop {
        Stop::End | Stop::Sequence(_) | Stop::ToolUse | Stop::Refusal => ("completed", None),
        Stop::Filtered => ("incomplete", Some("content_filter")),
        // A word that nobody knows is no normal end.
        Stop::MaxTokens | Stop::ContextFull | Stop::Paused | Stop::Unknown(_) => {
            ("incomplete", Some("max_output_tokens"))
        }
    };
    head.insert("status".into(), status.into());
    head.insert("incomplete_details".into(), reason.map_or(Value::Null, |reason| json!({ "reason": reason })));
    head.insert("output".into(), output.into());
    head.insert("usage".into(), self::usage(usage));
    Value::Object(head)
}

/// Whether an answer ends as it should.
pub(super) fn event_of(response: &Value) -> &'static str {
    let completed = response.get("status").and_then(Value::as_str) == Some("completed");
    if completed { "response.completed" } else { "response.incomplete" }
}

fn usage(usage: &Usage) -> Value {
    let input = usage.input.saturating_add(usage.cache_read).saturating_add(usage.cache_write());
    json!({
        "input_tokens": input,
        "input_tokens_details": {"cached_tokens": usage.cache_read, "cache_write_tokens": usage.cache_write()},
        "output_tokens": usage.output,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning},
        "total_tokens": input.saturating_add(usage.output),
    })
}
