//! Writes a refusal as Anthropic does: `{"type":"error","error":{"type","message"},"request_id"}`.
//!
//! Types: <https://docs.claude.com/en/api/errors> and recorded answers.

use crate::fault::Fault;
use http::StatusCode;
use serde_json::{Value, json};

/// A refusal's body.
pub(crate) fn refusal(fault: &Fault, request_id: &str) -> Value {
    let message = match fault {
        Fault::Malformed { message, param: Some(param) } => format!("{param}: {message}"),
        Fault::Malformed { message, param: None } => message.clone(),
        Fault::TooLarge => "Request exceeds the maximum size".to_owned(),
        Fault::UnknownModel(name) => format!("model: {name}"),
        Fault::UnknownPath { .. } => "Not Found".to_owned(),
        Fault::AskedFor(status) => asked_for(status.as_u16()).to_owned(),
    };
    json!({"type": "error", "error": {"type": kind(fault.status()), "message": message}, "request_id": request_id})
}

fn kind(status: StatusCode) -> &'static str {
    match status.as_u16() {
        401 => "authentication_error",
        402 => "billing_error",
        403 => "permission_error",
        404 => "not_found_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        504 => "timeout_error",
        529 => "overloaded_error",
        400..=499 => "invalid_request_error",
        _ => "api_error",
    }
}

fn asked_for(status: u16) -> &'static str {
    match status {
        401 => "API key is invalid.",
        402 => "Your credit balance is too low to access the API.",
        403 => "Your API key does not have permission to use the specified resource.",
        404 => "model: sandbox/fail-404",
        429 => "Number of requests has exceeded your rate limit. Please try again later.",
        529 => "Overloaded",
        400..=499 => "The sandbox was asked to refuse this request.",
        _ => "Internal server error",
    }
}
