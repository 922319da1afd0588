//! The record of one request: what the journal keeps and what becomes a row of `usage_events`.
//!
//! A journal's records outlive the build that wrote them, and their encoding has no names: a field that comes later is
//! `#[serde(skip)]` here and written beside the record by the journal (`store::journal::record::Addition`).

use crate::{
    dialect::Dialect,
    ids::{ChannelId, CredentialId, KeyId, PriceId, RequestId, TenantId},
    money::NanoUsd,
    usage::{Usage, UsageSource},
};
use serde::{Deserialize, Serialize};

/// What is known when a request is admitted; enough to charge it after a crash, together with a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opened {
    /// Which request.
    pub request: RequestId,
    /// Who pays.
    pub tenant: TenantId,
    /// With which key.
    pub key: KeyId,
    /// The public name of the model.
    pub model: String,
    /// The caller's dialect.
    pub dialect: Dialect,
    /// Whether a stream was asked for.
    pub stream: bool,
    /// The sale price it was quoted with.
    pub sale_price: PriceId,
    /// The rates of that version, as the CSV writes them.
    pub unit_prices: String,
    /// Set aside for it.
    pub hold: NanoUsd,
}

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndState {
    /// The whole answer came and went.
    Complete,
    /// An error before any content; nothing is charged.
    Failed,
    /// The upstream broke off after content.
    Cut,
    /// The caller left; the upstream was read to its end.
    ClientGone,
    /// The caller left and the upstream was cancelled.
    Cancelled,
    /// The wallet could not cover more of the answer.
    OutOfFunds,
    /// The node died; charged at the last checkpoint.
    Interrupted,
}

impl EndState {
    /// The word in databases, CSV and API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Failed => "failed",
            Self::Cut => "cut",
            Self::ClientGone => "client_gone",
            Self::Cancelled => "cancelled",
            Self::OutOfFunds => "out_of_funds",
            Self::Interrupted => "interrupted",
        }
    }
}

/// A count of a running request, so that a crash loses little.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// Which request.
    pub request: RequestId,
    /// The channel that answers.
    pub channel: Option<ChannelId>,
    /// The credential it answers with.
    pub credential: Option<CredentialId>,
    /// The cost price in force.
    pub cost_price: Option<PriceId>,
    /// Counted so far.
    pub usage: Usage,
    /// What that comes to for the tenant.
    pub sale: NanoUsd,
    /// What that comes to for us.
    pub cost: NanoUsd,
    /// Attempts so far.
    pub attempts: u32,
    /// The rates of `sale` as the CSV writes them, where they are not those of [`Opened::unit_prices`].
    #[serde(skip)]
    pub unit_prices: Option<Box<str>>,
}

/// One try on one channel and credential.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// Where.
    pub channel: ChannelId,
    /// With which credential.
    pub credential: Option<CredentialId>,
    /// The upstream's status, 0 when there was no answer.
    pub status: u16,
    /// The error class, empty when it served.
    pub error: String,
    /// Microseconds from the request's start to the attempt's.
    pub start_us: u64,
    /// Microseconds it took, to its end or failure.
    pub took_us: u64,
    /// What it used all the same, where it failed.
    #[serde(skip)]
    pub spent: Option<Box<Spent>>,
}

/// What a try that failed has used, as its upstream told before it failed. Never the caller's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spent {
    /// What it told.
    pub usage: Usage,
    /// The cost price applied.
    pub cost_price: Option<PriceId>,
    /// What that costs us.
    pub cost: NanoUsd,
}

/// How a request ended and what it comes to. With its [`Opened`], a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settlement {
    /// How it ended.
    pub end_state: EndState,
    /// The HTTP status the caller saw.
    pub status: u16,
    /// The code of the error, empty when none.
    pub error_code: String,
    /// The channel that answered last.
    pub channel: Option<ChannelId>,
    /// Its credential.
    pub credential: Option<CredentialId>,
    /// The cost price applied.
    pub cost_price: Option<PriceId>,
    /// What was used.
    pub usage: Usage,
    /// Who counted.
    pub usage_source: UsageSource,
    /// What the tenant is charged.
    pub sale: NanoUsd,
    /// What it costs us.
    pub cost: NanoUsd,
    /// Microseconds from the request's first byte to the answer's last.
    pub latency_us: u64,
    /// Microseconds to the first meaningful byte, where there was one.
    pub ttft_us: Option<u64>,
    /// Microseconds of those that were spent here.
    pub overhead_us: u64,
    /// Every try, in order.
    pub attempts: Vec<Attempt>,
    /// Why this channel: the candidates in the order they would be tried.
    pub decision: String,
    /// The caller's own id for the request, where it sent one (`x-client-request-id`).
    pub client_request_id: Option<String>,
    /// The rates of `sale` as the CSV writes them, where they are not those of [`Opened::unit_prices`].
    #[serde(skip)]
    pub unit_prices: Option<Box<str>>,
}

impl Settlement {
    /// Tries that failed and used something all the same, by their places.
    pub fn spent(&self) -> impl Iterator<Item = (usize, &Attempt, &Spent)> {
        let all = self.attempts.iter().enumerate();
        all.filter_map(|(place, attempt)| Some((place, attempt, attempt.spent.as_deref()?)))
    }

    /// What those cost us together.
    pub fn spent_in_vain(&self) -> NanoUsd {
        self.spent().fold(NanoUsd::ZERO, |sum, (.., spent)| sum.saturating_add(spent.cost))
    }
}
