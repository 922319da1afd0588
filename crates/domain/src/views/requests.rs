//! Requests: the log with its filters, and one request with why it cost what it cost.

use super::{RequestLine, Span, Timeline, nothing};
use crate::{
    ids::{KeyId, RequestId},
    money::NanoUsd,
    route::Decided,
};
use serde::{Deserialize, Serialize};

/// Which requests are asked for. What is `None` does not matter.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestFilter {
    /// The public model.
    pub model: Option<String>,
    /// The status the caller saw.
    pub status: Option<u16>,
    /// The key.
    pub key: Option<KeyId>,
    /// Only errors.
    pub errors: bool,
    /// When; `None`: ever.
    pub span: Option<Span>,
    /// The page: only requests before this one.
    pub before: Option<RequestId>,
}

/// One page of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestPage {
    /// Newest first.
    pub lines: Vec<RequestLine>,
    /// What the next page begins before; `None` at the end.
    pub next: Option<RequestId>,
    /// The models in the log's scope that can be filtered by.
    pub models: Vec<String>,
    /// What happened when, of everything that fits: over the range asked for, or the last day.
    pub timeline: Timeline,
}

/// One kind of unit of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitLine {
    /// `input`, `cache_read`, …
    pub kind: String,
    /// How many.
    pub count: u64,
    /// USD per million, as a decimal; empty where the price has none of its own for it.
    pub price: String,
}

/// One try on one channel. For those who run the place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TryLine {
    /// The channel's name.
    pub channel: String,
    /// The upstream's status; 0: no answer.
    pub status: u16,
    /// The error class; empty: it served.
    pub error: String,
    /// Microseconds from the request's start.
    pub start_us: u64,
    /// Microseconds it took.
    pub took_us: u64,
    /// What it cost us although it failed.
    pub cost: NanoUsd,
}

/// One request with everything its viewer may know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestDetail {
    /// The line of the log.
    pub line: RequestLine,
    /// The tenant's name.
    pub tenant: String,
    /// The key's name.
    pub key: String,
    /// The caller's dialect.
    pub dialect: String,
    /// Whether a stream was asked for.
    pub stream: bool,
    /// How it ended.
    pub end_state: String,
    /// The code of the error; empty without one.
    pub error_code: String,
    /// What was counted, and at which price.
    pub units: Vec<UnitLine>,
    /// Who counted.
    pub usage_source: String,
    /// The version of the sale price.
    pub price_version: String,
    /// Its tier and the group's multiplier, where they are not as usual: `above=200000;multiplier=1.2`.
    #[serde(default, skip_serializing_if = "nothing")]
    pub terms: String,
    /// The most it could have cost.
    pub hold: NanoUsd,
    /// To the first meaningful byte, in microseconds.
    pub ttft_us: Option<u64>,
    /// Spent in the relay itself, in microseconds.
    pub overhead_us: u64,
    /// The caller's own id.
    pub client_request_id: Option<String>,
    /// For those who run the place: what it cost us, without the tries that failed.
    pub cost_to_us: Option<NanoUsd>,
    /// What cached input would have cost more without a cache; `None`: nothing was read from one, or it has no price of its own.
    pub saved: Option<NanoUsd>,
    /// For those who run the place: why this channel.
    pub decision: Option<Decided>,
    /// For those who run the place: every try.
    pub tries: Option<Vec<TryLine>>,
}
