//! Writes a `chat.completion`, its chunks, and the list of models.

use crate::{
    body::{Frames, push_json},
    model,
    reply::{Content, Finish, Prompt, Reply},
    vocabulary,
};
use bytes::Bytes;
use serde_json::json;
use std::{collections::VecDeque, io::Write as _};

/// When every answer was made, so that the same request gets the same bytes: 2026-01-01T00:00:00Z.
pub(super) const CREATED: u64 = 1_767_225_600;

pub(super) fn finish_reason(finish: &Finish) -> &'static str {
    match finish {
        Finish::Complete | Finish::Stop(_) => "stop",
        Finish::Length => "length",
        Finish::ToolCall => "tool_calls",
    }
}

pub(super) fn usage(prompt: &Prompt, reply: &Reply) -> serde_json::Value {
    let (input, output) = (prompt.input_tokens, reply.output_tokens);
    json!({
        "prompt_tokens": input, "completion_tokens": output, "total_tokens": input + output,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": reply.reasoning_tokens, "audio_tokens": 0, "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    })
}

fn push_usage(out: &mut Vec<u8>, prompt: &Prompt, reply: &Reply) {
    let _ = write!(out, "\"usage\":{}", usage(prompt, reply));
}

/// `{"id":…,"object":…,"created":…,"model":…,` of an answer or a chunk.
fn push_head(out: &mut Vec<u8>, prompt: &Prompt, object: &str) {
    let _ = write!(out, r#"{{"id":"chatcmpl-{:016x}","object":"{object}","created":{CREATED},"model":"#, prompt.seed);
    push_json(out, &prompt.model_name);
    out.extend_from_slice(br#","service_tier":"default","system_fingerprint":"fp_sandbox","#);
}

/// The whole answer.
pub(crate) fn whole(prompt: &Prompt, reply: &Reply) -> Vec<u8> {
    let mut out = Vec::with_capacity(1024);
    push_head(&mut out, prompt, "chat.completion");
    out.extend_from_slice(br#""choices":[{"index":0,"message":{"role":"assistant","#);
    if let Some(thought) = &reply.thought {
        // As DeepSeek and Qwen tell it; OpenAI's Chat tells none.
        out.extend_from_slice(br#""reasoning_content":"#);
        push_json(&mut out, &thought.text);
        out.push(b',');
    }
    out.extend_from_slice(br#""content":"#);
    match &reply.content {
        Content::Text(text) => push_json(&mut out, text),
        Content::Lorem(words) => push_json(&mut out, &vocabulary::lorem(*words)),
        Content::Call { name, arguments } => {
            let _ = write!(
                out,
                r#"null,"tool_calls":[{{"id":"call_{:016x}","type":"function","function":{{"name":"#,
                prompt.seed
            );
            push_json(&mut out, name);
            out.extend_from_slice(br#","arguments":"#);
            push_json(&mut out, arguments);
            out.extend_from_slice(b"}}]");
        }
    }
    let reason = finish_reason(&reply.finish);
    let _ = write!(out, r#","refusal":null,"annotations":[]}},"logprobs":null,"finish_reason":"{reason}"}}],"#);
    push_usage(&mut out, prompt, reply);
    out.push(b'}');
    out
}

/// The answer as chunks. With `include_usage` every chunk has `"usage":null` and one more, without choices, the count.
pub(crate) fn frames(prompt: &Prompt, reply: Reply) -> Frames {
    let mut head = b"data: ".to_vec();
    push_head(&mut head, prompt, "chat.completion.chunk");
    let rest = if prompt.include_usage { r#"],"usage":null}"# } else { "]}" };
    let chunk = |delta: &[u8], reason: &[u8]| -> Bytes {
        let mut out = Vec::with_capacity(head.len() + delta.len() + 128);
        out.extend_from_slice(&head);
        out.extend_from_slice(br#""choices":[{"index":0,"delta":"#);
        out.extend_from_slice(delta);
        out.extend_from_slice(br#","logprobs":null,"finish_reason":"#);
        out.extend_from_slice(reason);
        out.push(b'}');
        out.extend_from_slice(rest.as_bytes());
        out.extend_from_slice(b"\n\n");
        out.into()
    };
    let (first, prefix, suffix) = match &reply.content {
        Content::Text(_) | Content::Lorem(_) => {
            (br#"{"role":"assistant","content":"","refusal":null}"#.to_vec(), r#"{"content":"#, "}")
        }
        Content::Call { name, .. } => {
            (first_of_call(prompt.seed, name), r#"{"tool_calls":[{"index":0,"function":{"arguments":"#, "}}]}")
        }
    };
    let mut before_piece = head.clone();
    before_piece.extend_from_slice(br#""choices":[{"index":0,"delta":"#);
    before_piece.extend_from_slice(prefix.as_bytes());
    let after_piece = [suffix, r#","logprobs":null,"finish_reason":null}"#, rest, "\n\n"].concat().into_bytes();
    let reason = format!("\"{}\"", finish_reason(&reply.finish));
    let mut after = VecDeque::from([chunk(b"{}", reason.as_bytes())]);
    if prompt.include_usage {
        let mut counts = head.clone();
        counts.extend_from_slice(br#""choices":[],"#);
        push_usage(&mut counts, prompt, &reply);
        counts.extend_from_slice(b"}\n\n");
        after.push_back(counts.into());
    }
    after.push_back(Bytes::from_static(b"data: [DONE]\n\n"));
    let mut before = VecDeque::from([chunk(&first, b"null")]);
    if let Some(thought) = &reply.thought {
        let mut delta = br#"{"role":"assistant","content":null,"reasoning_content":"#.to_vec();
        push_json(&mut delta, &thought.text);
        delta.push(b'}');
        before.push_front(chunk(&delta, b"null"));
    }
    Frames { before, around: (before_piece, after_piece), pieces: reply.content.into_pieces(), after, numbered: false }
}

fn first_of_call(seed: u64, name: &str) -> Vec<u8> {
    let mut delta = format!(
        r#"{{"role":"assistant","content":null,"refusal":null,"tool_calls":[{{"index":0,"id":"call_{seed:016x}","type":"function","function":{{"name":"#
    )
    .into_bytes();
    push_json(&mut delta, name);
    delta.extend_from_slice(br#","arguments":""}}]}"#);
    delta
}

/// One model, as `GET /v1/models/{model}` answers.
pub(crate) fn model(name: &str) -> serde_json::Value {
    json!({"id": name, "object": "model", "created": CREATED, "owned_by": "turnpike"})
}

/// The list of models.
pub(crate) fn models() -> serde_json::Value {
    json!({"object": "list", "data": model::LISTED.map(model)})
}
