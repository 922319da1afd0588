//! What the first page shows: operations to those who run the place, a tenant's own to its members.

use super::{Percentiles, RequestLine, Slot, Span, Timeline, WalletView};
use crate::{ids::ChannelId, money::NanoUsd};
use serde::{Deserialize, Serialize};

/// How one channel does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelHealth {
    /// Which.
    pub id: ChannelId,
    /// What people call it.
    pub name: String,
    /// What is at the other end.
    pub provider: String,
    /// Whether requests go to it.
    pub enabled: bool,
    /// Requests it answered in the range.
    pub requests: u64,
    /// Of those, failures.
    pub failed: u64,
    /// Requests of the last five minutes.
    pub recent: u64,
    /// Of those, failures.
    pub recent_failed: u64,
    /// How long its answers took.
    pub latency: Option<Percentiles>,
    /// How long their first tokens took.
    pub ttft: Option<Percentiles>,
    /// What it cost us in the range.
    pub cost: NanoUsd,
}

/// The place at a glance, for those who run it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operations {
    /// The range that was asked for.
    pub span: Span,
    /// What happened when.
    pub timeline: Timeline,
    /// Since midnight, UTC.
    pub today: Slot,
    /// Every channel, those that are on first.
    pub channels: Vec<ChannelHealth>,
    /// Models that a channel carries and that have no price.
    pub without_price: u64,
    /// Models that sell for less than they cost.
    pub below_cost: u64,
    /// Requests that ended on this node and are not posted yet.
    pub backlog: u64,
    /// Requests that run on this node.
    pub running: u64,
    /// The newest errors of the last seven days.
    pub errors: Vec<RequestLine>,
}

/// A tenant at a glance, for its members.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TenantHome {
    /// Its wallet; `None`: not for the viewer.
    pub wallet: Option<WalletView>,
    /// Since midnight, UTC.
    pub today: Slot,
    /// The last 24 hours.
    pub day: Timeline,
    /// This month so far by the day, UTC.
    pub month: Timeline,
    /// The same by model: name, and what was charged a day.
    pub models: Vec<(String, Vec<NanoUsd>)>,
    /// What was charged over the last seven whole days.
    pub week: NanoUsd,
    /// Whole days of that: fewer where the tenant is younger.
    pub week_days: u32,
    /// Days of this month.
    pub month_days: u32,
    /// The newest errors of the last seven days.
    pub errors: Vec<RequestLine>,
}
