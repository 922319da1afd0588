//! Ollama's own API as an upstream's. No recording holds it; the documents are those of its reference
//! (<https://github.com/ollama/ollama/blob/main/docs/api.md>).

use super::{Dialect, Provider, facts, rules::translated, way_back};
use bytes::Bytes;
use domain::usage::Usage;
use protocol::{
    answer::read_answer,
    stream::{Fault, Kind, StreamTap},
};
use serde_json::{Value, json};

const LLAMA: (Provider, Dialect, &str) = (Provider::Ollama, Dialect::Ollama, "llama3.2");

fn from_chat(body: Value) -> Result<(Value, Vec<String>), String> {
    let mut asked = json!({"model": "m", "messages": [{"role": "user", "content": "Hi"}]});
    asked.as_object_mut().unwrap().extend(body.as_object().unwrap().clone());
    translated(Dialect::OpenaiChat, asked, LLAMA)
}

#[test]
fn a_request_is_told_with_its_options_and_its_conversation() {
    let call = json!({"id": "c1", "type": "function", "function": {"name": "look", "arguments": "{\"a\":1}"}});
    let image = json!({"type": "image_url", "image_url": {"url": "data:image/png;base64,QQ=="}});
    let tool = json!({"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}});
    let (body, warnings) = from_chat(json!({
        "messages": [{"role": "system", "content": "Be brief."},
            {"role": "user", "content": [{"type": "text", "text": "What is it?"}, image]},
            {"role": "assistant", "content": null, "reasoning_content": "Hm", "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "c1", "content": "a cat"}],
        "tools": [tool], "max_tokens": 9, "temperature": 0.5, "top_k": 3, "seed": 7, "stop": ["x"], "stream": true,
        "user": "u", "reasoning_effort": "low",
        "response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "object"}}},
    }))
    .unwrap();
    assert_eq!(
        body["messages"],
        json!([{"role": "system", "content": "Be brief."},
            {"role": "user", "content": "What is it?", "images": ["QQ=="]},
            {"role": "assistant", "content": "", "thinking": "Hm",
                "tool_calls": [{"id": "c1", "function": {"name": "look", "arguments": {"a": 1}}}]},
            {"role": "tool", "content": "a cat", "tool_call_id": "c1", "tool_name": "look"}])
    );
    let options = json!({"num_predict": 9, "temperature": 0.5, "top_k": 3, "seed": 7, "stop": ["x"]});
    assert_eq!((&body["options"], &body["format"]), (&options, &json!({"type": "object"})));
    assert_eq!((&body["think"], &body["stream"], &body["model"]), (&json!(true), &json!(true), &json!("llama3.2")));
    assert_eq!(body["tools"][0]["function"]["name"], "look");
    assert_eq!(warnings, ["user: left out"]);
    let thinking = json!({"model": "m", "messages": [{"role": "user", "content": "Hi"}], "reasoning_effort": "high"});
    let oss = translated(Dialect::OpenaiChat, thinking, (Provider::Ollama, Dialect::Ollama, "gpt-oss:20b")).unwrap();
    assert_eq!(oss.0["think"], "high", "it takes words");
}

#[test]
fn what_it_cannot_be_told_is_refused_by_name() {
    let tool = json!({"type": "function", "function": {"name": "look"}});
    let url = json!([{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://x/y.png"}}]}]);
    for (body, field) in [
        (json!({"tools": [tool], "tool_choice": "required"}), "tool_choice"),
        (json!({"tools": [tool], "tool_choice": {"type": "function", "function": {"name": "look"}}}), "tool_choice"),
        (json!({"messages": url}), "image.source.url"),
        (json!({"n": 2}), "n"),
        (json!({"logit_bias": {"1": 2}}), "logit_bias"),
    ] {
        assert!(from_chat(body).unwrap_err().contains(&format!("`{field}`")), "{field}");
    }
    let (body, _) = from_chat(json!({"tools": [tool], "tool_choice": "none"})).unwrap();
    assert_eq!(body.get("tools"), None, "no tool is called that is not known");
}

const STREAM: &str = concat!(
    r#"{"model":"llama3.2","created_at":"2026-01-01T00:00:00Z","message":{"role":"assistant","content":"","thinking":"So"},"done":false}"#,
    "\n",
    r#"{"model":"llama3.2","created_at":"2026-01-01T00:00:00Z","message":{"role":"assistant","content":"","thinking":" it is"},"done":false}"#,
    "\n",
    r#"{"model":"llama3.2","created_at":"2026-01-01T00:00:00Z","message":{"role":"assistant","content":"Look: \u2028"},"done":false}"#,
    "\n",
    r#"{"model":"llama3.2","created_at":"2026-01-01T00:00:00Z","message":{"role":"assistant","content":"","tool_calls":[{"function":{"name":"look","arguments":{"at":"data: [DONE]\n"}}},{"function":{"name":"hear"}}]},"done":false}"#,
    "\n",
    r#"{"model":"llama3.2","created_at":"2026-01-01T00:00:00Z","message":{"role":"assistant","content":""},"done_reason":"stop","done":true,"total_duration":1,"prompt_eval_count":26,"eval_count":298}"#,
    "\n"
);

/// A stream as a caller of this dialect gets it, and how it ended.
fn told(to: Dialect, stream: &str, size: usize) -> (String, Result<(), Fault>) {
    let mut tap = StreamTap::translating(way_back(Dialect::Ollama, to, true));
    let mut out = Vec::new();
    for piece in stream.as_bytes().chunks(size) {
        tap.push(Bytes::copy_from_slice(piece)).unwrap();
        while let Some(event) = tap.next_event() {
            out.extend_from_slice(&event.raw);
            if event.kind == Kind::Terminal {
                let usage = tap.reported().unwrap();
                assert!(tap.take_output_text().ends_with(r#"look{"at":"data: [DONE]\n"}hear"#), "what is metered");
                out.extend_from_slice(&tap.close(&usage));
            }
        }
    }
    let end = tap.finish();
    while let Some(event) = tap.next_event() {
        out.extend_from_slice(&event.raw);
    }
    (String::from_utf8(out).unwrap(), end)
}

#[test]
fn a_stream_says_the_same_in_every_dialect_however_it_is_cut() {
    for to in Dialect::CONVERSING {
        let (whole, end) = told(to, STREAM, usize::MAX);
        assert_eq!(end, Ok(()));
        let said = facts::of(to, true, &whole, true);
        assert_eq!((said.thought.as_str(), said.text.as_str()), ("So it is", "Look: \u{2028}"), "{to}");
        let calls = [("look".to_owned(), json!({"at": "data: [DONE]\n"})), ("hear".to_owned(), json!({}))];
        assert_eq!((said.calls.as_slice(), said.usage), (calls.as_slice(), (26, 0, 298)), "{to}");
        for size in 1..=16 {
            assert_eq!(told(to, STREAM, size).0, whole, "{to} in pieces of {size}");
        }
    }
}

#[test]
fn a_stream_that_is_cut_after_any_line_never_ends_as_a_success() {
    let lines: Vec<&str> = STREAM.split_inclusive('\n').collect();
    for cut in 0..lines.len() - 1 {
        let (_, end) = told(Dialect::OpenaiChat, &lines[..cut].concat(), usize::MAX);
        assert_eq!(end, Err(Fault::Truncated), "after {cut} lines");
    }
    let no_line_end = STREAM.trim_end();
    assert_eq!(told(Dialect::OpenaiChat, no_line_end, usize::MAX).1, Ok(()), "the last line may lack its end");
    let mut tap = StreamTap::translating(way_back(Dialect::Ollama, Dialect::OpenaiChat, true));
    assert_eq!(tap.push(Bytes::from_static(b"<html>")), Err(Fault::NotAnEventStream));
    let mut tap = StreamTap::translating(way_back(Dialect::Ollama, Dialect::OpenaiChat, true));
    tap.push(Bytes::from_static(b"{\"error\":\"model runner has stopped\"}\n")).unwrap();
    assert!(matches!(tap.next_event().unwrap().kind, Kind::Error(_)));
}

#[test]
fn a_whole_answer_says_the_same_in_every_dialect() {
    let answer = json!({"model": "llama3.2", "message": {"role": "assistant", "content": "ok", "thinking": "hm",
        "tool_calls": [{"id": "call_x", "function": {"name": "look", "arguments": {"a": 1}}}]},
        "done": true, "done_reason": "length", "prompt_eval_count": 3, "eval_count": 5})
    .to_string();
    let read = read_answer(Dialect::Ollama, answer.as_bytes()).unwrap();
    assert_eq!(read.usage, Some(Usage { input: 3, output: 5, ..Usage::default() }));
    for to in Dialect::CONVERSING {
        let told = way_back(Dialect::Ollama, to, false).answer(answer.as_bytes(), &read.usage.unwrap()).unwrap();
        let said = facts::of(to, false, std::str::from_utf8(&told).unwrap(), true);
        assert_eq!((said.text.as_str(), said.thought.as_str(), said.usage), ("ok", "hm", (3, 0, 5)), "{to}");
        assert_eq!(said.calls, [("look".to_owned(), json!({"a": 1}))], "{to}");
    }
    let cached = json!({"message": {"content": "ok"}, "done": true, "eval_count": 5}).to_string();
    assert_eq!(read_answer(Dialect::Ollama, cached.as_bytes()).unwrap().usage, None, "then the relay counts itself");
}
