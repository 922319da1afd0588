//! How many requests took how long, per minute and per hour: what percentiles are read from.

use super::{rollup::Key, values::Shape};
use crate::db::Value;
use domain::histogram::bucket_of;
use std::collections::BTreeMap;

/// The whole answer.
pub const LATENCY: i64 = 0;
/// To its first token.
pub const TTFT: i64 = 1;

/// The INSERT that adds.
pub const SHAPE: Shape = Shape {
    before: "INSERT INTO usage_durations (span_us, slot_us, tenant, key_id, model, channel, what, bucket, requests)",
    fixed: 0,
    columns: 9,
    after: " ON CONFLICT (span_us, slot_us, tenant, key_id, model, channel, what, bucket) DO UPDATE SET \
             requests = usage_durations.requests + excluded.requests",
};

/// The length of the slot, what it is of, which duration, which bucket. Sorted, as the sums are.
type Place = (i64, Key, i64, i64);

/// The counts of a batch.
#[derive(Debug, Default)]
pub struct Durations {
    counts: BTreeMap<Place, i64>,
}

impl Durations {
    /// Takes one request in, in the slot that `key` begins with.
    pub fn add(&mut self, span: i64, key: &Key, latency_us: u64, ttft_us: Option<u64>) {
        for (what, us) in [(LATENCY, Some(latency_us)), (TTFT, ttft_us)] {
            let Some(bucket) = us.and_then(|us| i64::try_from(bucket_of(us)).ok()) else { continue };
            *self.counts.entry((span, key.clone(), what, bucket)).or_default() += 1;
        }
    }

    /// The rows to add.
    pub fn into_rows(self) -> impl ExactSizeIterator<Item = (Place, i64)> {
        self.counts.into_iter()
    }
}

/// One row's values, in the order of [`SHAPE`].
pub fn values((place, requests): (Place, i64), out: &mut Vec<Value>) {
    let (span, (slot, tenant, key, model, channel), what, bucket) = place;
    out.extend([span.into(), slot.into(), tenant.into(), key.into(), model.into(), channel.into()]);
    out.extend([what.into(), bucket.into(), requests.into()]);
}
