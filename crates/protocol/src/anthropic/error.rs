//! Error objects of Messages: which class an upstream's belongs to, and how ours are written.
//! Source: <https://docs.anthropic.com/en/api/errors>; the recordings.

use crate::error::{Class, ErrorText, class_of_status, phrases};
use bytes::Bytes;
use domain::refusal::{Code, Refusal};
use serde_json::json;

pub(super) fn class(status: Option<u16>, error: &ErrorText) -> Class {
    let message = error.message.as_str();
    match error.kind.as_deref() {
        Some("authentication_error" | "permission_error" | "billing_error") => Class::Credential,
        Some("rate_limit_error" | "overloaded_error") => Class::Rate,
        Some("not_found_error") if phrases::is_model_missing(message) => Class::ModelMissing,
        Some("api_error" | "timeout_error") => Class::Transient,
        // Anthropic tells an empty account as a bad request.
        Some("invalid_request_error") if phrases::is_account(message) => Class::Credential,
        Some("invalid_request_error") if phrases::is_context_length(message) => Class::ContextLength,
        Some("invalid_request_error") if phrases::is_policy(message) => Class::Policy,
        Some("invalid_request_error" | "request_too_large" | "not_found_error") => Class::Caller,
        _ => class_of_status(status, error.is_object),
    }
}

/// An upstream's error, written again.
pub(super) fn body(status: u16, error: &ErrorText) -> Bytes {
    let kind = error.kind.as_deref().unwrap_or(match status {
        404 => "not_found_error",
        413 => "request_too_large",
        _ => "invalid_request_error",
    });
    let error = json!({
        "type": "error",
        "error": {"type": kind, "message": error.message},
        "request_id": error.request_id,
    });
    error.to_string().into()
}

pub(super) fn refusal_body(refusal: &Refusal, request_id: &str) -> Bytes {
    let error = json!({
        "type": "error",
        "error": {"type": kind(refusal.code), "message": refusal.message, "code": refusal.code.as_str()},
        "request_id": request_id,
    });
    error.to_string().into()
}

pub(super) fn refusal_event(refusal: &Refusal, request_id: &str) -> Bytes {
    let mut event = b"event: error\ndata: ".to_vec();
    event.extend_from_slice(&refusal_body(refusal, request_id));
    event.extend_from_slice(b"\n\n");
    event.into()
}

/// Anthropic's word for a kind of error.
fn kind(code: Code) -> &'static str {
    match code {
        Code::InvalidRequest => "invalid_request_error",
        Code::InvalidApiKey => "authentication_error",
        Code::InsufficientBalance => "billing_error",
        Code::NotAllowed | Code::TenantFrozen => "permission_error",
        Code::ModelNotFound | Code::NotFound => "not_found_error",
        Code::RequestTooLarge => "request_too_large",
        Code::RateLimitExceeded | Code::UpstreamRateLimited => "rate_limit_error",
        Code::NoChannelAvailable | Code::Overloaded => "overloaded_error",
        Code::UpstreamTimeout => "timeout_error",
        Code::UpstreamError | Code::UpstreamCredentialsExhausted | Code::Internal => "api_error",
    }
}
