//! Channels, as those who run the place see them.

use crate::{ids::ChannelId, money::NanoUsd};
use serde::{Deserialize, Serialize};

/// One channel in the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelLine {
    /// Which.
    pub id: ChannelId,
    /// What people call it.
    pub name: String,
    /// What is at the other end.
    pub provider: String,
    /// Where.
    pub base_url: String,
    /// Its credentials: name and last four characters.
    pub credentials: Vec<(String, String)>,
    /// The models it carries, by public name.
    pub models: Vec<String>,
    /// Higher comes first.
    pub priority: i32,
    /// Its share among equals.
    pub weight: u32,
    /// Whether requests go to it.
    pub enabled: bool,
    /// How it does.
    pub health: Health,
}

/// Requests that a channel answered over some time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Served {
    /// How many.
    pub requests: u64,
    /// Of those, failures.
    pub failed: u64,
}

/// How a channel does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// Over the last five minutes.
    pub recent: Served,
    /// Over the last hour.
    pub hour: Served,
    /// Over the last 24 hours.
    pub day: Served,
    /// Half of its first tokens took no longer, in microseconds; of the last 24 hours.
    pub ttft_p50: Option<u64>,
    /// 95 % of its answers took no longer, in microseconds; of the last 24 hours.
    pub latency_p95: Option<u64>,
    /// What it cost us since midnight, UTC.
    pub cost_today: NanoUsd,
}

/// What order a channel has among the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelOrder {
    /// Higher comes first.
    pub priority: i32,
    /// Its share among equals.
    pub weight: u32,
}

/// What is heard while a channel is tested.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum TestNews {
    /// More of the answer.
    Text(String),
    /// It is over.
    Over(ChannelTested),
}

/// How a test of a channel went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelTested {
    /// The model that was asked, by its upstream name.
    pub model: String,
    /// The upstream's status; `None`: no answer came.
    pub status: Option<u16>,
    /// Milliseconds to the end of the answer, or to the failure.
    pub latency_ms: u64,
    /// Milliseconds to the first token; `None`: there was none.
    pub first_token_ms: Option<u64>,
    /// Output tokens the upstream reported.
    pub output_tokens: Option<u64>,
    /// What it cost us; `None`: the upstream reported no usage, or what it takes is not known.
    pub cost: Option<NanoUsd>,
    /// What went wrong; `None`: a whole answer came.
    pub error: Option<String>,
}
