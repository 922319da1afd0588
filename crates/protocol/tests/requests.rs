//! Bodies as callers may send them, honest and hostile: what is read, what is refused and by which field's name, and the
//! bytes that reach an upstream.
use bytes::Bytes;
use domain::dialect::{
    Dialect::{self, Anthropic, OpenaiChat},
    Provider,
};
use proptest::prelude::*;
use protocol::{
    request::{InPath, MAX_DEPTH, RequestHead},
    translate::{self, Going},
};
use serde_json::{Value, json};

/// What the path says in dialects that tell the model there.
fn in_path(dialect: Dialect) -> Option<InPath> {
    let googles = [Dialect::Gemini, Dialect::GeminiEmbeddings, Dialect::GeminiBatchEmbeddings];
    googles.contains(&dialect).then(|| InPath { model: "m".into(), stream: false })
}

fn read(dialect: Dialect, body: &str) -> Result<RequestHead, String> {
    RequestHead::read(dialect, in_path(dialect).as_ref(), body.as_bytes()).map_err(|bad| bad.message)
}

fn chat(fields: &str) -> Result<RequestHead, String> {
    read(OpenaiChat, &format!(r#"{{"model":"m","messages":[]{fields}}}"#))
}

#[test]
fn a_chat_request_is_read() {
    let head = chat(
        r#","max_tokens":5,"max_completion_tokens":7,"n":3,"stream":true,"stream_options":{"include_usage":true}"#,
    )
    .unwrap();
    assert_eq!((head.model.as_str(), head.stream, head.max_output), ("m", true, Some(7)));
    assert_eq!((head.include_usage, head.choices, head.referenced_media), (true, 3, 0));
    let head = chat(r#","max_tokens":null,"n":null,"stream":null,"stream_options":null"#).unwrap();
    assert_eq!((head.stream, head.max_output, head.include_usage, head.choices), (false, None, false, 1));
}

#[test]
fn a_messages_request_is_read_and_must_say_max_tokens() {
    let head = read(Anthropic, r#"{"max_tokens":9,"model":"claude","messages":[],"stream":true}"#).unwrap();
    assert_eq!((head.model.as_str(), head.stream, head.max_output, head.choices), ("claude", true, Some(9), 1));
    let refused = read(Anthropic, r#"{"model":"claude","messages":[]}"#).unwrap_err();
    assert!(refused.contains("`max_tokens`"), "{refused}");
}

#[test]
fn a_gemini_request_is_read_with_what_its_path_says() {
    let of = |stream: bool, body: &str| {
        let in_path = InPath { model: "gemini-2.5-flash".into(), stream };
        RequestHead::read(Dialect::Gemini, Some(&in_path), body.as_bytes()).map_err(|bad| bad.message)
    };
    let body = r#"{"contents":[{"parts":[{"text":"hi"},{"fileData":{"fileUri":"files/a"}},{"inlineData":{"mimeType":"image/png","data":"AA=="}}]}],
        "generationConfig":{"maxOutputTokens":9,"candidateCount":2}}"#;
    let head = of(true, body).unwrap();
    assert_eq!(
        (head.model.as_str(), head.stream, head.max_output, head.choices),
        ("gemini-2.5-flash", true, Some(9), 2)
    );
    assert_eq!(head.referenced_media, 1, "what is in the body is bounded by it");
    let bytes = Bytes::from(body.to_owned());
    assert_eq!(head.splice(&bytes, "other"), bytes, "the model is not in the body");
    for (body, field) in [
        (r#"{}"#, "`contents`"),
        (r#"{"contents":5}"#, "`contents`"),
        (r#"{"contents":[],"generationConfig":{"maxOutputTokens":-1}}"#, "maxOutputTokens"),
        (r#"{"contents":[],"generation_config":{"max_output_tokens":1.5}}"#, "maxOutputTokens"),
        (r#"{"contents":[],"generationConfig":{"candidateCount":1000}}"#, "candidateCount"),
        (r#"{"contents":[],"generationConfig":{},"generation_config":{"maxOutputTokens":1}}"#, "`generationConfig`"),
        (r#"{"contents":[],"Contents":[]}"#, "`contents`"),
    ] {
        let refused = of(false, body).unwrap_err();
        assert!(refused.contains(field), "{body}: {refused}");
    }
}

#[test]
fn an_embeddings_request_writes_nothing() {
    let of = |body: &str| read(Dialect::OpenaiEmbeddings, body);
    let head = of(r#"{"model":"m","input":["a","b"]}"#).unwrap();
    assert_eq!((head.model.as_str(), head.stream, head.max_output), ("m", false, Some(0)));
    for (body, field) in [
        (r#"{"input":"a"}"#, "`model`"),
        (r#"{"model":"m"}"#, "`input`"),
        (r#"{"model":"m","input":5}"#, "`input`"),
        (r#"{"model":"m","input":"a","stream":true}"#, "`stream`"),
    ] {
        assert!(of(body).unwrap_err().contains(field), "{body}");
    }
}

#[test]
fn googles_embeddings_name_their_model_in_the_path() {
    let path = InPath { model: "m".into(), stream: false };
    let of = |dialect, body: &str| RequestHead::read(dialect, Some(&path), body.as_bytes()).map_err(|bad| bad.message);
    let one = of(Dialect::GeminiEmbeddings, r#"{"content":{"parts":[{"text":"a"}]},"model":"models/other"}"#).unwrap();
    assert_eq!((one.model.as_str(), one.stream, one.max_output, one.referenced_media), ("m", false, Some(0), 0));
    let several = r#"{"requests":[{"content":{"parts":[{"fileData":{"fileUri":"files/a"}}]}},{"content":{"parts":[{"text":"a"}]}}]}"#;
    assert_eq!(of(Dialect::GeminiBatchEmbeddings, several).unwrap().referenced_media, 1);
    let deep = format!(r#"{{"requests":[{}{}]}}"#, "[".repeat(200), "]".repeat(200));
    for (dialect, body, field) in [
        (Dialect::GeminiEmbeddings, r"{}", "`content`"),
        (Dialect::GeminiEmbeddings, r#"{"content":"a"}"#, "`content`"),
        (Dialect::GeminiBatchEmbeddings, r#"{"requests":{}}"#, "`requests`"),
        (Dialect::GeminiBatchEmbeddings, r#"{"requests":[],"Requests":[]}"#, "`requests`"),
        (Dialect::GeminiBatchEmbeddings, &deep, "nested"),
    ] {
        let refused = of(dialect, body).unwrap_err();
        assert!(refused.contains(field), "{body:.40}: {refused}");
    }
}

#[test]
fn what_is_passed_through_is_held_by_its_own_bounds() {
    let of = |dialect, body: &str| read(dialect, body);
    let drawn = of(Dialect::OpenaiImages, r#"{"model":"m","prompt":"a","n":3}"#).unwrap();
    assert_eq!((drawn.choices, drawn.max_output, drawn.stream), (3, Some(10_000), false));
    let said = of(Dialect::OpenaiSpeech, r#"{"model":"m","input":"a","stream_format":"audio"}"#).unwrap();
    assert_eq!((said.model.as_str(), said.max_output), ("m", Some(0)));
    let judged = of(Dialect::OpenaiModerations, r#"{"input":["a"]}"#).unwrap();
    assert_eq!(judged.model, "omni-moderation-latest");
    let body = Bytes::from_static(br#"{"input":["a"]}"#);
    assert_eq!(judged.splice(&body, "another"), body, "there is no name to replace");
    assert_eq!(of(Dialect::Rerank, r#"{"model":"m","query":"a","documents":["b"]}"#).unwrap().max_output, Some(0));
    for (dialect, body, field) in [
        (Dialect::OpenaiImages, r#"{"model":"m"}"#, "`prompt`"),
        (Dialect::OpenaiImages, r#"{"model":"m","prompt":"a","n":11}"#, "`n`"),
        (Dialect::OpenaiImages, r#"{"model":"m","prompt":"a","stream":true}"#, "`stream`"),
        (Dialect::OpenaiSpeech, r#"{"model":"m"}"#, "`input`"),
        (Dialect::OpenaiSpeech, r#"{"model":"m","input":"a","stream_format":"sse"}"#, "`stream_format`"),
        (Dialect::OpenaiModerations, r#"{"model":5,"input":"a"}"#, "`model`"),
        (Dialect::Rerank, r#"{"model":"m","documents":"a"}"#, "`documents`"),
    ] {
        assert!(of(dialect, body).unwrap_err().contains(field), "{body}");
    }
}

fn form(fields: &[(&str, &str)], files: &[(&str, usize)]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, value) in fields {
        body.extend_from_slice(
            format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").as_bytes(),
        );
    }
    for (name, size) in files {
        let head = format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"f\"\r\n\r\n");
        body.extend_from_slice(head.as_bytes());
        body.extend(std::iter::repeat_n(0, *size));
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--b--\r\n");
    body
}

#[test]
fn forms_are_held_by_what_their_files_can_cost_and_only_the_models_name_changes() {
    let of = |dialect, body: &[u8]| RequestHead::read(dialect, None, body).map_err(|bad| bad.message);
    // At least 500 bytes a second, ten tokens each, and a token for each byte of text.
    let body = form(&[("model", "w"), ("prompt", "abc")], &[("file", 1_001)]);
    let heard = of(Dialect::OpenaiTranscriptions, &body).unwrap();
    assert_eq!((heard.input_bound, heard.max_output), (Some(34), Some(30)));
    let whole = Bytes::from(body.clone());
    let sent = heard.splice(&whole, "whisper-1");
    let text = String::from_utf8(body).unwrap();
    assert_eq!(sent, text.replace("\r\n\r\nw\r\n", "\r\n\r\nwhisper-1\r\n"));
    assert_eq!(heard.content_type(&sent).unwrap(), "multipart/form-data; boundary=\"b\"");
    let edited =
        of(Dialect::OpenaiImageEdits, &form(&[("model", "m"), ("n", "2")], &[("image[]", 9), ("image[]", 9)])).unwrap();
    assert_eq!((edited.input_bound, edited.max_output, edited.choices), (Some(20_002), Some(10_000), 2));
    for (dialect, body, field) in [
        (Dialect::OpenaiTranscriptions, form(&[], &[("file", 1)]), "`model`"),
        (Dialect::OpenaiTranscriptions, form(&[("model", "a"), ("model", "b")], &[("file", 1)]), "`model`"),
        (Dialect::OpenaiTranscriptions, form(&[("model", "a")], &[]), "`file`"),
        (Dialect::OpenaiTranslations, form(&[("model", "a"), ("stream", "true")], &[("file", 1)]), "`stream`"),
        (Dialect::OpenaiImageEdits, form(&[("model", "a")], &[]), "`image`"),
        (Dialect::OpenaiImageEdits, form(&[("model", "a"), ("n", "11")], &[("image", 1)]), "`n`"),
        (Dialect::OpenaiTranscriptions, br#"{"model":"a"}"#.to_vec(), "form"),
    ] {
        assert!(of(dialect, &body).unwrap_err().contains(field), "{field}");
    }
}

#[test]
fn a_legacy_completion_is_held_for_every_answer_to_every_prompt() {
    let of = |body: &str| read(Dialect::OpenaiCompletions, body);
    for (prompt, more, choices) in [
        (r#""a""#, "", 1),
        ("[1,2,3]", "", 1),
        (r#"["a","b"]"#, r#","n":3"#, 6),
        ("[[1,2],[3],[4]]", r#","n":2,"best_of":5"#, 15),
    ] {
        let head = of(&format!(r#"{{"model":"m","prompt":{prompt},"max_tokens":7{more}}}"#)).unwrap();
        assert_eq!((head.choices, head.max_output), (choices, Some(7)), "{prompt}");
    }
    for (body, field) in [
        (r#"{"model":"m"}"#, "`prompt`"),
        (r#"{"model":"m","prompt":[]}"#, "`prompt`"),
        (r#"{"model":"m","prompt":{}}"#, "`prompt`"),
        (r#"{"model":"m","prompt":"a","Prompt":"b"}"#, "`Prompt`"),
        (r#"{"model":"m","prompt":"a","best_of":1000}"#, "`best_of`"),
    ] {
        assert!(of(body).unwrap_err().contains(field), "{body}");
    }
    let deep = format!(r#"{{"model":"m","prompt":{}}}"#, "[".repeat(2_000) + &"]".repeat(2_000));
    assert!(of(&deep).unwrap_err().contains("nested"));
}

#[test]
fn what_is_wrong_is_named() {
    for (body, field) in [
        (r#"{"messages":[]}"#, "`model`"),
        (r#"{"model":"","messages":[]}"#, "`model`"),
        (r#"{"model":" ","messages":[]}"#, "`model`"),
        (r#"{"model":5,"messages":[]}"#, "`model`"),
        (r#"{"model":null,"messages":[]}"#, "`model`"),
        (r#"{"model":["m"],"messages":[]}"#, "`model`"),
        (r#"{"model":"\ud800","messages":[]}"#, "`model`"),
        (r#"{"model":"m"}"#, "`messages`"),
        (r#"{"model":"m","messages":"hi"}"#, "`messages`"),
        (r#"{"model":"m","messages":[],"stream":"true"}"#, "`stream`"),
        (r#"{"model":"m","messages":[],"stream":1}"#, "`stream`"),
        (r#"{"model":"m","messages":[],"max_tokens":-1}"#, "`max_tokens`"),
        (r#"{"model":"m","messages":[],"max_tokens":1.5}"#, "`max_tokens`"),
        (r#"{"model":"m","messages":[],"max_tokens":"5"}"#, "`max_tokens`"),
        (r#"{"model":"m","messages":[],"max_tokens":99999999999}"#, "`max_tokens`"),
        (r#"{"model":"m","messages":[],"max_tokens":1e30}"#, "`max_tokens`"),
        (r#"{"model":"m","messages":[],"max_completion_tokens":18446744073709551616}"#, "`max_completion_tokens`"),
        (r#"{"model":"m","messages":[],"n":0}"#, "`n`"),
        (r#"{"model":"m","messages":[],"n":129}"#, "`n`"),
        (r#"{"model":"m","messages":[],"stream":true,"stream_options":7}"#, "`stream_options`"),
        (
            r#"{"model":"m","messages":[],"stream":true,"stream_options":{"include_usage":1}}"#,
            "`stream_options.include_usage`",
        ),
        (
            r#"{"model":"m","messages":[],"stream_options":{"include_usage":true,"include_usage":false}}"#,
            "`stream_options`",
        ),
    ] {
        let refused = read(OpenaiChat, body).unwrap_err();
        assert!(refused.contains(field), "{body}: {refused}");
    }
}

#[test]
fn a_field_that_decides_about_money_stands_once_in_one_spelling() {
    for (body, field) in [
        (r#"{"model":"cheap","messages":[],"model":"dear"}"#, "`model`"),
        (r#"{"model":"cheap","messages":[],"mod\u0065l":"dear"}"#, "`model`"),
        (r#"{"model":"cheap","messages":[],"Model":"dear"}"#, "`Model`"),
        (r#"{"model":"m","messages":[],"max_tokens":1,"max_tokens":9}"#, "`max_tokens`"),
        (r#"{"model":"m","messages":[],"MAX_TOKENS":9}"#, "`MAX_TOKENS`"),
        (r#"{"model":"m","messages":[],"stream":false,"stream":true}"#, "`stream`"),
        (r#"{"model":"m","messages":[],"messages":[]}"#, "`messages`"),
    ] {
        for dialect in Dialect::ALL.into_iter().filter(|dialect| dialect.has_callers() && !dialect.takes_forms()) {
            let refused = read(dialect, body).unwrap_err();
            assert!(refused.contains(field), "{body}: {refused}");
        }
    }
    assert!(chat(r#","metadata":{"model":"a","Model":"b"},"x":1,"x":2"#).is_ok(), "elsewhere it is nobody's business");
}

#[test]
fn anthropics_models_at_google_get_a_version_in_the_models_place() {
    let going = Going { provider: Provider::Vertex, dialect: Dialect::Anthropic, model: "m", max_output: None };
    for (body, want) in [
        (
            r#"{"model":"x","max_tokens":1,"messages":[]}"#,
            r#"{"anthropic_version":"vertex-2023-10-16","max_tokens":1,"messages":[]}"#,
        ),
        (
            r#"{ "max_tokens":1, "messages" : [ ] , "model"  :  "a\"b" }"#,
            r#"{ "max_tokens":1, "messages" : [ ] , "anthropic_version":"vertex-2023-10-16" }"#,
        ),
        (
            r#"{"mod\u0065l":"x","max_tokens":1,"messages":["model"]}"#,
            r#"{"anthropic_version":"vertex-2023-10-16","max_tokens":1,"messages":["model"]}"#,
        ),
    ] {
        let head = RequestHead::read(Dialect::Anthropic, None, body.as_bytes()).unwrap();
        assert_eq!(translate::same(&head, &Bytes::from(body), &going), want);
    }
}

#[test]
fn what_is_no_json_object_is_refused() {
    for body in [
        "",
        " ",
        "null",
        "[]",
        "\"model\"",
        "5",
        "{",
        "{\"model\":\"m\"",
        "{\"model\":\"m\",}",
        "{model:\"m\"}",
        "{\"model\":\"m\",\"messages\":[]}x",
        "{\"model\":\"m\",\"messages\":[]}{}",
        "\u{feff}{\"model\":\"m\",\"messages\":[]}",
        "{\"model\":\"m\",\"messages\":[NaN]}",
        "{\"model\":\"m\",\"messages\":[1e999]}",
        "{\"model\":\"m\",\"messages\":[01]}",
        "{\"model\":\"m\",\"messages\":[\"\u{1}\"]}",
        "{'model':'m'}",
        "{\"model\":\"m\" \"messages\":[]}",
    ] {
        assert!(read(OpenaiChat, body).is_err(), "{body:?}");
    }
    let not_utf8 = b"{\"model\":\"m\",\"messages\":[\"\xff\"]}";
    assert!(RequestHead::read(OpenaiChat, None, not_utf8).unwrap_err().message.contains("UTF-8"));
}

/// A body with a value nested so that the whole is `depth` deep, in the field `name`.
fn nested(name: &str, depth: usize, open: &str, close: &str) -> String {
    let inner = format!("{}0{}", open.repeat(depth - 1), close.repeat(depth - 1));
    format!(
        r#"{{"model":"m","messages":[],"input":"","documents":[],"contents":[],"content":{{}},"requests":[],"prompt":"","max_tokens":1,"{name}":{inner}}}"#
    )
}

#[test]
fn depth_is_bounded_on_every_path() {
    let most = usize::from(MAX_DEPTH);
    for (open, close) in [("[", "]"), (r#"{"a":"#, "}")] {
        for dialect in Dialect::ALL.into_iter().filter(|dialect| dialect.has_callers() && !dialect.takes_forms()) {
            assert!(read(dialect, &nested("x", most, open, close)).is_ok());
            for depth in [most + 1, 100_000] {
                let refused = read(dialect, &nested("x", depth, open, close)).unwrap_err();
                assert!(refused.contains("nested deeper than 128"), "{refused}");
            }
        }
        // The fields that are read, and places where media are looked for.
        for name in ["stream", "n", "stream_options", "tools"] {
            let refused = read(OpenaiChat, &nested(name, 100_000, open, close)).unwrap_err();
            assert!(refused.contains("nested deeper"), "{name}: {refused}");
        }
        let inner = format!("{}0{}", open.repeat(100_000), close.repeat(100_000));
        for body in [
            format!(r#"{{"model":"m","messages":{inner}}}"#),
            format!(r#"{{"model":"m","messages":[{{"content":[{{"image_url":{inner}}}]}}]}}"#),
        ] {
            assert!(read(OpenaiChat, &body).unwrap_err().contains("nested deeper"));
        }
        assert!(read(OpenaiChat, &format!(r#"{{"model":{inner},"messages":[]}}"#)).unwrap_err().contains("`model`"));
    }
    let contents = format!("{}0{}", r#"{"content":["#.repeat(50_000), "]}".repeat(50_000));
    assert!(
        read(OpenaiChat, &format!(r#"{{"model":"m","messages":[{contents}]}}"#)).unwrap_err().contains("nested deeper")
    );
}

#[test]
fn media_named_instead_of_included_are_counted() {
    let openai = json!([
        {"role": "user", "content": [
            {"type": "text", "text": "https://example.com/not-media.png"},
            {"type": "image_url", "image_url": {"url": "https://example.com/1.png", "detail": "high"}},
            {"type": "image_url", "image_url": {"url": "data:image/png;base64,aGVsbG8="}},
            {"type": "file", "file": {"file_id": "file-abc"}},
            {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,aGVsbG8="}},
            {"type": "input_audio", "input_audio": {"data": "aGVsbG8=", "format": "wav"}},
            {"type": "video", "video": ["https://example.com/1.jpg", "https://example.com/2.jpg"]},
        ]},
        {"role": "assistant", "content": null, "audio": {"id": "audio_1"},
         "tool_calls": [{"id": "1", "function": {"name": "f", "arguments": "{\"url\":\"https://example.com\"}"}}]},
    ]);
    let body =
        json!({"model": "m", "messages": openai, "metadata": {"image_url": "https://example.com/x"}}).to_string();
    assert_eq!(read(OpenaiChat, &body).unwrap().referenced_media, 5);
    let anthropic = json!([
        {"role": "user", "content": [
            {"type": "image", "source": {"type": "url", "url": "https://example.com/1.png"}},
            {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "aGVsbG8="}},
            {"type": "document", "source": {"type": "file", "file_id": "file_1"}},
            {"type": "document", "source": {"type": "text", "data": "see https://example.com"}},
            {"type": "document", "source": {"type": "content", "content": [{"type": "image", "source": {"type": "url", "url": "http://e.x/2"}}]}},
            {"type": "tool_result", "tool_use_id": "t", "content": [{"type": "image", "source": {"type": "url", "url": "http://e.x/3"}}]},
            {"type": "container_upload", "file_id": "file_2"},
        ]},
        {"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "f", "input": {"type": "url", "url": "https://e.x", "file_id": "x"}}]},
    ]);
    let body = json!({"model": "m", "max_tokens": 1, "messages": anthropic}).to_string();
    assert_eq!(read(Anthropic, &body).unwrap().referenced_media, 5);
}

#[test]
fn nothing_is_copied_if_nothing_changes() {
    for (dialect, body) in [
        (OpenaiChat, r#"{"model":"m","messages":[]}"#),
        (OpenaiChat, r#"{"model":"m","messages":[],"stream":true,"stream_options":{"include_usage":true}}"#),
        (Anthropic, r#"{"model":"m","messages":[],"max_tokens":1,"stream":true}"#),
    ] {
        let body = Bytes::from_static(body.as_bytes());
        let spliced = RequestHead::read(dialect, in_path(dialect).as_ref(), &body).unwrap().splice(&body, "m");
        assert_eq!(spliced.as_ptr(), body.as_ptr());
    }
}

#[test]
fn only_the_span_that_must_change_changes() {
    for (body, want) in [
        (r#" { "messages":[] , "model" : "m" }"#, r#" { "messages":[] , "model" : "u\"p" }"#),
        (
            r#"{"stream" : true, "model":"\u006d","messages":[]}"#,
            r#"{"stream_options":{"include_usage":true},"stream" : true, "model":"u\"p","messages":[]}"#,
        ),
        (
            r#"{"model":"m","messages":[],"stream":true,"stream_options":null}"#,
            r#"{"model":"u\"p","messages":[],"stream":true,"stream_options":{"include_usage":true}}"#,
        ),
        (
            r#"{"stream_options":{ },"stream":true,"model":"m","messages":[]}"#,
            r#"{"stream_options":{"include_usage":true },"stream":true,"model":"u\"p","messages":[]}"#,
        ),
        (
            r#"{"model":"m","messages":[],"stream":true,"stream_options":{ "include_obfuscation":false}}"#,
            r#"{"model":"u\"p","messages":[],"stream":true,"stream_options":{"include_usage":true, "include_obfuscation":false}}"#,
        ),
        (
            r#"{"model":"m","messages":[],"stream":true,"stream_options":{"include_usage" : false }}"#,
            r#"{"model":"u\"p","messages":[],"stream":true,"stream_options":{"include_usage" : true }}"#,
        ),
        (
            r#"{"model":"m","messages":[],"stream":true,"stream_options":{"include_usage":null}}"#,
            r#"{"model":"u\"p","messages":[],"stream":true,"stream_options":{"include_usage":true}}"#,
        ),
        (r#"{"model":"m","messages":[],"stream_options":{}}"#, r#"{"model":"u\"p","messages":[],"stream_options":{}}"#),
    ] {
        let bytes = Bytes::from_static(body.as_bytes());
        let head = read(OpenaiChat, body).unwrap();
        assert_eq!(head.model, "m");
        assert!(!head.include_usage);
        assert_eq!(head.splice(&bytes, "u\"p"), want);
    }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<i32>().prop_map(|it| Value::from(f64::from(it) / 8.0)),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::hash_map("[a-z_\"\\\\é]{0,8}", inner, 0..6).prop_map(|it| it.into_iter().collect()),
        ]
    })
}

proptest! {
    #[test]
    fn whatever_else_a_body_holds_only_the_model_and_the_wish_for_usage_change(
        rest in prop::collection::hash_map("x[a-z]{0,6}", any_json(), 0..5),
        model in "[^\\s]\\PC{0,20}",
        upstream in "\\PC{1,20}",
        stream in any::<bool>(),
        pretty in any::<bool>(),
    ) {
        let mut body: Value = rest.into_iter().collect();
        if body.is_null() { body = json!({}); }
        body["model"] = json!(model);
        body["messages"] = json!([]);
        body["stream"] = json!(stream);
        let text = if pretty { serde_json::to_string_pretty(&body) } else { serde_json::to_string(&body) }.unwrap();
        let bytes = Bytes::from(text);
        let head = RequestHead::read(OpenaiChat, None, &bytes).unwrap();
        prop_assert_eq!(&head.model, &model);
        let spliced: Value = serde_json::from_slice(&head.splice(&bytes, &upstream)).unwrap();
        body["model"] = json!(upstream);
        if stream { body["stream_options"] = json!({"include_usage": true}); }
        prop_assert_eq!(spliced, body);
    }

    #[test]
    fn a_body_that_is_read_is_json_and_one_that_is_json_and_whole_is_read(text in "[\\[\\]{}\",:0-9a-z\\\\. -]{0,40}") {
        let body = format!("{{\"model\":\"m\",\"messages\":[{text}]}}");
        let is_json = serde_json::from_str::<serde::de::IgnoredAny>(&body).is_ok();
        let read = read(OpenaiChat, &body);
        if let Err(refused) = &read {
            prop_assert!(!is_json || refused.contains("cannot be read") || refused.contains("out of range"), "{}", refused);
        } else {
            prop_assert!(is_json);
        }
    }
}
