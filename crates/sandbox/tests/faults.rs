//! Refusals, drops and silences: what a relay has to live with, each in its dialect's own shape.

mod client;

use client::{Dialect, ask, send, send_through};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;

const BOTH: [Dialect; 2] = [Dialect::OpenAi, Dialect::Anthropic];

fn body(model: &str, stream: bool) -> Value {
    json!({"model": model, "stream": stream, "max_tokens": 20, "messages": [{"role": "user", "content": "hello there"}]})
}

/// The error's type, and that the shape is the dialect's.
fn error_type(dialect: Dialect, body: &Value) -> String {
    let error = &body["error"];
    assert!(error["message"].as_str().is_some_and(|message| !message.is_empty()), "{body}");
    match dialect {
        Dialect::OpenAi => assert!(error.get("param").is_some() && error.get("code").is_some(), "{body}"),
        Dialect::Anthropic => {
            assert_eq!(body["type"], "error");
            assert!(body["request_id"].as_str().is_some_and(|id| id.starts_with("req_")), "{body}");
        }
    }
    error["type"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn fail_answers_its_status_in_the_dialects_shape() {
    for (status, openai, anthropic) in [
        (400, "invalid_request_error", "invalid_request_error"),
        (401, "invalid_request_error", "authentication_error"),
        (402, "insufficient_quota", "billing_error"),
        (403, "request_forbidden", "permission_error"),
        (404, "invalid_request_error", "not_found_error"),
        (413, "invalid_request_error", "request_too_large"),
        (429, "requests", "rate_limit_error"),
        (500, "server_error", "api_error"),
        (503, "service_unavailable_error", "api_error"),
        (529, "server_error", "overloaded_error"),
    ] {
        for (dialect, kind) in [(Dialect::OpenAi, openai), (Dialect::Anthropic, anthropic)] {
            for stream in [false, true] {
                let response = ask(dialect, &body(&format!("sandbox/fail-{status}"), stream)).await;
                assert_eq!(response.status, status);
                assert_eq!(error_type(dialect, &response.json()), kind);
                assert_eq!(response.header("retry-after"), if status == 429 { Some("1") } else { None });
                assert_eq!(response.header("content-type"), Some("application/json"));
            }
        }
    }
}

#[tokio::test]
async fn malformed_bodies_are_refused_with_400_in_the_dialect() {
    let message = json!([{"role": "user", "content": "hello"}]);
    let shared = [
        json!([]),
        json!({}),
        json!({"model": "sandbox/echo", "max_tokens": 5}),
        json!({"model": 5, "max_tokens": 5, "messages": message}),
        json!({"model": "sandbox/echo", "max_tokens": 5, "messages": []}),
        json!({"model": "sandbox/echo", "max_tokens": 5, "messages": "hello"}),
        json!({"model": "sandbox/echo", "max_tokens": 5, "messages": [{"role": "nobody", "content": "hello"}]}),
        json!({"model": "sandbox/echo", "max_tokens": 5, "messages": [{"role": "user"}]}),
        json!({"model": "sandbox/echo", "max_tokens": 5, "messages": [{"role": "user", "content": 7}]}),
        json!({"model": "sandbox/echo", "max_tokens": 5, "messages": [{"role": "user", "content": [{"type": "text"}]}]}),
        json!({"model": "sandbox/echo", "max_tokens": 0, "messages": message}),
        json!({"model": "sandbox/echo", "max_tokens": -1, "messages": message}),
        json!({"model": "sandbox/echo", "max_tokens": 1.5, "messages": message}),
        json!({"model": "sandbox/echo", "max_tokens": "5", "messages": message}),
        json!({"model": "sandbox/echo", "max_tokens": 5, "messages": message, "stream": "yes"}),
        json!({"model": "sandbox/tools", "max_tokens": 5, "messages": message, "tools": 5}),
    ];
    for dialect in BOTH {
        for bytes in [&b""[..], b"{", b"hello", b"\xff", b"{\"model\":\"sandbox/echo\""] {
            let response = send("POST", dialect.path(), &[], bytes).await;
            assert_eq!(response.status, 400);
            assert_eq!(error_type(dialect, &response.json()), "invalid_request_error");
        }
        for body in &shared {
            let response = ask(dialect, body).await;
            assert_eq!(response.status, 400, "{body}");
            assert_eq!(error_type(dialect, &response.json()), "invalid_request_error");
        }
    }
}

#[tokio::test]
async fn what_the_sandbox_cannot_do_is_refused_by_name() {
    for (field, value) in [
        ("n", json!(2)),
        ("logprobs", json!(true)),
        ("stream_options", json!({"include_usage": true})),
        ("max_completion_tokens", json!(0)),
    ] {
        let mut request = body("sandbox/echo", false);
        request[field] = value;
        let response = ask(Dialect::OpenAi, &request).await;
        assert_eq!((response.status, &response.json()["error"]["param"]), (400, &json!(field)));
    }
    let mut request = body("sandbox/echo", false);
    request.as_object_mut().unwrap().remove("max_tokens");
    assert_eq!(ask(Dialect::Anthropic, &request).await.status, 400);
    assert_eq!(ask(Dialect::OpenAi, &request).await.status, 200);
}

#[tokio::test]
async fn unknown_models_and_paths_are_404_in_the_dialect() {
    for dialect in BOTH {
        for model in ["sandbox/nothing", "gpt-4o", "sandbox/fail-200", ""] {
            let response = ask(dialect, &body(model, false)).await;
            assert_eq!(response.status, 404);
            error_type(dialect, &response.json());
        }
        let response = send("GET", dialect.path(), dialect.headers(), b"").await;
        assert_eq!(response.status, 404);
        error_type(dialect, &response.json());
    }
    let response = ask(Dialect::OpenAi, &body("sandbox/nothing", false)).await;
    assert_eq!(response.json()["error"]["code"], "model_not_found");
}

#[tokio::test]
async fn cut_drops_the_connection_after_n_content_events() {
    for dialect in BOTH {
        for (n, pipe) in [(0, 64 * 1024), (1, 64 * 1024), (7, 64 * 1024), (0, 64), (1, 64), (7, 64)] {
            let bytes = serde_json::to_vec(&body(&format!("sandbox/cut-{n}"), true)).unwrap();
            let response = send_through(pipe, "POST", dialect.path(), dialect.headers(), &bytes).await;
            assert_eq!(response.status, 200);
            assert!(!response.whole, "no last chunk");
            assert_eq!(dialect.read(&response).content_events, n);
            assert!(!response.text().contains(dialect.terminal()));
        }
        let response = ask(dialect, &body("sandbox/cut-3", false)).await;
        assert!(!response.whole && serde_json::from_str::<Value>(&response.text()).is_err());
    }
}

#[tokio::test]
async fn stall_falls_silent_and_ends_when_the_peer_leaves() {
    for dialect in BOTH {
        for (stream, n) in [(true, 3), (true, 0), (false, 3)] {
            let (mut mine, theirs) = tokio::io::duplex(64 * 1024);
            let bytes = serde_json::to_vec(&body(&format!("sandbox/stall-{n}"), stream)).unwrap();
            let asking = async {
                mine.write_all(&client::request("POST", dialect.path(), dialect.headers(), &bytes)).await.unwrap();
                if stream {
                    let mut seen = Vec::new();
                    let count = |seen: &[u8]| String::from_utf8_lossy(seen).matches(dialect.content_event()).count();
                    // The head and the events before the content come also if no content does.
                    while count(&seen) < n || !seen.ends_with(b"\n\n\r\n") {
                        assert!(client::read_some(&mut mine, &mut seen).await > 0);
                    }
                    assert_eq!(count(&seen), n);
                }
                drop(mine);
            };
            tokio::join!(asking, sandbox::serve_connection(theirs));
        }
    }
}

#[tokio::test]
async fn a_connection_serves_request_after_request() {
    let (mut mine, theirs) = tokio::io::duplex(64 * 1024);
    let asking = async {
        for dialect in [BOTH, BOTH, BOTH].concat() {
            let bytes = serde_json::to_vec(&body("sandbox/echo", false)).unwrap();
            mine.write_all(&client::request("POST", dialect.path(), dialect.headers(), &bytes)).await.unwrap();
            let mut seen = Vec::new();
            while !client::is_whole(&seen) {
                assert!(client::read_some(&mut mine, &mut seen).await > 0);
            }
            assert!(seen.starts_with(b"HTTP/1.1 200 OK\r\n"));
        }
        drop(mine);
    };
    tokio::join!(asking, sandbox::serve_connection(theirs));
}

#[tokio::test]
async fn serving_a_listener_ends_with_the_shutdown() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let asking = async {
        let mut mine = tokio::net::TcpStream::connect(address).await.unwrap();
        mine.write_all(&client::request("HEAD", "/", &[], b"")).await.unwrap();
        let mut seen = Vec::new();
        while !seen.ends_with(b"\r\n\r\n") {
            assert!(client::read_some(&mut mine, &mut seen).await > 0);
        }
        stop.send(()).unwrap();
        while client::read_some(&mut mine, &mut seen).await > 0 {}
    };
    tokio::join!(asking, sandbox::serve(listener, async { drop(stopped.await) }));
}
