//! Sums per minute and per hour, by tenant, key, model and channel, added to in the transaction that posts the rows.

use super::{durations::Durations, failed::Failed, row, values::Shape};
use crate::{db::Value, journal::record::Settled, rollups::stale::Touched};
use domain::usage::Usage;
use std::collections::BTreeMap;

/// A minute, in microseconds.
pub const MINUTE_US: i64 = 60_000_000;
/// An hour, in microseconds.
pub const HOUR_US: i64 = 3_600_000_000;

/// What a sum is of: slot, tenant, key, model, channel (0: none). Sorted, so that all nodes lock rows in one order.
pub type Key = (i64, i64, i64, String, i64);

/// What is summed: requests, four kinds of errors, eleven kinds of units, sale, cost.
type Sums = [i64; SUMS];
const SUMS: usize = 18;

/// The INSERT that adds to a table, whose slots begin at the column named.
macro_rules! adding_to {
    ($table:literal, $slot:literal) => {
        Shape {
            before: concat!(
                "INSERT INTO ",
                $table,
                " (",
                $slot,
                ", tenant, key_id, model, channel, requests, errors, limited, left_early, failed, input, cache_read, \
                 cache_write_5m, cache_write_1h, output, reasoning, audio_input, audio_output, image_input, image_output, \
                 web_searches, sale, cost)"
            ),
            fixed: 0,
            columns: 23,
            after: adding_to!(@update $table, $slot: requests errors limited left_early failed input cache_read cache_write_5m
                cache_write_1h output reasoning audio_input audio_output image_input image_output web_searches sale; cost),
        }
    };
    (@update $table:literal, $slot:literal: $($column:ident)*; $last:ident) => {
        concat!(
            " ON CONFLICT (", $slot, ", tenant, key_id, model, channel) DO UPDATE SET ",
            $(stringify!($column), " = ", $table, ".", stringify!($column), " + excluded.", stringify!($column), ", ",)*
            stringify!($last), " = ", $table, ".", stringify!($last), " + excluded.", stringify!($last)
        )
    };
}

/// Adds to the sums by the minute.
pub const MINUTES: Shape = adding_to!("usage_minutes", "minute_us");
/// Adds to the sums by the hour.
pub const HOURS: Shape = adding_to!("usage_hours", "hour_us");

/// The sums of a batch.
#[derive(Debug, Default)]
pub struct Rollup {
    minutes: BTreeMap<Key, Sums>,
    hours: BTreeMap<Key, Sums>,
    durations: Durations,
    touched: Touched,
}

impl Rollup {
    /// Takes one row in.
    pub fn add(&mut self, end: &Settled) {
        let done = &end.settlement;
        let channel = done.channel.map_or(0, |channel| channel.0);
        self.touched.add(row::time_us(end.opened.request));
        self.sum(end, channel, sums(end));
        for span in [MINUTE_US, HOUR_US] {
            self.durations.add(span, &key(end, channel, span), done.latency_us, done.ttft_us);
        }
    }

    /// Takes an attempt in that failed: a cost of its channel, and no request.
    pub fn add_failed(&mut self, failed: &Failed<'_>) {
        let mut more = [0; SUMS];
        // The last one.
        more[SUMS - 1] = failed.cost;
        self.sum(failed.end, failed.channel.0, more);
    }

    fn sum(&mut self, end: &Settled, channel: i64, more: Sums) {
        for (slots, span) in [(&mut self.minutes, MINUTE_US), (&mut self.hours, HOUR_US)] {
            let sums = slots.entry(key(end, channel, span)).or_insert([0; SUMS]);
            sums.iter_mut().zip(more).for_each(|(sum, more)| *sum = sum.saturating_add(more));
        }
    }

    /// The rows to add, sorted: by the minute, by the hour, how long things took; and which slots that touches.
    pub(crate) fn into_rows(
        self,
    ) -> (impl ExactSizeIterator<Item = (Key, Sums)>, impl ExactSizeIterator<Item = (Key, Sums)>, Durations, Touched)
    {
        (self.minutes.into_iter(), self.hours.into_iter(), self.durations, self.touched)
    }
}

/// Where a request's sums go, by the minute or by the hour.
fn key(end: &Settled, channel: i64, span: i64) -> Key {
    let opened = &end.opened;
    let time = row::time_us(opened.request);
    (time.div_euclid(span) * span, opened.tenant.0, opened.key.0, opened.model.clone(), channel)
}

/// Whether a request counts as an error: the caller saw 400 or more, or nothing (its node died).
pub fn is_error(status: u16) -> bool {
    status >= 400 || status == 0
}

/// One row's values, in the order of the INSERTs.
pub fn values((key, sums): (Key, Sums), out: &mut Vec<Value>) {
    let (slot, tenant, api_key, model, channel) = key;
    out.extend([slot.into(), tenant.into(), api_key.into(), model.into(), channel.into()]);
    out.extend(sums.into_iter().map(Value::from));
}

/// What one request adds.
fn sums(end: &Settled) -> Sums {
    let done = &end.settlement;
    let status = done.status;
    let [limited, left, failed] = [status == 429, status == 499, status >= 500 || status == 0].map(i64::from);
    let [input, read, write_5m, write_1h, output, reasoning, audio_in, audio_out, image_in, image_out, searches] =
        units(&done.usage).map(|n| i64::try_from(n).unwrap_or(i64::MAX));
    [
        1,
        i64::from(is_error(status)),
        limited,
        left,
        failed,
        input,
        read,
        write_5m,
        write_1h,
        output,
        reasoning,
        audio_in,
        audio_out,
        image_in,
        image_out,
        searches,
        done.sale.0,
        done.cost.0,
    ]
}

fn units(usage: &Usage) -> [u64; 11] {
    [
        usage.input,
        usage.cache_read,
        usage.cache_write_5m,
        usage.cache_write_1h,
        usage.output,
        usage.reasoning,
        usage.audio_input,
        usage.audio_output,
        usage.image_input,
        usage.image_output,
        usage.web_searches,
    ]
}
