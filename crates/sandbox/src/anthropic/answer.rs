//! Writes a `message`, its events, and the list of models.

use crate::{
    body::{Frames, push_json},
    model,
    reply::{Content, Finish, MAX_WORDS, Prompt, Reply},
    thought::Thought,
    vocabulary,
};
use bytes::Bytes;
use serde_json::json;
use std::{collections::VecDeque, io::Write as _};

/// When every listed model was made.
const CREATED: &str = "2026-01-01T00:00:00Z";

/// `"stop_reason":…,"stop_sequence":…`.
fn push_stop(out: &mut Vec<u8>, finish: &Finish) {
    let reason = match finish {
        Finish::Complete => "end_turn",
        Finish::Length => "max_tokens",
        Finish::Stop(_) => "stop_sequence",
        Finish::ToolCall => "tool_use",
    };
    let _ = write!(out, r#""stop_reason":"{reason}","stop_sequence":"#);
    match finish {
        Finish::Stop(sequence) => push_json(out, sequence),
        _ => out.extend_from_slice(b"null"),
    }
}

/// `{"model":…,"id":…,"type":"message","role":"assistant","content":[` of an answer or of `message_start`.
fn push_head(out: &mut Vec<u8>, prompt: &Prompt) {
    out.extend_from_slice(br#"{"model":"#);
    push_json(out, &prompt.model_name);
    let seed = prompt.seed;
    let _ = write!(out, r#","id":"msg_{seed:016x}","type":"message","role":"assistant","content":["#);
}

fn push_usage(out: &mut Vec<u8>, input: u64, output: u64) {
    let _ = write!(
        out,
        r#""usage":{{"input_tokens":{input},"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"cache_creation":{{"ephemeral_5m_input_tokens":0,"ephemeral_1h_input_tokens":0}},"output_tokens":{output},"service_tier":"standard"}}"#
    );
}

/// A `tool_use` block up to its input.
fn push_call(out: &mut Vec<u8>, seed: u64, name: &str) {
    let _ = write!(out, r#"{{"type":"tool_use","id":"toolu_{seed:016x}","caller":{{"type":"direct"}},"name":"#);
    push_json(out, name);
    out.extend_from_slice(br#","input":"#);
}

/// The whole answer.
pub(crate) fn whole(prompt: &Prompt, reply: &Reply) -> Vec<u8> {
    let mut out = Vec::with_capacity(1024);
    push_head(&mut out, prompt);
    if let Some(thought) = &reply.thought {
        let Thought { text, signature } = thought;
        let _ = write!(out, "{},", json!({"type": "thinking", "thinking": text, "signature": signature}));
    }
    match &reply.content {
        Content::Call { name, arguments } => {
            push_call(&mut out, prompt.seed, name);
            out.extend_from_slice(arguments.as_bytes());
        }
        Content::Text(text) => {
            out.extend_from_slice(br#"{"type":"text","text":"#);
            push_json(&mut out, text);
        }
        Content::Lorem(words) => {
            out.extend_from_slice(br#"{"type":"text","text":"#);
            push_json(&mut out, &vocabulary::lorem(*words));
        }
    }
    out.extend_from_slice(b"}],");
    push_stop(&mut out, &reply.finish);
    out.push(b',');
    push_usage(&mut out, prompt.input_tokens, reply.output_tokens);
    out.push(b'}');
    out
}

/// The answer as events. `message_start` says the input's count, `message_delta` the output's.
pub(crate) fn frames(prompt: &Prompt, reply: Reply) -> Frames {
    let mut start = b"event: message_start\ndata: {\"type\":\"message_start\",\"message\":".to_vec();
    push_head(&mut start, prompt);
    start.extend_from_slice(br#"],"stop_reason":null,"stop_sequence":null,"#);
    push_usage(&mut start, prompt.input_tokens, 1);
    start.extend_from_slice(b"}}\n\n");

    let index = usize::from(reply.thought.is_some());
    let mut block = format!(
        "event: content_block_start\ndata: {{\"type\":\"content_block_start\",\"index\":{index},\"content_block\":"
    )
    .into_bytes();
    let delta = match &reply.content {
        Content::Text(_) | Content::Lorem(_) => {
            block.extend_from_slice(br#"{"type":"text","text":"""#);
            r#"{"type":"text_delta","text":"#
        }
        Content::Call { name, .. } => {
            push_call(&mut block, prompt.seed, name);
            block.extend_from_slice(b"{}");
            r#"{"type":"input_json_delta","partial_json":"#
        }
    };
    block.extend_from_slice(b"}}\n\n");

    let mut end = b"event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{".to_vec();
    push_stop(&mut end, &reply.finish);
    let _ = write!(
        end,
        r#"}},"usage":{{"input_tokens":{},"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":{}}}}}"#,
        prompt.input_tokens, reply.output_tokens
    );
    end.extend_from_slice(b"\n\n");

    let before_piece = format!(
        "event: content_block_delta\ndata: {{\"type\":\"content_block_delta\",\"index\":{index},\"delta\":{delta}"
    );
    let mut before = VecDeque::from([start.into()]);
    before.extend(reply.thought.iter().flat_map(thinking));
    before.extend([block.into(), Bytes::from_static(b"event: ping\ndata: {\"type\":\"ping\"}\n\n")]);
    Frames {
        before,
        around: (before_piece.into_bytes(), b"}}\n\n".to_vec()),
        pieces: reply.content.into_pieces(),
        after: VecDeque::from([
            event(&json!({"type": "content_block_stop", "index": index})),
            end.into(),
            Bytes::from_static(b"event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"),
        ]),
        numbered: false,
    }
}

/// The events of a thought, which is the first block.
fn thinking(thought: &Thought) -> [Bytes; 4] {
    let delta = |delta: serde_json::Value| event(&json!({"type": "content_block_delta", "index": 0, "delta": delta}));
    let empty = json!({"type": "thinking", "thinking": "", "signature": ""});
    [
        event(&json!({"type": "content_block_start", "index": 0, "content_block": empty})),
        delta(json!({"type": "thinking_delta", "thinking": thought.text})),
        delta(json!({"type": "signature_delta", "signature": thought.signature})),
        event(&json!({"type": "content_block_stop", "index": 0})),
    ]
}

/// An event is named after its type.
fn event(document: &serde_json::Value) -> Bytes {
    let name = document["type"].as_str().unwrap_or_default();
    format!("event: {name}\ndata: {document}\n\n").into()
}

/// One model, as `GET /v1/models/{model}` answers.
pub(crate) fn model(name: &str) -> serde_json::Value {
    json!({
        "type": "model", "id": name, "display_name": name, "created_at": CREATED, "lifecycle": "active", "deprecated_at": null,
        "retires_at": null, "max_tokens": MAX_WORDS
    })
}

/// The list of models, on one page.
pub(crate) fn models() -> serde_json::Value {
    let (first, last) = (model::LISTED.first(), model::LISTED.last());
    json!({"data": model::LISTED.map(model), "has_more": false, "first_id": first, "last_id": last})
}
