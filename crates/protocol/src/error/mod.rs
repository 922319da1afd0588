//! Errors in both directions: an upstream's, sorted into the classes that decide what the relay does; and ours, written in
//! the caller's dialect. Decided by an error's own codes first and by the bare status last.

pub(crate) mod phrases;
mod relayed;
mod reset;
mod scrub;
pub(crate) mod times;
mod wire;

pub use relayed::relay_caller_error;
pub(crate) use wire::ErrorText;

use crate::dialects::cells;
use bytes::Bytes;
use domain::{dialect::Dialect, refusal::Refusal};
use http::HeaderMap;
use std::{fmt, time::Duration};

/// What an error is about, which decides whether another candidate is tried and what happens to this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// About the request: the caller gets it.
    Caller,
    /// The request is over the model's window: the caller gets it.
    ContextLength,
    /// Our account or key was refused.
    Credential,
    /// Our account is over a limit for now.
    Rate,
    /// May work a moment later or elsewhere.
    Transient,
    /// The upstream has no such model.
    ModelMissing,
    /// A content filter: the caller gets it.
    Policy,
}

/// An upstream's error. Its texts are for logs; they may name accounts and hosts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpstreamError {
    /// What it is about.
    pub class: Class,
    /// When the upstream says it can be asked again.
    pub retry_after: Option<Duration>,
    /// The upstream's words.
    pub message: String,
    /// The upstream's code, where it has one.
    pub code: Option<String>,
    /// The upstream's type, where it has one.
    pub kind: Option<String>,
}

impl fmt::Display for UpstreamError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.class, self.message)
    }
}

impl std::error::Error for UpstreamError {}

/// Sorts an answer whose status is not a success.
pub fn classify(dialect: Dialect, status: u16, headers: &HeaderMap, body: &[u8]) -> UpstreamError {
    let text = ErrorText::read(body);
    let class = (cells(dialect).class)(Some(status), &text);
    let told = text.retry_delay.as_deref().and_then(reset::delay);
    let retry_after = reset::retry_after(headers, class == Class::Rate).max(told);
    from_text(class, retry_after, text, status)
}

/// Sorts an error object inside a stream or a 200.
pub(crate) fn in_answer(dialect: Dialect, body: &[u8]) -> UpstreamError {
    let text = ErrorText::read(body);
    let class = (cells(dialect).class)(text.status, &text);
    from_text(class, None, text, 200)
}

/// An event whose data is no JSON.
pub(crate) fn not_json() -> UpstreamError {
    let message = "an event of the stream is no JSON".to_owned();
    UpstreamError { class: Class::Transient, retry_after: None, message, code: None, kind: None }
}

fn from_text(class: Class, retry_after: Option<Duration>, text: ErrorText, status: u16) -> UpstreamError {
    let message = if text.message.is_empty() { format!("status {status} without a message") } else { text.message };
    UpstreamError { class, retry_after, message, code: text.code, kind: text.kind }
}

/// The class by the status alone.
pub(crate) fn class_of_status(status: Option<u16>, is_error_object: bool) -> Class {
    match status {
        Some(401..=403) => Class::Credential,
        Some(429 | 529) => Class::Rate,
        Some(408 | 425) => Class::Transient,
        // No such path, in words that are no API's: the channel's address is wrong, which is not the caller's doing.
        Some(404 | 405) if !is_error_object => Class::Transient,
        Some(400..=499) => Class::Caller,
        _ => Class::Transient,
    }
}

/// A refusal of ours as a whole body in the caller's dialect. OpenAI carries the request's id in a header only.
pub fn refusal_body(dialect: Dialect, refusal: &Refusal, request_id: &str) -> Bytes {
    (cells(dialect).refusal_body)(refusal, request_id)
}

/// A refusal of ours as an event, after a stream's content has begun.
pub fn refusal_event(dialect: Dialect, refusal: &Refusal, request_id: &str) -> Bytes {
    (cells(dialect).refusal_event)(refusal, request_id)
}
