//! Thoughts and structured answers, in every dialect.

mod client;

use client::{Response, send};
use serde_json::{Value, json};

const THOUGHT: &str = "A text of 3 words, so it is said again.";

async fn ask(path: &str, body: Value) -> Response {
    send("POST", path, &[], body.to_string().as_bytes()).await
}

/// The documents of an answer, whole or streamed.
fn documents(response: &Response) -> Vec<Value> {
    assert_eq!(response.status, 200, "{}", response.text());
    let text = response.text();
    let data: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("data: ")).collect();
    if data.is_empty() {
        vec![response.json()]
    } else {
        data.iter().filter_map(|it| serde_json::from_str(it).ok()).collect()
    }
}

/// Every string under this name, together.
fn all(documents: &[Value], name: &str) -> String {
    fn walk(value: &Value, name: &str, found: &mut String) {
        match value {
            Value::Object(fields) => fields.iter().for_each(|(key, value)| match value {
                Value::String(text) if key == name => found.push_str(text),
                value => walk(value, name, found),
            }),
            Value::Array(all) => all.iter().for_each(|value| walk(value, name, found)),
            _ => {}
        }
    }
    let mut found = String::new();
    documents.iter().for_each(|document| walk(document, name, &mut found));
    found
}

#[tokio::test]
async fn a_thought_comes_first_and_its_words_are_counted() {
    let chat = |stream: bool| json!({"model": "sandbox/think", "stream": stream, "messages": [{"role": "user", "content": "one two three"}]});
    for stream in [false, true] {
        let told = documents(&ask("/v1/chat/completions", chat(stream)).await);
        assert_eq!(
            (all(&told, "reasoning_content").as_str(), all(&told, "content").as_str()),
            (THOUGHT, "one two three")
        );
        let mut body = chat(stream);
        body["max_tokens"] = json!(9);
        let told = documents(&ask("/v1/messages", body).await);
        assert_eq!((all(&told, "thinking").as_str(), all(&told, "text").as_str()), (THOUGHT, "one two three"));
        assert!(!all(&told, "signature").is_empty());
        let body = json!({"model": "sandbox/think", "stream": stream, "input": "one two three"});
        let told = documents(&ask("/v1/responses", body).await);
        let output = &told.last().unwrap().get("response").unwrap_or(&told[0])["output"];
        assert_eq!(
            (&output[0]["summary"][0]["text"], &output[1]["content"][0]["text"]),
            (&json!(THOUGHT), &json!("one two three"))
        );
        let method = if stream { "streamGenerateContent" } else { "generateContent" };
        let body = json!({"contents": [{"parts": [{"text": "one two three"}]}]});
        let told = documents(&ask(&format!("/v1beta/models/sandbox%2Fthink:{method}"), body).await);
        assert_eq!(all(&told, "text"), format!("{THOUGHT}one two three"));
        let usage = &told.last().unwrap()["usageMetadata"];
        assert_eq!((&usage["thoughtsTokenCount"], &usage["candidatesTokenCount"]), (&json!(10), &json!(3)));
    }
}

#[tokio::test]
async fn a_tools_result_without_the_signed_thought_or_with_another_is_refused() {
    let schema = json!({"type": "object", "properties": {}});
    let mut body = json!({"model": "sandbox/think", "max_tokens": 2000,
        "thinking": {"type": "enabled", "budget_tokens": 1024}, "tools": [{"name": "look", "input_schema": schema}],
        "messages": [{"role": "user", "content": "one two three"}]});
    let content = ask("/v1/messages", body.clone()).await.json()["content"].clone();
    let result = json!({"type": "tool_result", "tool_use_id": content[1]["id"], "content": "seen"});
    let mut back = |content: Value| {
        body["messages"] = json!([{"role": "user", "content": "one two three"}, {"role": "assistant", "content": content},
            {"role": "user", "content": [result]}]);
        body.clone()
    };
    assert_eq!(all(&documents(&ask("/v1/messages", back(content.clone())).await), "text"), "seen");
    let mut forgotten = back(json!([content[1]]));
    assert_eq!(ask("/v1/messages", forgotten.clone()).await.status, 400);
    forgotten["thinking"] = json!({"type": "disabled"});
    assert_eq!(ask("/v1/messages", forgotten).await.status, 200);
    for (field, value) in [("thinking", "else"), ("signature", "AAAA")] {
        let mut altered = content.clone();
        altered[0][field] = json!(value);
        assert_eq!(ask("/v1/messages", back(altered)).await.status, 400, "{field}");
    }
}

#[tokio::test]
async fn a_schema_is_answered_with_a_document_of_its_form() {
    let schema = json!({"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]});
    let said = json!([{"role": "user", "content": "Hi"}]);
    let form = json!({"type": "json_schema", "json_schema": {"name": "place", "schema": schema}});
    let chat = json!({"model": "sandbox/echo", "messages": said, "response_format": form});
    assert_eq!(all(&documents(&ask("/v1/chat/completions", chat).await), "content"), r#"{"city":"city"}"#);
    let messages = json!({"model": "sandbox/echo", "messages": said, "max_tokens": 9,
        "output_config": {"format": {"type": "json_schema", "schema": schema}}});
    assert_eq!(all(&documents(&ask("/v1/messages", messages).await), "text"), r#"{"city":"city"}"#);
    let responses = json!({"model": "sandbox/echo", "input": "Hi",
        "text": {"format": {"type": "json_schema", "name": "place", "schema": schema}}});
    let told = documents(&ask("/v1/responses", responses).await);
    assert_eq!(told[0]["output"][0]["content"][0]["text"], r#"{"city":"city"}"#);
    let config = json!({"responseMimeType": "application/json", "responseJsonSchema": schema});
    let gemini = json!({"contents": [{"parts": [{"text": "Hi"}]}], "generationConfig": config});
    let told = documents(&ask("/v1beta/models/sandbox%2Fecho:generateContent", gemini).await);
    assert_eq!(all(&told, "text"), r#"{"city":"city"}"#);
}
