//! Bodies of scripted answers in the two dialects, with the usage the test wants charged.

use crate::upstream::{Play, Script};
use bytes::Bytes;
use serde_json::{Value, json};
use std::time::Duration;

/// A whole OpenAI chat answer of one sentence.
pub fn chat(model: &str, input: u64, output: u64) -> Script {
    let body = json!({
        "id": "chatcmpl-scripted", "object": "chat.completion", "created": 1_760_000_000, "model": model,
        "choices": [{"index": 0, "finish_reason": "stop", "logprobs": null,
            "message": {"role": "assistant", "content": "A scripted answer.", "refusal": null}}],
        "usage": {"prompt_tokens": input, "completion_tokens": output, "total_tokens": input + output},
    });
    Script::Answer(Play::new(200, "application/json", body.to_string()))
}

/// A whole Anthropic answer of one sentence.
pub fn message(model: &str, input: u64, output: u64) -> Script {
    let body = json!({
        "id": "msg_scripted", "type": "message", "role": "assistant", "model": model,
        "content": [{"type": "text", "text": "A scripted answer."}], "stop_reason": "end_turn", "stop_sequence": null,
        "usage": {"input_tokens": input, "output_tokens": output},
    });
    Script::Answer(Play::new(200, "application/json", body.to_string()))
}

fn event(data: &Value) -> Bytes {
    Bytes::from(format!("data: {data}\n\n"))
}

fn named(name: &str, data: &Value) -> Bytes {
    Bytes::from(format!("event: {name}\ndata: {data}\n\n"))
}

/// The word that content events of a stream carry; one token in the vocabularies in use.
pub const WORD: &str = " hello";

/// The events of an OpenAI chat stream: role, `words` content events of one word each, the end, usage, `[DONE]`.
pub fn chat_events(model: &str, words: usize, input: u64, output: u64) -> Vec<Bytes> {
    let chunk = |choices: Value, usage: Value| {
        event(&json!({"id": "chatcmpl-scripted", "object": "chat.completion.chunk", "created": 1_760_000_000,
            "model": model, "choices": choices, "usage": usage}))
    };
    let delta = |delta: Value| chunk(json!([{"index": 0, "delta": delta, "finish_reason": null}]), Value::Null);
    let mut events = vec![delta(json!({"role": "assistant", "content": ""}))];
    events.extend((0..words).map(|_| delta(json!({"content": WORD}))));
    events.push(chunk(json!([{"index": 0, "delta": {}, "finish_reason": "stop"}]), Value::Null));
    let usage = json!({"prompt_tokens": input, "completion_tokens": output, "total_tokens": input + output});
    events.push(chunk(json!([]), usage));
    events.push(Bytes::from_static(b"data: [DONE]\n\n"));
    events
}

/// The events of an Anthropic stream of `words` words.
pub fn message_events(model: &str, words: usize, input: u64, output: u64) -> Vec<Bytes> {
    let start = json!({"type": "message_start", "message": {"id": "msg_scripted", "type": "message", "role": "assistant",
        "model": model, "content": [], "stop_reason": null, "stop_sequence": null,
        "usage": {"input_tokens": input, "output_tokens": 1}}});
    let mut events = vec![
        named("message_start", &start),
        named(
            "content_block_start",
            &json!({"type": "content_block_start", "index": 0,
            "content_block": {"type": "text", "text": ""}}),
        ),
    ];
    let word = json!({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": WORD}});
    events.extend((0..words).map(|_| named("content_block_delta", &word)));
    events.push(named("content_block_stop", &json!({"type": "content_block_stop", "index": 0})));
    events.push(named(
        "message_delta",
        &json!({"type": "message_delta",
        "delta": {"stop_reason": "end_turn", "stop_sequence": null}, "usage": {"output_tokens": output}}),
    ));
    events.push(named("message_stop", &json!({"type": "message_stop"})));
    events
}

/// These events, `gap` apart.
pub fn stream(events: Vec<Bytes>, gap: Duration) -> Script {
    Script::Answer(Play::events(events, gap))
}

/// An error answer with a JSON body.
pub fn error(status: u16, body: &Value) -> Script {
    Script::Answer(Play::new(status, "application/json", body.to_string()))
}

/// Whether a stream's bytes hold the terminal event of either dialect.
pub fn has_end(body: &[u8]) -> bool {
    memchr::memmem::find(body, b"data: [DONE]\n\n").is_some()
        || memchr::memmem::find(body, b"event: message_stop").is_some()
}
