//! Reads an error body of whatever server: `{"error": {…}}`, `{"error": "…"}`, `{"object": "error", …}`, `{"detail": …}`,
//! a list of one of these, or no JSON at all. Not on the hot path, so it reads a whole document.

use serde_json::Value;

/// What an error body says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ErrorText {
    pub message: String,
    pub kind: Option<String>,
    pub code: Option<String>,
    pub param: Option<String>,
    pub request_id: Option<String>,
    /// A status told in the body.
    pub status: Option<u16>,
    /// When it can be asked again, as Google tells it: `34.07s`.
    pub retry_delay: Option<String>,
    /// Whether there was an error object at all.
    pub is_object: bool,
}

impl ErrorText {
    pub fn read(body: &[u8]) -> Self {
        match serde_json::from_slice::<Value>(body) {
            Ok(document) => Self::of(&document),
            Err(_) => Self::default(),
        }
    }

    fn of(document: &Value) -> Self {
        let document = match document {
            Value::Array(all) => all.first().unwrap_or(&Value::Null),
            other => other,
        };
        let error = match document.get("error") {
            Some(inner @ Value::Object(_)) => inner,
            Some(Value::String(message)) => {
                return Self { message: message.clone(), is_object: true, ..Self::default() };
            }
            _ => document,
        };
        let text = |name: &str| error.get(name).and_then(word);
        let message =
            text("message").or_else(|| document.get("detail").map(|it| word(it).unwrap_or_else(|| it.to_string())));
        let code = text("code");
        let status = [error.get("code"), error.get("status"), document.get("status")].into_iter().flatten();
        let status = status.filter_map(Value::as_u64).find(|status| (100..600).contains(status));
        Self {
            is_object: message.is_some(),
            message: message.unwrap_or_default(),
            // Google's word for a kind is its status.
            kind: text("type").or_else(|| error.get("status").and_then(Value::as_str).map(str::to_owned)),
            retry_delay: retry_delay(error),
            code,
            param: text("param"),
            request_id: document.get("request_id").and_then(word),
            status: status.and_then(|status| u16::try_from(status).ok()),
        }
    }
}

/// `google.rpc.RetryInfo` among the details.
fn retry_delay(error: &Value) -> Option<String> {
    let details = error.get("details")?.as_array()?;
    details.iter().find_map(|detail| detail.get("retryDelay").and_then(word))
}

/// A text or number as text.
fn word(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
