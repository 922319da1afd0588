//! An upstream's own 4xx about the request, for the caller: the same bytes if they are of its dialect, hold nothing but
//! that dialect's fields and no name that must stay hidden; else written again without those.

use super::{ErrorText, scrub::scrub};
use crate::dialects::cells;
use bytes::Bytes;
use domain::dialect::Dialect;
use serde_json::{Map, Value};

/// What an error object may hold to be passed on as it is.
const ERROR_KEYS: [&str; 4] = ["message", "type", "param", "code"];
/// What a caller is told when the upstream said nothing readable.
const NO_MESSAGE: &str = "The model's provider refused the request without saying why.";

/// The body for the caller. Names of accounts, organisations, projects, keys, people and hosts are cut out.
pub fn relay_caller_error(upstream: Dialect, caller: Dialect, status: u16, body: &[u8]) -> Bytes {
    let cells = cells(caller);
    if upstream == caller && is_plain(body, cells.error_keys) {
        return Bytes::copy_from_slice(body);
    }
    let mut error = ErrorText::read(body);
    for text in [&mut error.kind, &mut error.code, &mut error.param, &mut error.request_id] {
        *text = text.take().map(|text| scrub(&text).into_owned());
    }
    error.message = match error.message.as_str() {
        "" => NO_MESSAGE.to_owned(),
        message => scrub(message).into_owned(),
    };
    if upstream != caller {
        // Another vocabulary's words: the status says it in the caller's.
        error.kind = None;
    }
    (cells.error_body)(status, &error)
}

/// Whether a body is the dialect's error object, with no field that may name somebody and no name in its texts.
fn is_plain(body: &[u8], more_keys: &[&str]) -> bool {
    let Ok(Value::Object(document)) = serde_json::from_slice::<Value>(body) else { return false };
    let Some(Value::Object(error)) = document.get("error") else { return false };
    error.get("message").is_some_and(Value::is_string)
        && holds_only(error, &ERROR_KEYS)
        && document.iter().all(|(key, value)| key == "error" || (more_keys.contains(&key.as_str()) && is_clean(value)))
}

fn holds_only(error: &Map<String, Value>, keys: &[&str]) -> bool {
    error.iter().all(|(key, value)| (value.is_null() || keys.contains(&key.as_str())) && is_clean(value))
}

/// Whether a value is a plain text or nothing, without a name in it.
fn is_clean(value: &Value) -> bool {
    match value {
        Value::String(text) => matches!(scrub(text), std::borrow::Cow::Borrowed(_)),
        Value::Null | Value::Bool(_) | Value::Number(_) => true,
        Value::Array(_) | Value::Object(_) => false,
    }
}
