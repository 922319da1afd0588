//! Writes a refusal as Google does: `{"error":{"code","message","status"}}`.
//!
//! Words: <https://ai.google.dev/gemini-api/docs/troubleshooting> and recorded answers.

use crate::fault::Fault;
use serde_json::{Value, json};

/// A refusal's body.
pub(crate) fn refusal(fault: &Fault) -> Value {
    let message = match fault {
        Fault::Malformed { message, param: Some(param) } => format!("Invalid value at '{param}': {message}"),
        Fault::Malformed { message, param: None } => format!("Invalid JSON payload received. {message}"),
        Fault::TooLarge => "Request payload size exceeds the limit.".to_owned(),
        Fault::UnknownModel(name) => {
            format!("models/{name} is not found for API version v1beta, or is not supported for generateContent.")
        }
        Fault::UnknownPath { asked } => format!("{asked} was not found."),
        Fault::AskedFor(status) => asked_for(status.as_u16()).to_owned(),
    };
    let code = fault.status().as_u16();
    json!({"error": {"code": code, "message": message, "status": word(code)}})
}

fn word(status: u16) -> &'static str {
    match status {
        401 => "UNAUTHENTICATED",
        403 => "PERMISSION_DENIED",
        404 => "NOT_FOUND",
        429 => "RESOURCE_EXHAUSTED",
        400..=499 => "INVALID_ARGUMENT",
        503 => "UNAVAILABLE",
        504 => "DEADLINE_EXCEEDED",
        _ => "INTERNAL",
    }
}

fn asked_for(status: u16) -> &'static str {
    match status {
        401 => "Request had invalid authentication credentials.",
        403 => "Permission denied on resource.",
        404 => "models/sandbox/fail-404 is not found for API version v1beta.",
        429 => "You exceeded your current quota, please check your plan.",
        503 => "The model is overloaded. Please try again later.",
        400..=499 => "The sandbox was asked to refuse this request.",
        _ => "An internal error has occurred.",
    }
}
