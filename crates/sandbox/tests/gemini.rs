//! Gemini's dialect over a byte stream, as the relay reaches it.
#![expect(clippy::unwrap_used, reason = "a failed expectation is a failed test")]

mod client;

use client::{Response, send};
use serde_json::{Value, json};

const SAID: &str = "Say  this — data: [DONE]\n\"back\" \u{2028}event: x";
const SAID_WORDS: u64 = 8;
const WHOLE: &str = "generateContent";
const STREAM: &str = "streamGenerateContent?alt=sse";

async fn ask(model: &str, method: &str, fields: Value) -> Response {
    let mut body = json!({"systemInstruction": {"parts": [{"text": "be brief"}]},
        "contents": [{"role": "user", "parts": [{"text": SAID}]}]});
    body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    let path = format!("/v1beta/models/{model}:{method}");
    send("POST", path.split('?').next().unwrap(), &[("x-goog-api-key", "k")], body.to_string().as_bytes()).await
}

/// Every event's first part, the reason of the end and the usage.
fn read(response: &Response) -> (Vec<Value>, String, (u64, u64)) {
    assert_eq!(response.status, 200, "{}", response.text());
    let text = response.text();
    let documents: Vec<Value> = if text.starts_with("data: ") {
        assert!(text.ends_with("\r\n\r\n"));
        let events = text.split("\r\n\r\n").filter_map(|event| event.strip_prefix("data: "));
        events.map(|data| serde_json::from_str(data).unwrap()).collect()
    } else {
        vec![response.json()]
    };
    let last = documents.last().unwrap();
    let count = |name: &str| last["usageMetadata"][name].as_u64().unwrap_or(0);
    let parts = documents.iter().map(|it| it["candidates"][0]["content"]["parts"][0].clone()).collect();
    let finish = last["candidates"][0]["finishReason"].as_str().unwrap_or_default().to_owned();
    (parts, finish, (count("promptTokenCount"), count("candidatesTokenCount")))
}

fn text(parts: &[Value]) -> String {
    parts.iter().filter_map(|part| part["text"].as_str()).collect()
}

#[tokio::test]
async fn echo_answers_the_last_user_text_with_exact_usage() {
    for method in [WHOLE, STREAM] {
        let (parts, finish, usage) = read(&ask("sandbox/echo", method, json!({})).await);
        assert_eq!((text(&parts).as_str(), finish.as_str(), usage), (SAID, "STOP", (2 + SAID_WORDS, SAID_WORDS)));
        let cut = json!({"generationConfig": {"maxOutputTokens": 2}});
        let (parts, finish, usage) = read(&ask("sandbox%2Fecho", method, cut).await);
        assert_eq!((text(&parts).as_str(), finish.as_str(), usage.1), ("Say  this", "MAX_TOKENS", 2));
        let stop = json!({"generationConfig": {"stopSequences": ["data:"]}});
        assert_eq!(text(&read(&ask("sandbox/echo", method, stop).await).0), "Say  this — ");
    }
}

#[tokio::test]
async fn tools_calls_the_first_tool_and_then_says_its_result() {
    let schema = json!({"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]});
    let declared = |name: &str| json!({"name": name, "parametersJsonSchema": schema});
    let tools = json!([{"functionDeclarations": [declared("weather"), declared("clock")]}]);
    let choice =
        |mode: &str, names: Value| json!({"functionCallingConfig": {"mode": mode, "allowedFunctionNames": names}});
    for method in [WHOLE, STREAM] {
        let (parts, finish, usage) = read(&ask("sandbox/tools", method, json!({ "tools": tools })).await);
        let call = &parts[0]["functionCall"];
        assert_eq!((&call["name"], &call["args"]), (&json!("weather"), &json!({"city": "city"})));
        assert_eq!((finish.as_str(), usage), ("STOP", (2 + SAID_WORDS, 1)));
        let forced = json!({"tools": tools, "toolConfig": choice("ANY", json!(["clock"]))});
        assert_eq!(read(&ask("sandbox/tools", method, forced).await).0[0]["functionCall"]["name"], "clock");
        let forbidden = json!({"tools": tools, "toolConfig": choice("NONE", json!([]))});
        assert_eq!(text(&read(&ask("sandbox/tools", method, forbidden).await).0), SAID);
        let contents = json!([{"role": "user", "parts": [{"text": "weather?"}]},
            {"role": "model", "parts": [{"functionCall": {"name": "weather", "args": {}}}]},
            {"role": "user", "parts": [{"functionResponse": {"name": "weather", "response": {"output": "21 degrees"}}}]}]);
        let said = read(&ask("sandbox/tools", method, json!({"tools": tools, "contents": contents})).await);
        assert_eq!(text(&said.0), "21 degrees");
    }
    let unknown = json!({"tools": tools, "toolConfig": choice("ANY", json!(["nothing"]))});
    assert_eq!(ask("sandbox/tools", WHOLE, unknown).await.status, 400);
}

#[tokio::test]
async fn a_cut_stream_never_tells_its_end() {
    let response = ask("sandbox/cut-2", STREAM, json!({})).await;
    assert!(!response.whole && !response.text().contains("finishReason"));
}

#[tokio::test]
async fn refusals_are_googles_and_models_are_listed() {
    for (model, status, word) in [
        ("sandbox/fail-401", 401, "UNAUTHENTICATED"),
        ("sandbox/fail-429", 429, "RESOURCE_EXHAUSTED"),
        ("sandbox/fail-503", 503, "UNAVAILABLE"),
        ("nobody", 404, "NOT_FOUND"),
    ] {
        let response = ask(model, WHOLE, json!({})).await;
        let error = &response.json()["error"];
        assert_eq!((response.status, &error["code"], &error["status"]), (status, &json!(status), &json!(word)));
    }
    for fields in [json!({"contents": []}), json!({"generationConfig": {"maxOutputTokens": 0}}), json!({"contents": 1})]
    {
        assert_eq!(ask("sandbox/echo", WHOLE, fields).await.json()["error"]["status"], "INVALID_ARGUMENT");
    }
    let list = send("GET", "/v1beta/models", &[], b"").await;
    assert!(list.json()["models"][0]["name"].as_str().unwrap().starts_with("models/sandbox/"));
    let one = send("GET", "/v1beta/models/sandbox/echo", &[], b"").await;
    assert_eq!(one.json()["name"], "models/sandbox/echo");
}
