//! Every model in both dialects, streamed and not, over a byte stream, as the relay reaches it.

mod client;

use client::{Answer, Dialect, ask, send};
use serde_json::{Value, json};

const BOTH: [Dialect; 2] = [Dialect::OpenAi, Dialect::Anthropic];
const SAID: &str = "Say  this — data: [DONE]\n\"back\" \u{2028}event: x";
const SAID_WORDS: u64 = 8;

/// A request with two words of system prompt and the user text.
fn body(dialect: Dialect, model: &str, stream: bool, max_tokens: u64) -> Value {
    let mut body = json!({"model": model, "stream": stream, "max_tokens": max_tokens});
    match dialect {
        Dialect::OpenAi => {
            body["messages"] = json!([{"role": "system", "content": "be brief"}, {"role": "user", "content": SAID}]);
            if stream {
                body["stream_options"] = json!({"include_usage": true});
            }
        }
        Dialect::Anthropic => {
            body["system"] = json!("be brief");
            body["messages"] = json!([{"role": "user", "content": [{"type": "text", "text": SAID}]}]);
        }
    }
    body
}

fn tools(dialect: Dialect) -> Value {
    let schema = json!({"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]});
    match dialect {
        Dialect::OpenAi => json!([{"type": "function", "function": {"name": "weather", "parameters": schema}}]),
        Dialect::Anthropic => json!([{"name": "weather", "input_schema": schema}]),
    }
}

async fn answered(dialect: Dialect, body: &Value) -> Answer {
    let response = ask(dialect, body).await;
    assert_eq!(response.status, 200, "{}", response.text());
    assert!(response.whole);
    dialect.read(&response)
}

#[tokio::test]
async fn echo_answers_the_last_user_text_with_exact_usage() {
    for dialect in BOTH {
        for stream in [false, true] {
            let answer = answered(dialect, &body(dialect, "sandbox/echo", stream, 100)).await;
            assert_eq!(answer.text, SAID);
            assert_eq!(answer.usage, (2 + SAID_WORDS, SAID_WORDS));
            assert_eq!(answer.finish, dialect.finish("complete"));
            if stream {
                assert_eq!(answer.content_events, SAID_WORDS);
            }
            let cut = answered(dialect, &body(dialect, "sandbox/echo", stream, 2)).await;
            assert_eq!((cut.text.as_str(), cut.usage), ("Say  this", (2 + SAID_WORDS, 2)));
            assert_eq!(cut.finish, dialect.finish("length"));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn lorem_answers_exactly_max_tokens_words_at_its_pace() {
    for dialect in BOTH {
        for stream in [false, true] {
            let began = tokio::time::Instant::now();
            let answer = answered(dialect, &body(dialect, "sandbox/lorem-10", stream, 50)).await;
            assert_eq!(answer.text.split(' ').count(), 50);
            assert_eq!(answer.usage.1, 50);
            assert_eq!(answer.finish, dialect.finish("length"));
            let seconds = began.elapsed().as_secs();
            assert_eq!(seconds, if stream { 4 } else { 0 }, "49 intervals of 100 ms, and none without a stream");
        }
    }
}

#[tokio::test]
async fn tools_calls_the_first_tool_and_then_says_its_result() {
    for dialect in BOTH {
        for stream in [false, true] {
            let mut first = body(dialect, "sandbox/tools", stream, 100);
            first["tools"] = tools(dialect);
            let call = answered(dialect, &first).await;
            assert_eq!(call.call, Some(("weather".to_owned(), json!({"city": "city"}))));
            assert_eq!(call.usage, (2 + SAID_WORDS, 1));
            assert_eq!(call.finish, dialect.finish("tool"));

            first["messages"] = match dialect {
                Dialect::OpenAi => json!([
                    {"role": "user", "content": "weather?"},
                    {"role": "assistant", "content": null, "tool_calls": [{"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": "{}"}}]},
                    {"role": "tool", "tool_call_id": "call_1", "content": "21 degrees"}
                ]),
                Dialect::Anthropic => json!([
                    {"role": "user", "content": "weather?"},
                    {"role": "assistant", "content": [{"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {}}]},
                    {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": "21 degrees"}]}
                ]),
            };
            let said = answered(dialect, &first).await;
            assert_eq!(said.text, "21 degrees");
            assert_eq!(said.finish, dialect.finish("complete"));
        }
    }
}

#[tokio::test]
async fn a_forced_tool_is_called_and_a_forbidden_one_is_not() {
    for dialect in BOTH {
        let mut request = body(dialect, "sandbox/tools", false, 100);
        let mut two = tools(dialect);
        let mut second = two[0].clone();
        match dialect {
            Dialect::OpenAi => second["function"]["name"] = json!("clock"),
            Dialect::Anthropic => second["name"] = json!("clock"),
        }
        two.as_array_mut().unwrap().push(second);
        request["tools"] = two;
        let (forced, forbidden, unknown) = match dialect {
            Dialect::OpenAi => (
                json!({"type": "function", "function": {"name": "clock"}}),
                json!("none"),
                json!({"type": "function", "function": {"name": "nothing"}}),
            ),
            Dialect::Anthropic => (
                json!({"type": "tool", "name": "clock"}),
                json!({"type": "none"}),
                json!({"type": "tool", "name": "nothing"}),
            ),
        };
        request["tool_choice"] = forced;
        assert_eq!(answered(dialect, &request).await.call.unwrap().0, "clock");
        request["tool_choice"] = forbidden;
        assert_eq!(answered(dialect, &request).await.text, SAID);
        request["tool_choice"] = unknown;
        assert_eq!(ask(dialect, &request).await.status, 400);
    }
}

#[tokio::test]
async fn a_stop_sequence_ends_the_answer() {
    for dialect in BOTH {
        for stream in [false, true] {
            let mut request = body(dialect, "sandbox/echo", stream, 100);
            match dialect {
                Dialect::OpenAi => request["stop"] = json!(["data:"]),
                Dialect::Anthropic => request["stop_sequences"] = json!(["data:"]),
            }
            let answer = answered(dialect, &request).await;
            assert_eq!((answer.text.as_str(), answer.usage.1), ("Say  this — ", 3));
            assert_eq!(answer.finish, dialect.finish("stop"));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn slow_waits_before_the_first_token() {
    for dialect in BOTH {
        for stream in [false, true] {
            let began = tokio::time::Instant::now();
            let answer = answered(dialect, &body(dialect, "sandbox/slow-2500", stream, 100)).await;
            assert_eq!(answer.text, SAID);
            assert_eq!(began.elapsed().as_millis(), 2500);
        }
    }
}

#[tokio::test]
async fn usage_is_streamed_in_openai_only_when_asked_for() {
    let mut request = body(Dialect::OpenAi, "sandbox/echo", true, 100);
    assert!(ask(Dialect::OpenAi, &request).await.text().contains("\"usage\":null"));
    request.as_object_mut().unwrap().remove("stream_options");
    let response = ask(Dialect::OpenAi, &request).await;
    assert!(!response.text().contains("usage"));
    assert!(response.text().ends_with("data: [DONE]\n\n"));
}

#[tokio::test]
async fn every_event_is_a_chunk_of_its_own() {
    for dialect in BOTH {
        let response = ask(dialect, &body(dialect, "sandbox/lorem-0", true, 20)).await;
        let chunks = client::chunks(&response.raw);
        assert!(chunks.len() > 20);
        for chunk in chunks {
            assert!(chunk.ends_with("\n\n") && chunk.matches("\n\n").count() == 1, "{chunk:?}");
        }
    }
}

#[tokio::test]
async fn equal_requests_have_equal_answers() {
    for dialect in BOTH {
        for stream in [false, true] {
            let request = body(dialect, "sandbox/lorem-0", stream, 9);
            assert_eq!(ask(dialect, &request).await.text(), ask(dialect, &request).await.text());
        }
    }
}

#[tokio::test]
async fn models_are_listed_in_the_callers_dialect() {
    let list = send("GET", "/v1/models", &[], b"").await;
    assert_eq!(list.json()["object"], "list");
    let list = send("GET", "/v1/models", &[("anthropic-version", "2023-06-01")], b"").await;
    assert_eq!(list.json()["has_more"], false);
    let one = send("GET", "/v1/models/sandbox/slow-7", &[], b"").await;
    assert_eq!(one.json()["id"], "sandbox/slow-7");
    let none = send("GET", "/v1/models/sandbox%2Fnothing", &[], b"").await;
    assert_eq!((none.status, &none.json()["error"]["code"]), (404, &json!("model_not_found")));
}
