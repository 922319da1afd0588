//! Why a server function said no: travels to the browser as data, is worded for people in their language.

use crate::words::{Advice, Refused};
use http::StatusCode;
use leptos::server_fn::{
    codec::JsonEncoding,
    error::{FromServerFnError, ServerFnErrorErr},
};
use serde::{Deserialize, Serialize};

/// Why a server function said no.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Refusal {
    /// No such user, or not their password.
    Wrong,
    /// Too many failures.
    Throttled {
        /// Until the next try is looked at.
        seconds: u64,
    },
    /// The set-up link was used already, or never was one.
    LinkOver,
    /// Not an e-mail address.
    EmailInvalid,
    /// Under [`crate::session::PASSWORD_MIN`] characters.
    PasswordTooShort,
    /// There is no session, or it is over.
    SignedOut,
    /// Their role does not allow it.
    Forbidden,
    /// They look at no tenant, and this is about one.
    NoTenant,
    /// There is no such thing, or not for them.
    NotFound,
    /// A value is refused.
    Invalid {
        /// Which field.
        field: String,
        /// What is wrong with it.
        why: String,
    },
    /// It does not go with how things are.
    Conflict(String),
    /// The database did not answer.
    Unavailable {
        /// Of the request, as the server's log and the answer's `x-request-id` have it; empty where it is not known.
        id: String,
    },
    /// The request could not be read.
    Malformed,
    /// The server could not be reached.
    Unreachable,
}

impl Refusal {
    /// The database did not answer this request.
    pub fn unavailable() -> Self {
        #[cfg(feature = "ssr")]
        let id = crate::leptos_port::request_id();
        #[cfg(not(feature = "ssr"))]
        let id = String::new();
        Self::Unavailable { id }
    }

    /// With the field as the form calls it: these are what the management API calls its fields, and their labels.
    #[cfg(feature = "ssr")]
    #[must_use]
    pub fn labelled(self, labels: &[(&str, &str)]) -> Self {
        match self {
            Self::Invalid { field, why } => {
                let label = labels.iter().find(|(name, _)| *name == field).map(|(_, label)| (*label).to_owned());
                Self::Invalid { field: label.unwrap_or(field), why }
            }
            other => other,
        }
    }

    /// What whoever runs the place finds it by in the log.
    pub fn id(&self) -> Option<&str> {
        match self {
            Self::Unavailable { id } if !id.is_empty() => Some(id),
            _ => None,
        }
    }

    /// What happened, in a few words.
    pub fn what(&self, t: Refused) -> &'static str {
        match self {
            Self::Wrong => t.wrong(),
            Self::Throttled { .. } => t.throttled(),
            Self::LinkOver => t.link_over(),
            Self::EmailInvalid => t.email_invalid(),
            Self::PasswordTooShort => t.password_short(),
            Self::SignedOut => t.signed_out(),
            Self::Forbidden => t.forbidden(),
            Self::NoTenant => t.no_tenant(),
            Self::NotFound => t.not_found(),
            Self::Invalid { .. } => t.invalid(),
            Self::Conflict(_) => t.conflict(),
            Self::Unavailable { .. } => t.unavailable(),
            Self::Malformed => t.malformed(),
            Self::Unreachable => t.unreachable(),
        }
    }

    /// What to do about it.
    pub fn advice(&self, t: Advice) -> String {
        let fixed = match self {
            Self::Throttled { seconds } => match seconds.div_ceil(60) {
                0 | 1 => t.wait_a_minute(),
                minutes => return t.wait(minutes),
            },
            Self::PasswordTooShort => return t.password_short(crate::session::PASSWORD_MIN),
            Self::Invalid { field, why } => return t.invalid(field, why),
            Self::Conflict(why) => return t.conflict(why),
            Self::Wrong => t.wrong(),
            Self::LinkOver => t.link_over(),
            Self::EmailInvalid => t.email_invalid(),
            Self::SignedOut => t.signed_out(),
            Self::Forbidden => t.forbidden(),
            Self::NoTenant => t.no_tenant(),
            Self::NotFound => t.not_found(),
            Self::Unavailable { .. } => t.unavailable(),
            Self::Malformed => t.malformed(),
            Self::Unreachable => t.unreachable(),
        };
        fixed.to_owned()
    }
}

impl FromServerFnError for Refusal {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        match error {
            ServerFnErrorErr::Request(_) => Self::Unreachable,
            ServerFnErrorErr::ServerError(_) | ServerFnErrorErr::MiddlewareError(_) => Self::unavailable(),
            _ => Self::Malformed,
        }
    }

    fn status_code(&self) -> StatusCode {
        match self {
            Self::Wrong | Self::SignedOut => StatusCode::UNAUTHORIZED,
            Self::Throttled { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::LinkOver => StatusCode::GONE,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::NoTenant | Self::Conflict(_) => StatusCode::CONFLICT,
            Self::EmailInvalid | Self::PasswordTooShort | Self::Invalid { .. } => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Unavailable { .. } | Self::Unreachable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Malformed => StatusCode::BAD_REQUEST,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_survives_the_way_to_the_browser() {
        for refusal in [Refusal::Wrong, Refusal::Throttled { seconds: 61 }, Refusal::SignedOut] {
            assert_eq!(Refusal::de(refusal.ser().body), refusal);
        }
    }

    #[test]
    fn waiting_is_told_in_whole_minutes_never_too_few() {
        let t = Advice(crate::language::Language::English);
        assert_eq!(Refusal::Throttled { seconds: 59 }.advice(t), "Wait a minute, then try again.");
        assert_eq!(Refusal::Throttled { seconds: 61 }.advice(t), "Try again in 2 minutes.");
    }
}
