//! What happened when: one line a slot, for charts.

use super::{Window, nothing};
use crate::money::NanoUsd;
use serde::{Deserialize, Serialize};

/// What happened in one slot.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Slot {
    /// Requests.
    #[serde(skip_serializing_if = "nothing")]
    pub requests: u64,
    /// Of those, with an error: 400 and more, and no answer.
    #[serde(skip_serializing_if = "nothing")]
    pub errors: u64,
    /// Of the errors, refused by a limit (429).
    #[serde(skip_serializing_if = "nothing")]
    pub limited: u64,
    /// Of the errors, callers who left (499).
    #[serde(skip_serializing_if = "nothing")]
    pub left_early: u64,
    /// Of the errors, failures of ours or of every upstream (500 and more, and no answer).
    #[serde(skip_serializing_if = "nothing")]
    pub failed: u64,
    /// Input tokens without cache.
    #[serde(skip_serializing_if = "nothing")]
    pub input: u64,
    /// Tokens read from a cache, and written to one.
    #[serde(skip_serializing_if = "nothing")]
    pub cached: u64,
    /// Output tokens.
    #[serde(skip_serializing_if = "nothing")]
    pub output: u64,
    /// What was charged.
    #[serde(skip_serializing_if = "nothing")]
    pub spend: NanoUsd,
    /// What it cost us; zero where that is not for the viewer.
    #[serde(skip_serializing_if = "nothing")]
    pub cost: NanoUsd,
    /// How long answers took; `None`: there were none.
    #[serde(skip_serializing_if = "nothing")]
    pub latency: Option<Percentiles>,
    /// How long their first tokens took; `None`: there were none.
    #[serde(skip_serializing_if = "nothing")]
    pub ttft: Option<Percentiles>,
}

/// Percentiles in microseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Percentiles {
    /// Half took no longer.
    pub p50: u64,
    /// 95 % took no longer.
    pub p95: u64,
    /// 99 % took no longer.
    pub p99: u64,
}

impl Percentiles {
    /// Of a histogram; `None` of an empty one.
    pub fn of(histogram: &crate::histogram::Histogram) -> Option<Self> {
        let at = |per_mille| histogram.percentile_us(per_mille);
        Some(Self { p50: at(500)?, p95: at(950)?, p99: at(990)? })
    }
}

impl Slot {
    /// Errors that are the caller's: neither a limit, nor a leaver, nor a failure.
    pub fn refused(&self) -> u64 {
        self.errors.saturating_sub(self.limited).saturating_sub(self.left_early).saturating_sub(self.failed)
    }

    /// Answered without an error.
    pub fn fine(&self) -> u64 {
        self.requests.saturating_sub(self.errors)
    }

    /// Tokens of every kind.
    pub fn tokens(&self) -> u64 {
        self.input.saturating_add(self.cached).saturating_add(self.output)
    }

    /// The part of the input that came from or went to a cache is `cached`; all of it is this.
    pub fn all_input(&self) -> u64 {
        self.input.saturating_add(self.cached)
    }
}

/// A range of slots, their sum, and the sum over as long before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timeline {
    /// The range.
    pub window: Window,
    /// One for each of its slots, in order.
    pub slots: Vec<Slot>,
    /// All of it, with percentiles of all of it.
    pub total: Slot,
    /// The same over as long before.
    pub before: Slot,
}
