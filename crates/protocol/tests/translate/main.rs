//! Real answers and requests in every other dialect: what they say stays the same, by a check that knows nothing of the
//! crate's decoders and encoders.
#![expect(clippy::unwrap_used, reason = "a failed expectation is a failed test")]

mod embeddings;
mod facts;
#[path = "../recordings/fixtures.rs"]
#[expect(dead_code, reason = "headers are read by the other suite")]
mod fixtures;
mod gemini;
mod golden;
mod ollama;
mod requests;
mod rules;

use bytes::Bytes;
use domain::{
    dialect::{Dialect, Provider},
    usage::Usage,
};
use facts::Facts;
use fixtures::Recording;
use protocol::{
    answer::read_answer,
    stream::{Kind, StreamTap},
    translate::{self, Asking, Going, Translation},
};
use serde_json::json;

/// A provider that speaks a dialect.
fn provider(dialect: Dialect) -> Provider {
    match dialect {
        Dialect::OpenaiChat => Provider::OpenaiCompatible,
        Dialect::OpenaiResponses => Provider::Openai,
        Dialect::Anthropic => Provider::Anthropic,
        Dialect::Gemini => Provider::Gemini,
        Dialect::Ollama => Provider::Ollama,
        other => unreachable!("{other} tells no conversation"),
    }
}

/// The way back for an answer of `from` to a caller of `to`.
fn way_back(from: Dialect, to: Dialect, stream: bool) -> Translation {
    let messages = json!([{"role": "user", "content": "Hi"}]);
    let body = json!({"model": "m", "messages": messages, "max_tokens": 10, "stream": stream,
        "stream_options": {"include_usage": true}});
    let mut body = body;
    let fields = body.as_object_mut().unwrap();
    if to != Dialect::OpenaiChat {
        fields.remove("stream_options");
    }
    if to == Dialect::OpenaiResponses {
        fields.remove("max_tokens");
        let messages = fields.remove("messages").unwrap();
        fields.insert("input".into(), messages);
    }
    if to == Dialect::OpenaiCompletions {
        body = json!({"model": "m", "prompt": "Hi", "max_tokens": 10, "stream": stream, "stream_options": {"include_usage": true}});
        if !stream {
            body.as_object_mut().unwrap().remove("stream_options");
        }
    }
    if to == Dialect::Gemini {
        body = json!({"contents": [{"role": "user", "parts": [{"text": "Hi"}]}]});
    }
    let body = body.to_string();
    let asking =
        Asking { dialect: to, body: body.as_bytes(), stream, id: "0", model: "m", created: 1, input_estimate: 7 };
    let going = Going { provider: provider(from), dialect: from, model: "m", max_output: None };
    translate::request(asking, going).unwrap().translation
}

/// A recording's answer as a caller of `to` gets it, its bytes pushed in pieces of `size`.
fn told(recording: &Recording, to: Dialect, size: usize) -> String {
    let way = way_back(recording.dialect, to, recording.is_stream);
    if !recording.is_stream {
        let usage = read_answer(recording.dialect, recording.body.as_bytes()).unwrap().usage.unwrap_or_default();
        let answer = way.answer(recording.body.as_bytes(), &usage).unwrap();
        return String::from_utf8(answer.to_vec()).unwrap();
    }
    let mut tap = StreamTap::translating(way);
    let mut out = Vec::new();
    let take = |tap: &mut StreamTap, out: &mut Vec<u8>| {
        while let Some(event) = tap.next_event() {
            out.extend_from_slice(&event.raw);
            if event.kind == Kind::Terminal {
                let usage = tap.reported().unwrap_or_default();
                out.extend_from_slice(&tap.close(&usage));
            }
        }
    };
    for chunk in recording.body.as_bytes().chunks(size) {
        tap.push(Bytes::copy_from_slice(chunk)).unwrap();
        take(&mut tap, &mut out);
    }
    tap.finish().unwrap();
    take(&mut tap, &mut out);
    String::from_utf8(out).unwrap()
}

/// Answers that hold what other dialects have no place for, or that are no whole answers; each with the reason.
const EXCEPTIONS: [(&str, &str); 1] =
    [("anthropic/stream-malformed-splice", "two answers in one stream, whose blocks have the same numbers")];

fn answers() -> impl Iterator<Item = Recording> {
    let all = fixtures::all().into_iter().filter(|it| it.status == 200 && Dialect::CONVERSING.contains(&it.dialect));
    all.filter(|it| !EXCEPTIONS.iter().any(|(name, _)| it.name.starts_with(name)))
        .filter(|it| it.is_stream || read_answer(it.dialect, it.body.as_bytes()).is_ok())
}

/// xAI and a few others leave reasoning out of their totals; the usage that is charged has it.
fn charged(recording: &Recording) -> (u64, u64, u64) {
    let usage = if recording.is_stream {
        let mut tap = StreamTap::new(recording.dialect, false);
        tap.push(Bytes::copy_from_slice(recording.body.as_bytes())).unwrap();
        let _ = tap.finish();
        while tap.next_event().is_some() {}
        tap.reported()
    } else {
        read_answer(recording.dialect, recording.body.as_bytes()).unwrap().usage
    };
    let Usage { input, cache_read, output, .. } = usage.unwrap_or_default();
    (input + cache_read + usage.unwrap_or_default().cache_write(), cache_read, output)
}

#[test]
fn every_answer_says_the_same_in_every_other_dialect() {
    let mut seen = 0;
    for recording in answers() {
        let want = facts::of(recording.dialect, recording.is_stream, &recording.body, false);
        let want = Facts { usage: charged(&recording), ..want };
        for to in Dialect::CONVERSING.into_iter().filter(|to| *to != recording.dialect) {
            let told = told(&recording, to, usize::MAX);
            let got = facts::of(to, recording.is_stream, &told, true);
            assert_eq!(got, want, "{} told as {to}:\n{told}", recording.name);
            seen += 1;
        }
    }
    assert!(seen > 50, "{seen}");
}

#[test]
fn every_answers_text_usage_and_end_are_those_of_a_legacy_completion() {
    for recording in answers() {
        let want = facts::of(recording.dialect, recording.is_stream, &recording.body, false);
        let told = told(&recording, Dialect::OpenaiCompletions, usize::MAX);
        let got = facts::completion(recording.is_stream, &told);
        assert_eq!((&got.text, got.usage), (&want.text, charged(&recording)), "{}:\n{told}", recording.name);
        // It has words for a whole end, the limit and the filter only.
        let stop = match want.stop.as_str() {
            "length" | "max_tokens" => "length",
            "content_filter" => "content_filter",
            _ => "stop",
        };
        assert_eq!(got.stop, stop, "{} ends {}:\n{told}", recording.name, want.stop);
    }
}

#[test]
fn a_translated_stream_is_the_same_however_its_bytes_are_cut() {
    for recording in answers().filter(|it| it.is_stream) {
        for to in Dialect::CONVERSING.into_iter().filter(|to| *to != recording.dialect) {
            let whole = told(&recording, to, usize::MAX);
            for size in 1..=16 {
                assert_eq!(told(&recording, to, size), whole, "{} as {to} in pieces of {size}", recording.name);
            }
        }
    }
}

#[test]
fn a_translated_stream_that_is_cut_after_any_event_never_ends_as_a_success() {
    for recording in answers().filter(|it| it.is_stream) {
        let mut tap = StreamTap::new(recording.dialect, false);
        tap.push(Bytes::copy_from_slice(recording.body.as_bytes())).unwrap();
        let _ = tap.finish();
        let events: Vec<_> = std::iter::from_fn(|| tap.next_event()).collect();
        let terminal = events.iter().position(|event| event.kind == Kind::Terminal).unwrap();
        for to in Dialect::CONVERSING.into_iter().filter(|to| *to != recording.dialect) {
            let mut tap = StreamTap::translating(way_back(recording.dialect, to, true));
            // Where the connection's end is the stream's, the event before it tells that it is.
            let last = events[..terminal].iter().position(|event| {
                recording.dialect == Dialect::Gemini && String::from_utf8_lossy(&event.raw).contains("finishReason")
            });
            for event in events.iter().take(last.unwrap_or(terminal)) {
                tap.push(event.raw.clone()).unwrap();
                while let Some(event) = tap.next_event() {
                    assert_ne!(event.kind, Kind::Terminal, "{} as {to}", recording.name);
                    let told = String::from_utf8_lossy(&event.raw);
                    assert!(
                        ["[DONE]", "message_stop", "response.completed", "response.incomplete", "finishReason"]
                            .iter()
                            .all(|end| !told.contains(end)),
                        "{} as {to}",
                        recording.name
                    );
                }
            }
            assert!(tap.finish().is_err(), "{} as {to}", recording.name);
        }
    }
}
