//! Why the sandbox refuses a request. Each dialect writes it in its provider's own shape.

use http::StatusCode;

/// A refusal, in no dialect.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Fault {
    /// The body is not what the dialect's reference says.
    #[error("{message}")]
    Malformed {
        /// What is wrong, naming the field.
        message: String,
        /// The field, where one is known.
        param: Option<&'static str>,
    },
    /// The body is over the sandbox's limit.
    #[error("the request is too large")]
    TooLarge,
    /// The sandbox has no such model.
    #[error("no model {0}")]
    UnknownModel(String),
    /// Nothing is served there.
    #[error("no such path")]
    UnknownPath {
        /// Method and path, as the caller wrote them.
        asked: String,
    },
    /// `sandbox/fail-<status>` was asked for.
    #[error("asked to fail with {0}")]
    AskedFor(StatusCode),
}

impl Fault {
    /// A malformed body, at this field.
    pub(crate) fn at(param: &'static str, message: impl Into<String>) -> Self {
        Self::Malformed { message: message.into(), param: Some(param) }
    }

    /// A body that cannot be read at all.
    pub(crate) fn unreadable(error: &serde_json::Error) -> Self {
        Self::Malformed { message: error.to_string(), param: None }
    }

    /// The HTTP status.
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::Malformed { .. } => StatusCode::BAD_REQUEST,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnknownModel(_) | Self::UnknownPath { .. } => StatusCode::NOT_FOUND,
            Self::AskedFor(status) => *status,
        }
    }
}
