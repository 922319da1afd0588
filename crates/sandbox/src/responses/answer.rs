//! Writes a `response` and its events. Events are numbered as they are sent ([`Frames::numbered`]).

use crate::{
    body::Frames,
    reply::{Content, Finish, Prompt, Reply},
    thought::Thought,
    vocabulary,
};
use bytes::Bytes;
use serde_json::{Map, Value, json};
use std::collections::VecDeque;

/// When every answer was made, so that the same request gets the same bytes: 2026-01-01T00:00:00Z.
const CREATED: u64 = 1_767_225_600;

/// A response with this output; its usage stands in it once it has ended.
fn response(prompt: &Prompt, output: Value, end: Option<&Reply>) -> Value {
    let cut = end.is_some_and(|reply| reply.finish == Finish::Length);
    let status = match end {
        None => "in_progress",
        Some(_) if cut => "incomplete",
        Some(_) => "completed",
    };
    let usage = end.map(|reply| {
        let (input, output) = (prompt.input_tokens, reply.output_tokens);
        json!({
            "input_tokens": input, "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
            "output_tokens": output, "output_tokens_details": {"reasoning_tokens": reply.reasoning_tokens}, "total_tokens": input + output,
        })
    });
    let mut response = json!({
        "id": format!("resp_{:016x}", prompt.seed), "object": "response", "created_at": CREATED, "status": status,
        "background": false, "error": null,
        "incomplete_details": if cut { json!({"reason": "max_output_tokens"}) } else { Value::Null },
        "instructions": null, "max_output_tokens": prompt.max_tokens, "metadata": {}, "model": prompt.model_name,
        "output": output, "parallel_tool_calls": true, "previous_response_id": null, "service_tier": "default",
        "store": false, "temperature": 1.0, "text": {"format": {"type": "text"}}, "tool_choice": "auto", "tools": [],
        "top_p": 1.0, "truncation": "disabled", "usage": usage,
    });
    if let Some(response) = response.as_object_mut() {
        response.extend(prompt.echo.clone());
    }
    response
}

/// What it thought: the item that may stand before the answer's.
fn reasoning(prompt: &Prompt, thought: &Thought) -> Value {
    json!({
        "id": format!("rs_{:016x}", prompt.seed), "type": "reasoning", "encrypted_content": thought.signature,
        "summary": [{"type": "summary_text", "text": thought.text}],
    })
}

fn output(prompt: &Prompt, reply: &Reply) -> Value {
    let mut items: Vec<Value> = reply.thought.iter().map(|thought| reasoning(prompt, thought)).collect();
    items.push(item(prompt, reply));
    items.into()
}

/// The answer's item, whole.
fn item(prompt: &Prompt, reply: &Reply) -> Value {
    let said = match &reply.content {
        Content::Text(text) => text.clone(),
        Content::Lorem(words) => vocabulary::lorem(*words),
        Content::Call { arguments, .. } => arguments.clone(),
    };
    let status = if reply.finish == Finish::Length { "incomplete" } else { "completed" };
    let mut item = begun(prompt, reply);
    if let Some(item) = item.as_object_mut() {
        item.insert("status".into(), status.into());
        match &reply.content {
            Content::Call { .. } => item.insert("arguments".into(), said.into()),
            _ => item.insert("content".into(), json!([text_part(&said)])),
        };
    }
    item
}

/// The same before it says anything.
fn begun(prompt: &Prompt, reply: &Reply) -> Value {
    let id = item_id(prompt, reply);
    match &reply.content {
        Content::Call { name, .. } => json!({
            "id": id, "type": "function_call", "status": "in_progress", "call_id": format!("call_{:016x}", prompt.seed),
            "name": name, "arguments": "",
        }),
        _ => json!({"id": id, "type": "message", "status": "in_progress", "role": "assistant", "content": []}),
    }
}

fn item_id(prompt: &Prompt, reply: &Reply) -> String {
    let kind = if matches!(reply.content, Content::Call { .. }) { "fc" } else { "msg" };
    format!("{kind}_{:016x}", prompt.seed)
}

fn text_part(text: &str) -> Value {
    json!({"type": "output_text", "text": text, "annotations": [], "logprobs": []})
}

/// The whole answer.
pub(crate) fn whole(prompt: &Prompt, reply: &Reply) -> Vec<u8> {
    response(prompt, output(prompt, reply), Some(reply)).to_string().into_bytes()
}

fn event(kind: &str, fields: Value) -> Bytes {
    let mut event = Map::from_iter([("type".to_owned(), Value::from(kind))]);
    if let Value::Object(fields) = fields {
        event.extend(fields);
    }
    format!("event: {kind}\ndata: {}\n\n", Value::Object(event)).into()
}

/// The events of a thought.
fn thinking(prompt: &Prompt, thought: &Thought) -> Vec<Bytes> {
    let whole = reasoning(prompt, thought);
    let (mut empty, id, part) = (whole.clone(), &whole["id"], &whole["summary"][0]);
    empty["summary"] = json!([]);
    let at = |kind: &str, name: &str, value: Value| {
        let mut fields = json!({"output_index": 0, "item_id": id, "summary_index": 0});
        fields[name] = value;
        event(&format!("response.{kind}"), fields)
    };
    vec![
        event("response.output_item.added", json!({"output_index": 0, "item": empty})),
        at("reasoning_summary_part.added", "part", json!({"type": "summary_text", "text": ""})),
        at("reasoning_summary_text.delta", "delta", thought.text.as_str().into()),
        at("reasoning_summary_text.done", "text", thought.text.as_str().into()),
        at("reasoning_summary_part.done", "part", part.clone()),
        event("response.output_item.done", json!({"output_index": 0, "item": whole})),
    ]
}

/// The answer as events.
pub(crate) fn frames(prompt: &Prompt, reply: Reply) -> Frames {
    let started = response(prompt, json!([]), None);
    let mut before = VecDeque::from([
        event("response.created", json!({"response": started})),
        event("response.in_progress", json!({"response": started})),
    ]);
    let index = usize::from(reply.thought.is_some());
    before.extend(reply.thought.iter().flat_map(|thought| thinking(prompt, thought)));
    before
        .push_back(event("response.output_item.added", json!({"output_index": index, "item": begun(prompt, &reply)})));
    let (id, done) = (item_id(prompt, &reply), item(prompt, &reply));
    let is_call = matches!(reply.content, Content::Call { .. });
    let mut after = VecDeque::new();
    let kind = if is_call {
        let fields = json!({"output_index": index, "item_id": id, "arguments": done["arguments"]});
        after.push_back(event("response.function_call_arguments.done", fields));
        "response.function_call_arguments.delta"
    } else {
        let place = |mut fields: Value| {
            if let Some(fields) = fields.as_object_mut() {
                fields.extend(Map::from_iter([
                    ("output_index".to_owned(), index.into()),
                    ("item_id".to_owned(), id.as_str().into()),
                    ("content_index".to_owned(), 0.into()),
                ]));
            }
            fields
        };
        before.push_back(event("response.content_part.added", place(json!({"part": text_part("")}))));
        let said = &done["content"][0];
        after.push_back(event("response.output_text.done", place(json!({"text": said["text"], "logprobs": []}))));
        after.push_back(event("response.content_part.done", place(json!({"part": said}))));
        "response.output_text.delta"
    };
    after.push_back(event("response.output_item.done", json!({"output_index": index, "item": done})));
    let ended = response(prompt, output(prompt, &reply), Some(&reply));
    let last = if reply.finish == Finish::Length { "response.incomplete" } else { "response.completed" };
    after.push_back(event(last, json!({"response": ended})));
    let place = format!(r#""output_index":{index},"item_id":"{id}""#);
    let beside = if is_call { "" } else { r#","content_index":0,"logprobs":[]"# };
    let head = format!("event: {kind}\ndata: {{\"type\":\"{kind}\",{place}{beside},\"delta\":");
    Frames {
        before,
        around: (head.into_bytes(), b"}\n\n".to_vec()),
        pieces: reply.content.into_pieces(),
        after,
        numbered: true,
    }
}
