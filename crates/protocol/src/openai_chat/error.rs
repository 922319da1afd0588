//! Error objects of Chat Completions: which class an upstream's belongs to, and how ours are written.
//! Sources: <https://platform.openai.com/docs/guides/error-codes>, Azure, DeepSeek, Qwen and OpenRouter's own lists, the
//! recordings.

use crate::error::{Class, ErrorText, class_of_status, phrases};
use bytes::Bytes;
use domain::refusal::{Code, Refusal};
use serde_json::{Value, json};

pub(super) fn class(status: Option<u16>, error: &ErrorText) -> Class {
    let words = [error.code.as_deref(), error.kind.as_deref()];
    if let Some(class) = words.into_iter().flatten().find_map(class_of_word) {
        return class;
    }
    let about_request = matches!(status, None | Some(400..=499));
    let message = error.message.as_str();
    match status {
        _ if about_request && phrases::is_account(message) => Class::Credential,
        Some(429) => Class::Rate,
        _ if about_request && phrases::is_context_length(message) => Class::ContextLength,
        _ if about_request && phrases::is_policy(message) => Class::Policy,
        Some(400 | 404) if phrases::is_model_missing(message) => Class::ModelMissing,
        _ => class_of_status(status, error.is_object),
    }
}

/// The class of a code or type that means one thing whatever the status.
fn class_of_word(word: &str) -> Option<Class> {
    Some(match word {
        "insufficient_quota"
        | "billing_hard_limit_reached"
        | "billing_not_active"
        | "account_deactivated"
        | "invalid_api_key"
        | "invalid_organization"
        | "access_terminated"
        | "Arrearage"
        | "InvalidApiKey"
        | "authentication_error"
        | "unsupported_country_region_territory" => Class::Credential,
        "model_not_found" | "DeploymentNotFound" | "ModelNotFound" | "model_not_supported" | "unknown_model" => {
            Class::ModelMissing
        }
        "context_length_exceeded" | "exceed_context_size_error" => Class::ContextLength,
        "content_filter"
        | "content_policy_violation"
        | "ResponsibleAIPolicyViolation"
        | "data_inspection_failed"
        | "DataInspectionFailed"
        | "moderation_blocked" => Class::Policy,
        "rate_limit_exceeded"
        | "rate_limit_error"
        | "RateLimitReached"
        | "Throttling"
        | "Throttling.RateQuota"
        | "Throttling.AllocationQuota"
        | "limit_requests" => Class::Rate,
        _ => return None,
    })
}

/// An upstream's error, written again.
pub(super) fn body(_status: u16, error: &ErrorText) -> Bytes {
    let kind = error.kind.as_deref().unwrap_or("invalid_request_error");
    object(&error.message, kind, error.param.as_deref(), error.code.as_deref())
}

pub(super) fn refusal_body(refusal: &Refusal, _request_id: &str) -> Bytes {
    object(&refusal.message, kind(refusal.code), None, Some(refusal.code.as_str()))
}

pub(super) fn refusal_event(refusal: &Refusal, request_id: &str) -> Bytes {
    let mut event = b"data: ".to_vec();
    event.extend_from_slice(&refusal_body(refusal, request_id));
    event.extend_from_slice(b"\n\n");
    event.into()
}

fn object(message: &str, kind: &str, param: Option<&str>, code: Option<&str>) -> Bytes {
    let error: Value = json!({"error": {"message": message, "type": kind, "param": param, "code": code}});
    error.to_string().into()
}

/// OpenAI's word for a kind of error.
fn kind(code: Code) -> &'static str {
    match code {
        Code::InvalidRequest | Code::InvalidApiKey | Code::ModelNotFound | Code::NotFound | Code::RequestTooLarge => {
            "invalid_request_error"
        }
        Code::InsufficientBalance => "insufficient_quota",
        Code::NotAllowed | Code::TenantFrozen => "permission_error",
        Code::RateLimitExceeded | Code::UpstreamRateLimited => "rate_limit_error",
        Code::UpstreamError
        | Code::UpstreamCredentialsExhausted
        | Code::NoChannelAvailable
        | Code::Overloaded
        | Code::UpstreamTimeout
        | Code::Internal => "server_error",
    }
}
