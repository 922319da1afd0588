//! Items of a conversation: as they are kept, and as they are sent again.

use crate::form::signature::TAG;
use serde_json::Value;

/// Items that stand for themselves: their ids mean nothing to an upstream that keeps nothing.
const BARE: [&str; 5] =
    ["message", "function_call", "function_call_output", "custom_tool_call", "custom_tool_call_output"];

/// An item of a request's input with its type and an id, as lists show it.
pub(super) fn normal(mut item: Value, response: &str, place: usize) -> Value {
    let Some(fields) = item.as_object_mut() else { return item };
    let kind = fields.entry("type").or_insert_with(|| "message".into()).as_str().unwrap_or_default().to_owned();
    if kind == "message" {
        let answer = fields.get("role").and_then(Value::as_str) == Some("assistant");
        if let Some(Value::String(text)) = fields.get("content") {
            let part = if answer {
                serde_json::json!([{"type": "output_text", "text": text, "annotations": []}])
            } else {
                serde_json::json!([{"type": "input_text", "text": text}])
            };
            fields.insert("content".to_owned(), part);
        }
        fields.entry("status").or_insert_with(|| "completed".into());
    }
    if fields.get("id").is_none_or(Value::is_null) {
        let begins = match kind.as_str() {
            "message" => "msg",
            "function_call" => "fc",
            "function_call_output" => "fco",
            "reasoning" => "rs",
            _ => "item",
        };
        fields.insert("id".to_owned(), format!("{begins}_in{place}_{response}").into());
    }
    item
}

/// An item that was kept, for an upstream that keeps nothing.
pub(super) fn to_send_again(mut item: Value) -> Value {
    let kind = item.get("type").and_then(Value::as_str).unwrap_or("message").to_owned();
    let Some(fields) = item.as_object_mut() else { return item };
    if BARE.contains(&kind.as_str()) {
        fields.shift_remove("id");
        fields.shift_remove("status");
    }
    // Thoughts that nobody sealed can be read by those who have a place for their text; OpenAI, which keeps no such
    // place, finds by this that they are not its own.
    if kind == "reasoning" && fields.get("encrypted_content").is_none_or(Value::is_null) {
        fields.insert("encrypted_content".to_owned(), format!("{TAG}unsealed").into());
    }
    item
}
