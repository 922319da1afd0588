//! Why a caller gets no answer: the codes of the relay API, with their status. `protocol` writes them in each dialect.

use std::{borrow::Cow, time::Duration};

/// A code of the relay API's error table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Code {
    /// Malformed body, or a parameter the target cannot take.
    InvalidRequest,
    /// Missing, unknown, expired or revoked key.
    InvalidApiKey,
    /// The wallet cannot cover the hold.
    InsufficientBalance,
    /// Model, endpoint or address outside the key's scope.
    NotAllowed,
    /// The tenant is frozen.
    TenantFrozen,
    /// No such model for this key.
    ModelNotFound,
    /// No such path.
    NotFound,
    /// Over `relay.max_body`.
    RequestTooLarge,
    /// Our own limits.
    RateLimitExceeded,
    /// Every candidate's upstream was at its limit.
    UpstreamRateLimited,
    /// Every candidate failed.
    UpstreamError,
    /// Every credential of every candidate was refused.
    UpstreamCredentialsExhausted,
    /// No enabled channel carries the model.
    NoChannelAvailable,
    /// Past a bound of work in flight, or the journal has no room.
    Overloaded,
    /// Every candidate was too slow.
    UpstreamTimeout,
    /// A defect of ours.
    Internal,
}

impl Code {
    /// The HTTP status.
    pub fn status(self) -> u16 {
        match self {
            Self::InvalidRequest => 400,
            Self::InvalidApiKey => 401,
            Self::InsufficientBalance => 402,
            Self::NotAllowed | Self::TenantFrozen => 403,
            Self::ModelNotFound | Self::NotFound => 404,
            Self::RequestTooLarge => 413,
            Self::RateLimitExceeded | Self::UpstreamRateLimited => 429,
            Self::UpstreamError | Self::UpstreamCredentialsExhausted => 502,
            Self::NoChannelAvailable | Self::Overloaded => 503,
            Self::UpstreamTimeout => 504,
            Self::Internal => 500,
        }
    }

    /// The code as callers see it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::InvalidApiKey => "invalid_api_key",
            Self::InsufficientBalance => "insufficient_balance",
            Self::NotAllowed => "not_allowed",
            Self::TenantFrozen => "tenant_frozen",
            Self::ModelNotFound => "model_not_found",
            Self::NotFound => "not_found",
            Self::RequestTooLarge => "request_too_large",
            Self::RateLimitExceeded => "rate_limit_exceeded",
            Self::UpstreamRateLimited => "upstream_rate_limited",
            Self::UpstreamError => "upstream_error",
            Self::UpstreamCredentialsExhausted => "upstream_credentials_exhausted",
            Self::NoChannelAvailable => "no_channel_available",
            Self::Overloaded => "overloaded",
            Self::UpstreamTimeout => "upstream_timeout",
            Self::Internal => "internal_error",
        }
    }
}

/// A refusal on its way to the caller. The message is for the caller: it never names an upstream host, credential or
/// account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The code, which fixes the status.
    pub code: Code,
    /// What happened and what to do, for a person.
    pub message: Cow<'static, str>,
    /// When to come back.
    pub retry_after: Option<Duration>,
    /// The limit of ours that was met.
    pub limit: Option<LimitMet>,
}

/// A limit in a minute of which nothing is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LimitMet {
    /// `requests` or `tokens`.
    pub what: &'static str,
    /// How many in a minute.
    pub limit: u32,
}

impl Refusal {
    /// A refusal without a time to come back.
    pub fn new(code: Code, message: impl Into<Cow<'static, str>>) -> Self {
        Self { code, message: message.into(), retry_after: None, limit: None }
    }

    /// The same, telling when to come back.
    pub fn retry_after(mut self, after: Duration) -> Self {
        self.retry_after = Some(after);
        self
    }
}
