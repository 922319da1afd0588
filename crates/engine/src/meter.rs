//! Counts a running stream: what the provider reported, else what was seen, with the family's vocabulary. Text is
//! tokenised once, in pieces, and only when somebody asks.
#![deny(clippy::float_arithmetic)]

use crate::quote::{Bounds, OUTPUT_STEP};
use bytes::Bytes;
use domain::{
    dialect::Dialect,
    usage::{Usage, UsageSource},
};
use protocol::{
    count::{Counter, Family, request_tokens},
    stream::StreamTap,
};
use tokio_util::task::TaskTracker;

/// Bodies up to this many bytes are counted in place; larger ones on the blocking pool.
const COUNT_IN_PLACE: usize = 16 << 10;
/// Text kept for counting before it is encoded, in bytes.
const MAX_PENDING: usize = 16 << 10;

/// The count of one stream.
pub(crate) struct Meter {
    family: Family,
    counter: Option<Counter>,
    pending: String,
    output_bytes: u64,
    input: Option<u64>,
    output_held: u64,
    output_bound: u64,
    /// Output bytes below which no extension can be due.
    quiet_until: u64,
}

impl Meter {
    pub fn new(model: &str, bounds: &Bounds) -> Self {
        Self {
            family: Family::of(model),
            counter: None,
            pending: String::new(),
            output_bytes: 0,
            input: None,
            output_held: bounds.output_held,
            output_bound: bounds.output,
            quiet_until: eighty_percent(bounds.output_held),
        }
    }

    /// Takes the text that came since the last call.
    pub fn take_text(&mut self, tap: &mut StreamTap) {
        let text = tap.take_output_text();
        self.output_bytes = self.output_bytes.saturating_add(text.len() as u64);
        if self.pending.is_empty() {
            self.pending = text;
        } else {
            self.pending.push_str(&text);
        }
        if self.pending.len() > MAX_PENDING {
            self.counted_output();
        }
    }

    fn counted_output(&mut self) -> u64 {
        let counter = self.counter.get_or_insert_with(|| Counter::new(self.family.clone()));
        counter.push(&self.pending);
        self.pending.clear();
        counter.count()
    }

    /// How many more output tokens must be held now, if any: the output has come within a fifth of what is held.
    pub fn extension_due(&mut self) -> Option<u64> {
        if self.output_bytes < self.quiet_until || self.output_held >= self.output_bound {
            return None;
        }
        let counted = self.counted_output();
        let mark = eighty_percent(self.output_held);
        if counted < mark {
            // A token is at least a byte.
            self.quiet_until = self.output_bytes + (mark - counted);
            return None;
        }
        Some(OUTPUT_STEP.min(self.output_bound - self.output_held))
    }

    /// The extension was granted.
    pub fn extended(&mut self, by: u64) {
        self.output_held = self.output_held.saturating_add(by);
    }

    /// The usage so far: as reported once the report is final, else counted.
    pub async fn usage(
        &mut self,
        tap: &mut StreamTap,
        dialect: Dialect,
        body: &Bytes,
        tracker: &TaskTracker,
    ) -> (Usage, UsageSource) {
        let reported = tap.reported();
        if tap.reported_is_final()
            && let Some(usage) = reported
        {
            return (usage, UsageSource::Reported);
        }
        self.take_text(tap);
        let mut usage = reported.unwrap_or_default();
        usage.output = usage.output.max(self.counted_output());
        if usage.input == 0 && usage.cache_read == 0 && usage.cache_write() == 0 {
            usage.input = self.counted_input(dialect, body, tracker).await;
        }
        (usage, self.family.source())
    }

    async fn counted_input(&mut self, dialect: Dialect, body: &Bytes, tracker: &TaskTracker) -> u64 {
        if let Some(counted) = self.input {
            return counted;
        }
        let counted = count_input(self.family.clone(), dialect, body, tracker).await;
        self.input = Some(counted);
        counted
    }
}

fn eighty_percent(tokens: u64) -> u64 {
    tokens / 5 * 4
}

/// The tokens of a request's text.
pub(crate) async fn count_input(family: Family, dialect: Dialect, body: &Bytes, tracker: &TaskTracker) -> u64 {
    if body.len() <= COUNT_IN_PLACE {
        return request_tokens(dialect, body, family);
    }
    let body = body.clone();
    tracker.spawn_blocking(move || request_tokens(dialect, &body, family)).await.unwrap_or(0)
}
