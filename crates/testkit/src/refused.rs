//! What a refusal must look like in each client dialect: status, code, shape, and nothing about the upstream.

use crate::{
    http::{Answer, Request},
    oracle::Family,
};
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

/// A request to the relay in a dialect, with this key and this body.
pub fn request(family: Family, secret: &str, body: impl Into<bytes::Bytes>) -> Request {
    match family {
        Family::OpenaiChat => Request::new("POST", "/v1/chat/completions").bearer(secret).body(body),
        Family::Anthropic => Request::new("POST", "/v1/messages")
            .header("x-api-key", secret)
            .header("anthropic-version", "2023-06-01")
            .body(body),
    }
}

/// A small valid body for `model`, good in both dialects.
pub fn body(model: &str) -> Value {
    json!({"model": model, "max_tokens": 10, "messages": [{"role": "user", "content": "Hello"}]})
}

/// Anthropic's word for a status, as its SDKs expect it.
fn anthropic_type(status: u16) -> &'static [&'static str] {
    match status {
        400 => &["invalid_request_error"],
        401 => &["authentication_error"],
        402 => &["billing_error", "invalid_request_error"],
        403 => &["permission_error"],
        404 => &["not_found_error"],
        413 => &["request_too_large"],
        429 => &["rate_limit_error"],
        503 | 529 => &["overloaded_error", "api_error"],
        504 => &["timeout_error", "api_error"],
        _ => &["api_error"],
    }
}

/// Checks that `answer` refuses with this status and code in the dialect's own shape.
pub fn check(what: &str, family: Family, answer: &Answer, status: u16, code: &str) -> Result<()> {
    let said = format!("{what}: {} {}", answer.status(), answer.text());
    ensure!(answer.status() == status, "{said} — expected {status} {code}");
    ensure!(answer.head.header("x-request-id").is_some(), "{said} — no x-request-id");
    let body = answer.json()?;
    let error = body.get("error").with_context(|| format!("{said} — no error object"))?;
    let text = |name: &str| error.get(name).and_then(Value::as_str).unwrap_or_default();
    ensure!(!text("message").is_empty(), "{said} — no message");
    ensure!(text("code") == code, "{said} — expected code {code}");
    match family {
        Family::OpenaiChat => {
            ensure!(!text("type").is_empty(), "{said} — no type");
            ensure!(error.get("param").is_some(), "{said} — no param, which SDKs read");
        }
        Family::Anthropic => {
            ensure!(body.get("type") == Some(&json!("error")), "{said} — not Anthropic's error envelope");
            ensure!(anthropic_type(status).contains(&text("type")), "{said} — not Anthropic's type for {status}");
        }
    }
    Ok(())
}
