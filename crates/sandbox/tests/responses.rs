//! Responses' dialect over a byte stream, as the relay reaches it.
#![expect(clippy::unwrap_used, reason = "a failed expectation is a failed test")]

mod client;

use client::{Response, send};
use serde_json::{Value, json};

const SAID: &str = "Say  this — data: [DONE]\n\"back\" \u{2028}event: x";
const SAID_WORDS: u64 = 8;

async fn ask(model: &str, stream: bool, fields: Value) -> Response {
    let mut body = json!({"model": model, "stream": stream, "instructions": "be brief", "input": SAID});
    body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    send("POST", "/v1/responses", &[], body.to_string().as_bytes()).await
}

/// The response, from a stream with every event held to its form.
fn read(response: &Response) -> Value {
    assert_eq!(response.status, 200, "{}", response.text());
    let text = response.text();
    if !text.starts_with("event: ") {
        return response.json();
    }
    let mut last = Value::Null;
    let mut deltas = String::new();
    for (number, event) in text.strip_suffix("\n\n").unwrap().split("\n\n").enumerate() {
        let (name, data) = event.strip_prefix("event: ").unwrap().split_once("\ndata: ").unwrap();
        last = serde_json::from_str(data).unwrap();
        assert_eq!((&last["type"], &last["sequence_number"]), (&json!(name), &json!(number)));
        deltas.push_str(last["delta"].as_str().unwrap_or_default());
        if name.ends_with("output_item.done") {
            let item = &last["item"];
            let whole = item["arguments"].as_str().or(item["content"][0]["text"].as_str()).unwrap();
            assert_eq!(deltas, whole, "the deltas are the whole");
        }
    }
    last["response"].clone()
}

fn said(response: &Value) -> &str {
    response["output"][0]["content"][0]["text"].as_str().unwrap()
}

#[tokio::test]
async fn echo_answers_the_last_user_text_with_exact_usage() {
    let parts = json!([{"role": "user", "content": "other"}, {"type": "message", "role": "user",
        "content": [{"type": "input_text", "text": SAID}, {"type": "input_image", "image_url": "a b"}]}]);
    for stream in [false, true] {
        let answer = read(&ask("sandbox/echo", stream, json!({})).await);
        assert_eq!((said(&answer), &answer["status"]), (SAID, &json!("completed")));
        let usage = &answer["usage"];
        assert_eq!((&usage["input_tokens"], &usage["output_tokens"]), (&json!(2 + SAID_WORDS), &json!(SAID_WORDS)));
        let answer = read(&ask("sandbox/echo", stream, json!({"input": parts})).await);
        assert_eq!((said(&answer), &answer["usage"]["input_tokens"]), (SAID, &json!(3 + SAID_WORDS)));
        let cut = read(&ask("sandbox/lorem-0", stream, json!({"max_output_tokens": 20})).await);
        assert_eq!((&cut["status"], &cut["usage"]["output_tokens"]), (&json!("incomplete"), &json!(20)));
        assert_eq!(cut["incomplete_details"]["reason"], "max_output_tokens");
    }
}

#[tokio::test]
async fn tools_calls_the_forced_tool_and_then_says_its_result() {
    let schema = json!({"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]});
    let tool = |name: &str| json!({"type": "function", "name": name, "parameters": schema});
    let tools = json!([{"type": "web_search"}, tool("weather"), tool("clock")]);
    for stream in [false, true] {
        let answer = read(&ask("sandbox/tools", stream, json!({"tools": tools})).await);
        let call = &answer["output"][0];
        assert_eq!((&call["type"], &call["name"]), (&json!("function_call"), &json!("weather")));
        assert_eq!(call["arguments"], r#"{"city":"city"}"#);
        let forced = json!({"tools": tools, "tool_choice": {"type": "function", "name": "clock"}});
        assert_eq!(read(&ask("sandbox/tools", stream, forced).await)["output"][0]["name"], "clock");
        let input = json!([{"role": "user", "content": "weather?"}, call,
            {"type": "function_call_output", "call_id": call["call_id"], "output": "21 degrees"}]);
        assert_eq!(
            said(&read(&ask("sandbox/tools", stream, json!({"tools": tools, "input": input})).await)),
            "21 degrees"
        );
    }
}

#[tokio::test]
async fn what_is_not_there_is_refused_by_name() {
    let nobody = json!([{"role": "nobody", "content": "x"}]);
    for (field, value) in [
        ("previous_response_id", json!("resp_1")),
        ("conversation", json!("conv_1")),
        ("background", json!(true)),
        ("max_output_tokens", json!(15)),
        ("input", json!([])),
        ("input", nobody),
    ] {
        let refused = ask("sandbox/echo", false, json!({ field: value })).await;
        assert_eq!(refused.status, 400, "{field}");
        assert!(refused.json()["error"]["param"].as_str().unwrap().starts_with(field), "{field}");
    }
    assert_eq!(ask("sandbox/fail-429", false, json!({})).await.status, 429);
    assert_eq!(ask("nothing", false, json!({})).await.status, 404);
}
