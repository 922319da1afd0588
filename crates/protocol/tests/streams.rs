//! Streams that no recording holds: any text, any line end, any split, errors in the middle, usage in odd places, bytes
//! that are nothing at all.
#![expect(clippy::unwrap_used, reason = "a failed expectation is a failed test")]

use bytes::Bytes;
use domain::{
    dialect::Dialect::{self, Anthropic, Gemini, OpenaiChat, OpenaiCompletions, OpenaiResponses},
    usage::Usage,
};
use proptest::prelude::*;
use protocol::{
    answer::read_answer,
    count::{Family, request_tokens},
    error::{Class, classify, relay_caller_error},
    request::{InPath, RequestHead},
    stream::{Event, Fault, Kind, StreamTap},
};
use serde_json::{Value, json};

fn events(tap: &mut StreamTap) -> Vec<Event> {
    std::iter::from_fn(|| tap.next_event()).collect()
}

fn tap(dialect: Dialect, stream: &str) -> (StreamTap, Vec<Event>) {
    let mut tap = StreamTap::new(dialect, true);
    tap.push(Bytes::copy_from_slice(stream.as_bytes())).unwrap();
    let events = events(&mut tap);
    (tap, events)
}

fn data(document: &Value) -> String {
    format!("data: {document}\n\n")
}

fn delta(content: &str) -> Value {
    json!({"choices": [{"index": 0, "delta": {"content": content}, "finish_reason": null}]})
}

fn report(input: u64, output: u64) -> Value {
    json!({"prompt_tokens": input, "completion_tokens": output, "total_tokens": input + output})
}

#[test]
fn usage_in_every_chunk_is_final_only_when_every_choice_has_ended() {
    let chunk = |index: u64, finish: Value, output: u64| {
        data(
            &json!({"choices": [{"index": index, "delta": {"content": "a"}, "finish_reason": finish}], "usage": report(9, output)}),
        )
    };
    let (mut tap, _) = tap(OpenaiChat, &(chunk(0, Value::Null, 1) + &chunk(1, Value::Null, 2)));
    assert_eq!((tap.reported().unwrap().output, tap.reported_is_final()), (2, false));
    tap.push(chunk(0, json!("stop"), 3).into()).unwrap();
    assert_eq!(events(&mut tap).len(), 1);
    assert!(!tap.reported_is_final(), "the second choice goes on");
    tap.push(chunk(1, json!("stop"), 4).into()).unwrap();
    assert_eq!(events(&mut tap).len(), 1);
    assert_eq!((tap.reported().unwrap().output, tap.reported_is_final()), (4, true));
}

#[test]
fn a_chunk_of_usage_alone_is_hidden_and_one_with_content_is_not() {
    let alone = data(&json!({"choices": [], "usage": report(5, 2)}));
    let with_content = data(&json!({"choices": [{"delta": {"content": "a"}}], "usage": report(5, 2)}));
    let with_end = data(&json!({"choices": [{"delta": {}, "finish_reason": "stop"}], "usage": report(5, 2)}));
    let (_, events) = tap(OpenaiChat, &(with_content + &with_end + &alone));
    let seen: Vec<_> = events.iter().map(|event| (event.kind.clone(), event.hidden)).collect();
    assert_eq!(seen, [(Kind::Content, false), (Kind::Content, false), (Kind::Usage, true)]);
}

#[test]
fn a_beginning_of_output_is_not_a_final_report() {
    let start = "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"usage\":{\"input_tokens\":43,\"cache_read_input_tokens\":7,\"output_tokens\":1}}}\n\n";
    let (mut tap, events_seen) = tap(Anthropic, start);
    assert_eq!(events_seen[0].kind, Kind::Start);
    assert_eq!(tap.reported(), Some(Usage { input: 43, cache_read: 7, output: 1, ..Usage::default() }));
    assert!(!tap.reported_is_final());
    tap.push(Bytes::from_static(b"event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n")).unwrap();
    assert_eq!(events(&mut tap)[0].kind, Kind::Terminal);
    assert!(!tap.reported_is_final(), "the end alone says nothing about the output");
}

#[test]
fn nonsense_in_a_usage_block_is_survived() {
    for usage in [
        json!(null),
        json!("many"),
        json!(-5),
        json!([1]),
        json!({"prompt_tokens": "9", "completion_tokens": -1}),
        json!({}),
    ] {
        let stream = data(&json!({"choices": [], "usage": usage})) + "data: [DONE]\n\n";
        let (tap, _) = tap(OpenaiChat, &stream);
        assert!(!tap.reported_is_final(), "{usage}");
        let body =
            json!({"choices": [{"message": {"content": "hi"}, "finish_reason": "stop"}], "usage": usage}).to_string();
        let answer = read_answer(OpenaiChat, body.as_bytes()).unwrap();
        assert_eq!((answer.usage, answer.output_text.as_str()), (None, "hi"));
    }
    let odd = json!({"prompt_tokens": 5.0, "completion_tokens": 3, "prompt_tokens_details": null,
        "completion_tokens_details": {"reasoning_tokens": 9, "audio_tokens": "x"}});
    let body = json!({"choices": [{"message": {"content": "hi"}}], "usage": odd}).to_string();
    let answer = read_answer(OpenaiChat, body.as_bytes()).unwrap();
    assert_eq!(answer.usage, Some(Usage { input: 5, output: 3, reasoning: 3, ..Usage::default() }));
    assert!(answer.violation);
}

#[test]
fn reasoning_that_xai_leaves_out_of_its_output_is_added() {
    let usage = json!({"prompt_tokens": 10, "completion_tokens": 4, "total_tokens": 34, "completion_tokens_details": {"reasoning_tokens": 20}});
    let body = json!({"choices": [{"message": {"content": "hi"}}], "usage": usage}).to_string();
    let usage = read_answer(OpenaiChat, body.as_bytes()).unwrap().usage.unwrap();
    assert_eq!((usage.output, usage.reasoning), (24, 20));
}

#[test]
fn an_error_in_a_stream_is_an_error_with_its_class() {
    for (dialect, stream, class) in [
        (OpenaiChat, r#"data: {"error":{"message":"boom","type":"server_error","code":null}}"#, Class::Transient),
        (OpenaiChat, r#"data: {"error":{"message":"slow","code":"rate_limit_exceeded"}}"#, Class::Rate),
        (
            OpenaiChat,
            r#"data: {"id":"g","error":{"code":502,"message":"gone"},"choices":[{"delta":{"content":""},"finish_reason":"error"}]}"#,
            Class::Transient,
        ),
        (OpenaiChat, r#"data: {"object":"error","message":"no","code":400}"#, Class::Caller),
        (OpenaiChat, r#"data: {"error":"plain"}"#, Class::Transient),
        (
            Anthropic,
            "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}",
            Class::Rate,
        ),
        (Anthropic, r#"data: {"type":"error","error":{"type":"api_error","message":"x"}}"#, Class::Transient),
    ] {
        let (mut tap, events) = tap(dialect, &format!("{stream}\n\n"));
        let Kind::Error(error) = &events[0].kind else { unreachable!("{stream}: {:?}", events[0].kind) };
        assert_eq!(error.class, class, "{stream}");
        assert_eq!(tap.finish(), Err(Fault::Truncated));
    }
}

#[test]
fn an_error_of_null_is_no_error() {
    let chunk = json!({"error": null, "choices": [{"delta": {"content": "a"}}]});
    assert_eq!(tap(OpenaiChat, &data(&chunk)).1[0].kind, Kind::Content);
    let body = json!({"error": null, "choices": [{"message": {"content": "a"}}]}).to_string();
    assert!(read_answer(OpenaiChat, body.as_bytes()).is_ok());
}

#[test]
fn whole_answers_that_are_none_are_told_apart() {
    let error = r#"{"error":{"message":"The server had an error","type":"server_error"}}"#;
    assert!(
        matches!(read_answer(OpenaiChat, error.as_bytes()), Err(Fault::UpstreamError(it)) if it.class == Class::Transient)
    );
    let error = r#"{"type":"error","error":{"type":"overloaded_error","message":"x"}}"#;
    assert!(
        matches!(read_answer(Anthropic, error.as_bytes()), Err(Fault::UpstreamError(it)) if it.class == Class::Rate)
    );
    for dialect in Dialect::CONVERSING {
        for garbage in ["", "null", "[]", "{}", "<html>", "{\"choices\":[", "{\"choices\":5,\"content\":5}"] {
            assert_eq!(read_answer(dialect, garbage.as_bytes()).map(|_| ()), Err(Fault::Malformed), "{garbage}");
        }
    }
    let empty = |dialect, body: &str| read_answer(dialect, body.as_bytes()).unwrap().empty;
    assert!(empty(OpenaiChat, r#"{"choices":[]}"#));
    assert!(empty(OpenaiChat, r#"{"choices":[{"message":{"content":""}}]}"#));
    assert!(!empty(OpenaiChat, r#"{"choices":[{"message":{"content":""},"finish_reason":"stop"}]}"#));
    assert!(!empty(OpenaiChat, r#"{"choices":[{"message":{"content":null,"refusal":"no"}}]}"#));
    assert!(!empty(OpenaiChat, r#"{"choices":[{"message":{"tool_calls":[{"id":"1"}]}}]}"#));
    assert!(empty(Anthropic, r#"{"type":"message","content":[]}"#));
    assert!(!empty(Anthropic, r#"{"type":"message","content":[],"stop_reason":"end_turn"}"#));
}

#[test]
fn half_a_surrogate_pair_spoils_neither_event_nor_answer() {
    let (mut tap, seen) = tap(
        OpenaiChat,
        "data: {\"choices\":[{\"delta\":{\"content\":\"a\\ud83d\"}}],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":1}}\n\n",
    );
    assert_eq!((&seen[0].kind, tap.reported().map(|it| it.input)), (&Kind::Content, Some(3)));
    assert!(tap.take_output_text().starts_with("a\u{fffd}"));
    let body = r#"{"choices":[{"message":{"content":"\ude00 b"}}],"usage":{"prompt_tokens":3,"completion_tokens":1}}"#;
    assert_eq!(read_answer(OpenaiChat, body.as_bytes()).unwrap().usage.unwrap().input, 3);
    let body = r#"{"type":"message","content":[{"type":"text","text":"\ude00 b"}]}"#;
    assert!(read_answer(Anthropic, body.as_bytes()).unwrap().output_text.ends_with(" b"));
}

#[test]
fn a_terminal_event_counts_without_its_blank_line() {
    for (dialect, stream) in [
        (OpenaiChat, "data: [DONE]\n"),
        (OpenaiChat, "data: [DONE]"),
        (Anthropic, "event: message_stop\ndata: {\"type\":\"message_stop\"}\n"),
    ] {
        let (mut tap, seen) = tap(dialect, stream);
        assert_eq!((seen.len(), tap.finish()), (0, Ok(())));
        let last = events(&mut tap);
        assert_eq!((last.len(), &last[0].kind, last[0].raw.as_ref()), (1, &Kind::Terminal, stream.as_bytes()));
    }
}

#[test]
fn half_an_event_at_the_end_never_reaches_a_caller() {
    let (mut tap, seen) = tap(OpenaiChat, "data: {\"choices\":[]}\n\ndata: {\"cho");
    assert_eq!((seen.len(), tap.finish(), tap.next_event()), (1, Err(Fault::Truncated), None));
}

#[test]
fn what_follows_the_terminal_event_is_passed_on_and_means_nothing() {
    let (mut tap, seen) =
        tap(OpenaiChat, "data: [DONE]\n\ndata: {\"error\":{\"message\":\"late\"}}\n\ndata: [DONE]\n\n");
    let kinds: Vec<_> = seen.iter().map(|event| event.kind.clone()).collect();
    assert_eq!((kinds, tap.finish()), (vec![Kind::Terminal, Kind::Other, Kind::Other], Ok(())));
}

/// One stream with these texts, written with this line end, comments and a split of the JSON over two data lines.
fn stream_of(dialect: Dialect, texts: &[String], line: &str) -> String {
    let mut all = format!(": a comment{line}{line}");
    for (n, text) in texts.iter().enumerate() {
        let (name, document) = match dialect {
            OpenaiChat => ("", delta(text)),
            OpenaiCompletions => ("", json!({"choices": [{"index": 0, "text": text}]})),
            OpenaiResponses => (
                "event: response.output_text.delta",
                json!({"type": "response.output_text.delta", "output_index": 0, "content_index": 0, "delta": text}),
            ),
            Anthropic => (
                "event: content_block_delta",
                json!({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}}),
            ),
            Gemini => ("", json!({"candidates": [{"content": {"parts": [{"text": text}]}}]})),
            _ => unreachable!("no event stream"),
        };
        if !name.is_empty() {
            all += &format!("{name}{line}");
        }
        // A line feed between the outermost brace and the first key is white space of the document.
        let document = document.to_string();
        let (open, rest) = document.split_at(1);
        all += &if n % 3 == 0 {
            format!("data: {open}{line}data: {rest}{line}{line}")
        } else {
            format!("data:{document}{line}{line}")
        };
    }
    all + &match dialect {
        OpenaiChat | OpenaiCompletions => format!("data: [DONE]{line}{line}"),
        OpenaiResponses => format!(
            "event: response.completed{line}data: {{\"type\":\"response.completed\",\"response\":{{}}}}{line}{line}"
        ),
        Anthropic => format!("event: message_stop{line}data: {{\"type\":\"message_stop\"}}{line}{line}"),
        Gemini => format!("data: {{\"candidates\":[{{\"finishReason\":\"STOP\"}}]}}{line}{line}"),
        _ => unreachable!("no event stream"),
    }
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        Just("data: [DONE]\n\n".to_owned()),
        Just("\r\n\r\nevent: message_stop\r\ndata: {\"type\":\"message_stop\"}\r\n\r\n".to_owned()),
        Just("\u{2028}\u{2029}\u{85}\u{feff}\0".to_owned()),
        Just("event: error\ndata: {\"error\":{}}\n\n".to_owned()),
    ]
}

#[test]
fn an_event_that_is_no_json_is_an_error_and_never_passed_on_as_something_unknown() {
    for dialect in Dialect::CONVERSING {
        let kinds = |text: &str| -> Vec<Kind> {
            let mut tap = StreamTap::new(dialect, false);
            tap.push(Bytes::copy_from_slice(text.as_bytes())).unwrap();
            events(&mut tap).into_iter().map(|event| event.kind).collect()
        };
        let broken = kinds("data: {\"id\":\"c\",\"choices\":[{\"del\n\n");
        assert!(matches!(broken[..], [Kind::Error(_)]), "{dialect}: {broken:?}");
        assert_eq!(kinds(": a comment\n\n"), [Kind::Other], "{dialect}");
        assert!(!matches!(kinds("data: {\"unknown\":1}\n\n")[..], [Kind::Error(_)]), "{dialect}");
    }
}

proptest! {
    #[test]
    fn any_text_passes_in_any_split_with_any_line_end(
        texts in prop::collection::vec(any_text(), 0..6),
        line in prop::sample::select(vec!["\n", "\r\n", "\r"]),
        sizes in prop::collection::vec(1_usize..40, 1..20),
        dialect in prop::sample::select(Dialect::CONVERSING.to_vec()),
    ) {
        let stream = stream_of(dialect, &texts, line);
        let mut tap = StreamTap::new(dialect, true);
        let (mut seen, mut rest, mut turn) = (Vec::new(), stream.as_bytes(), 0);
        while !rest.is_empty() {
            let (chunk, after) = rest.split_at(sizes[turn % sizes.len()].min(rest.len()));
            tap.push(Bytes::copy_from_slice(chunk)).unwrap();
            seen.extend(events(&mut tap));
            (rest, turn) = (after, turn + 1);
        }
        prop_assert_eq!(tap.finish(), Ok(()));
        seen.extend(events(&mut tap));
        let raw: Vec<u8> = seen.iter().flat_map(|event| event.raw.to_vec()).collect();
        prop_assert_eq!(raw, stream.as_bytes());
        prop_assert_eq!(tap.take_output_text(), texts.concat());
        prop_assert_eq!(seen.iter().filter(|event| event.kind == Kind::Terminal).count(), 1);
        prop_assert!(!seen.iter().any(|event| matches!(event.kind, Kind::Error(_))));
    }

    #[test]
    fn no_bytes_make_a_decoder_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), dialect in prop::sample::select(Dialect::ALL.to_vec())) {
        read_everything(dialect, &bytes);
    }

    #[test]
    fn no_near_json_makes_a_decoder_panic(
        text in "(data: |event: |\\{|\\}|\\[|\\]|\"(error|usage|choices|delta|content|type|message|model|messages|source|url|code|status)\"|:|,|null|true|-?[0-9]{1,20}|\"\\PC{0,5}\"|\n|\r){0,60}",
        dialect in prop::sample::select(Dialect::ALL.to_vec()),
    ) {
        read_everything(dialect, text.as_bytes());
    }
}

fn read_everything(dialect: Dialect, bytes: &[u8]) {
    let mut tap = StreamTap::new(dialect, true);
    for part in bytes.chunks(7).chain([b"\n\n".as_slice()]) {
        if tap.push(Bytes::copy_from_slice(part)).is_err() {
            break;
        }
        events(&mut tap);
    }
    let _ = (tap.finish(), tap.reported(), tap.take_output_text());
    let _ = read_answer(dialect, bytes);
    for status in [200, 400, 404, 429, 500] {
        let error = classify(dialect, status, &http::HeaderMap::new(), bytes);
        assert!(!error.message.is_empty());
        let relayed = relay_caller_error(dialect, dialect, status, bytes);
        assert!(serde_json::from_slice::<Value>(&relayed).is_ok());
    }
    request_tokens(dialect, bytes, Family::Words);
    let in_path = InPath { model: "m".into(), stream: true };
    if let Ok(head) = RequestHead::read(dialect, Some(&in_path), bytes) {
        let spliced = head.splice(&Bytes::copy_from_slice(bytes), "other");
        assert!(RequestHead::read(dialect, Some(&in_path), &spliced).is_ok());
    }
}
