//! How long requests took: histograms, from which percentiles are read. Sums of them are exact, also over groups and slots.

use super::{
    Filter,
    filter::Where,
    group::{GroupBy, Of, Terms},
    pieces::{Source, pieces},
};
use crate::{
    db::Tx,
    drain::{
        durations::{LATENCY, TTFT},
        minutes::KEPT_US,
        rollup::MINUTE_US,
    },
    error::{Error, Result},
    rollups::{Axis, HOUR_US, Span},
    time,
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

impl Durations {
    /// Adds another's.
    pub fn add(&mut self, other: &Self) {
        self.latency.merge(&other.latency);
        self.ttft.merge(&other.ttft);
    }
}

pub async fn durations(tx: &mut Tx, filter: &Filter, groups: &[GroupBy]) -> Result<HashMap<Of, Durations>> {
    let kept = time::now_us() - KEPT_US + HOUR_US;
    let length = |us: i64| if Span::Hour.slot(us) >= kept { MINUTE_US } else { HOUR_US };
    let up = |us: i64| us.saturating_add(length(us) - 1).div_euclid(length(us)) * length(us);
    let filter = Filter {
        from_us: filter.from_us.map(|us| us.div_euclid(length(us)) * length(us)),
        to_us: filter.to_us.map(up),
        status: None,
        errors: false,
        ..filter.clone()
    };
    let mut found: HashMap<Of, Durations> = HashMap::new();
    let terms = Terms::new(groups, "slot_us");
    for piece in pieces(tx, &filter, groups, Axis::of_durations).await? {
        let own = Filter { from_us: Some(piece.from_us), to_us: Some(piece.to_us), ..filter.clone() };
        let mut wanted = Where::new(tx.is_sqlite(), &own, "slot_us");
        let rows = if let Source::Rolled(axis, span) = piece.source {
            wanted.add("axis = ", Some(axis.id()));
            wanted.add("span = ", Some(span.id()));
            let before = format!("SELECT {}what, counts FROM usage_rollup_durations", terms.select());
            tx.fetch_all(wanted.sql(&before, "")).await?
        } else {
            // They are by the minute or by the hour; shorter than an hour and older than minutes, an hour has to do.
            wanted.add("span_us = ", Some(if piece.source == Source::Minutes { MINUTE_US } else { HOUR_US }));
            let counts = "CAST(bucket AS TEXT) || ':' || CAST(CAST(SUM(requests) AS BIGINT) AS TEXT) AS counts";
            let before = format!("SELECT {}what, {counts}, bucket FROM usage_durations", terms.select());
            tx.fetch_all(wanted.sql(&before, &terms.group_by_and("what, bucket"))).await?
        };
        for row in &rows {
            let durations = found.entry(terms.read(row)?).or_default();
            let histogram = match row.int("what")? {
                LATENCY => &mut durations.latency,
                TTFT => &mut durations.ttft,
                _ => continue,
            };
            add(histogram, &row.text("counts")?)?;
        }
    }
    Ok(found)
}

/// Adds `bucket:requests` with commas between.
fn add(histogram: &mut Histogram, counts: &str) -> Result<()> {
    for pair in counts.split(',') {
        let (bucket, requests) = pair.split_once(':').ok_or(Error::Corrupt("counts"))?;
        let requests = requests.parse().map_err(|_| Error::Corrupt("counts"))?;
        histogram.add(bucket.parse().map_err(|_| Error::Corrupt("counts"))?, requests);
    }
    Ok(())
}
