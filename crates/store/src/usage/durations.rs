//! How long requests took: histograms, from which percentiles are read. Sums of them are exact, also over groups and slots.

use super::{
    Filter,
    filter::Where,
    group::{GroupBy, Of, Terms},
    source::Source,
};
use crate::{
    db::Tx,
    drain::{
        durations::{LATENCY, TTFT},
        rollup::{HOUR_US, MINUTE_US},
    },
    error::Result,
};
use domain::histogram::Histogram;
use std::collections::HashMap;

/// Of one group.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Durations {
    /// Of whole answers.
    pub latency: Histogram,
    /// To their first tokens.
    pub ttft: Histogram,
}

pub async fn durations(tx: &mut Tx, filter: &Filter, groups: &[GroupBy]) -> Result<HashMap<Of, Durations>> {
    let minute = |us: i64| us.div_euclid(MINUTE_US) * MINUTE_US;
    let filter = Filter { from_us: filter.from_us.map(minute), status: None, errors: false, ..filter.clone() };
    let span = if Source::of(&filter, groups) == Source::Minutes { MINUTE_US } else { HOUR_US };
    let terms = Terms::new(groups, "slot_us");
    let mut wanted = Where::new(&filter, "slot_us");
    wanted.add("span_us = ", Some(span));
    let before = format!(
        "SELECT {}what, bucket, CAST(SUM(requests) AS BIGINT) AS requests FROM usage_durations",
        terms.select()
    );
    let rows = tx.fetch_all(wanted.sql(&before, &terms.group_by(2))).await?;
    let mut found: HashMap<Of, Durations> = HashMap::new();
    for row in &rows {
        let durations = found.entry(terms.read(row)?).or_default();
        let histogram = match row.int("what")? {
            LATENCY => &mut durations.latency,
            TTFT => &mut durations.ttft,
            _ => continue,
        };
        let bucket = usize::try_from(row.int("bucket")?).unwrap_or(usize::MAX);
        histogram.add(bucket, u64::try_from(row.int("requests")?).unwrap_or(0));
    }
    Ok(found)
}
