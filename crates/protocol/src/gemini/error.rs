//! Error objects: which class an upstream's belongs to, and how ours are written.
//! Sources: <https://ai.google.dev/gemini-api/docs/troubleshooting>, <https://google.aip.dev/193>; the recordings.

use crate::error::{Class, ErrorText, class_of_status, phrases};
use bytes::Bytes;
use domain::refusal::{Code, Refusal};
use serde_json::json;

pub(super) fn class(status: Option<u16>, error: &ErrorText) -> Class {
    let message = error.message.as_str();
    match error.kind.as_deref() {
        Some("UNAUTHENTICATED" | "PERMISSION_DENIED") => Class::Credential,
        Some("RESOURCE_EXHAUSTED") => Class::Rate,
        Some("NOT_FOUND") if message.starts_with("models/") || phrases::is_model_missing(message) => {
            Class::ModelMissing
        }
        Some("INTERNAL" | "UNAVAILABLE" | "DEADLINE_EXCEEDED" | "ABORTED" | "CANCELLED" | "UNKNOWN" | "DATA_LOSS") => {
            Class::Transient
        }
        // A wrong key, and a place that Google does not serve, are told as a bad request.
        Some("INVALID_ARGUMENT" | "FAILED_PRECONDITION") if is_account(message) => Class::Credential,
        Some("INVALID_ARGUMENT") if phrases::is_context_length(message) || is_too_long(message) => Class::ContextLength,
        Some(
            "INVALID_ARGUMENT"
            | "FAILED_PRECONDITION"
            | "OUT_OF_RANGE"
            | "NOT_FOUND"
            | "ALREADY_EXISTS"
            | "UNIMPLEMENTED",
        ) => Class::Caller,
        _ => class_of_status(status, error.is_object),
    }
}

fn is_account(message: &str) -> bool {
    ["API key not valid", "API Key not found", "API key expired", "User location is not supported", "billing"]
        .iter()
        .any(|phrase| message.contains(phrase))
}

/// `The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).`
fn is_too_long(message: &str) -> bool {
    message.contains("exceeds the maximum number of tokens")
}

/// An upstream's error, written again.
pub(super) fn body(status: u16, error: &ErrorText) -> Bytes {
    let word = error.kind.as_deref().unwrap_or(match status {
        403 => "PERMISSION_DENIED",
        404 => "NOT_FOUND",
        429 => "RESOURCE_EXHAUSTED",
        _ => "INVALID_ARGUMENT",
    });
    json!({"error": {"code": status, "message": error.message, "status": word}}).to_string().into()
}

pub(super) fn refusal_body(refusal: &Refusal, request_id: &str) -> Bytes {
    let error = json!({
        "error": {
            "code": refusal.code.status(),
            "message": refusal.message,
            "status": word(refusal.code),
            "details": [{
                "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                "reason": refusal.code.as_str(),
                "metadata": {"requestId": request_id},
            }],
        },
    });
    error.to_string().into()
}

pub(super) fn refusal_event(refusal: &Refusal, request_id: &str) -> Bytes {
    let mut event = b"data: ".to_vec();
    event.extend_from_slice(&refusal_body(refusal, request_id));
    event.extend_from_slice(b"\r\n\r\n");
    event.into()
}

/// Google's word for a kind of error.
fn word(code: Code) -> &'static str {
    match code {
        Code::InvalidRequest | Code::RequestTooLarge => "INVALID_ARGUMENT",
        Code::InvalidApiKey => "UNAUTHENTICATED",
        Code::InsufficientBalance => "FAILED_PRECONDITION",
        Code::NotAllowed | Code::TenantFrozen => "PERMISSION_DENIED",
        Code::ModelNotFound | Code::NotFound => "NOT_FOUND",
        Code::RateLimitExceeded | Code::UpstreamRateLimited => "RESOURCE_EXHAUSTED",
        Code::NoChannelAvailable | Code::Overloaded | Code::UpstreamError | Code::UpstreamCredentialsExhausted => {
            "UNAVAILABLE"
        }
        Code::UpstreamTimeout => "DEADLINE_EXCEEDED",
        Code::Internal => "INTERNAL",
    }
}
