//! Fields that every dialect has, judged after the pass over the body.

use super::{BadRequest, MAX_OUTPUT_TOKENS, Scalar, Span, Walk};

/// The model's name and where it stands.
pub(crate) fn model(walk: &Walk<'_>) -> Result<(String, Span), BadRequest> {
    let Some(raw) = walk.model else {
        return Err(BadRequest::new("The field `model` is missing."));
    };
    match serde_json::from_str::<String>(raw.get()) {
        Ok(name) if name.trim().is_empty() => Err(BadRequest::new("The field `model` is empty.")),
        Ok(name) => Ok((name, walk.span(raw))),
        Err(_) => Err(BadRequest::new("The field `model` must be a string.")),
    }
}

/// That there is a list of messages.
pub(crate) fn messages(walk: &Walk<'_>) -> Result<(), BadRequest> {
    match walk.messages {
        Scalar::List => Ok(()),
        Scalar::Absent => Err(BadRequest::new("The field `messages` is missing.")),
        _ => Err(BadRequest::new("The field `messages` must be an array.")),
    }
}

/// A switch; off where it is missing or null.
pub(crate) fn switch(name: &str, value: Scalar) -> Result<bool, BadRequest> {
    match value {
        Scalar::Bool(on) => Ok(on),
        Scalar::Absent | Scalar::Null => Ok(false),
        _ => Err(BadRequest::new(format!("The field `{name}` must be true or false."))),
    }
}

/// A limit on output tokens, if there is one.
pub(crate) fn limit(name: &str, value: Scalar) -> Result<Option<u64>, BadRequest> {
    match value {
        Scalar::Whole(tokens) if tokens <= MAX_OUTPUT_TOKENS => Ok(Some(tokens)),
        Scalar::Absent | Scalar::Null => Ok(None),
        _ => Err(BadRequest::new(format!("The field `{name}` must be a whole number from 0 to {MAX_OUTPUT_TOKENS}."))),
    }
}
