//! Roll-ups against the hours that they are made of, slot by slot; what is stale is not compared.

use super::Report;
use crate::{
    db::{Sql, Tx},
    error::Result,
    rollups::{Axis, Span},
};
use std::collections::{BTreeMap, BTreeSet};

/// Requests, sale, cost and units.
type Sums = [i64; 4];

/// What they are called, and whether they are money.
const NAMES: [(&str, bool); 4] = [("requests", false), ("sale", true), ("cost", true), ("units", false)];

/// No more differences are listed; there may be many.
const LISTED: usize = 20;
const COLUMNS: &str = "CAST(SUM(requests) AS BIGINT), CAST(SUM(sale) AS BIGINT), CAST(SUM(cost) AS BIGINT)";

/// Compares them in the caller's snapshot.
pub(super) async fn compare(tx: &mut Tx, report: &mut Report) -> Result<()> {
    let stale = "SELECT span, slot_us FROM usage_stale";
    let stale = tx.fetch_all(Sql::new(stale)).await?;
    let stale: BTreeSet<(i64, i64)> = stale.iter().map(|row| Ok((row.int(0)?, row.int(1)?))).collect::<Result<_>>()?;
    let hours = format!(
        "SELECT hour_us, {COLUMNS}, CAST(SUM(input + cache_read + cache_write_5m + cache_write_1h + output) AS BIGINT) \
         FROM usage_hours GROUP BY hour_us"
    );
    let mut expected: [BTreeMap<i64, Sums>; 3] = Default::default();
    for row in tx.fetch_all(Sql::built(hours)).await? {
        for (span, slots) in Span::ALL.into_iter().zip(&mut expected) {
            let sums = slots.entry(span.slot(row.int(0)?)).or_default();
            for (column, sum) in sums.iter_mut().enumerate() {
                *sum = sum.saturating_add(row.int(column + 1)?);
            }
        }
    }
    let rolled = format!(
        "SELECT axis, span, slot_us, {COLUMNS}, CAST(SUM(input + cache_read + cache_write + output) AS BIGINT) \
         FROM usage_rollups GROUP BY axis, span, slot_us"
    );
    let mut found: BTreeMap<(i64, i64, i64), Sums> = BTreeMap::new();
    for row in tx.fetch_all(Sql::built(rolled)).await? {
        let sums = [row.int(3)?, row.int(4)?, row.int(5)?, row.int(6)?];
        found.insert((row.int(0)?, row.int(1)?, row.int(2)?), sums);
    }
    let mut told = 0;
    for axis in Axis::ALL {
        for (span, slots) in Span::ALL.into_iter().zip(&expected) {
            if !axis.of_sums().contains(&span) {
                continue;
            }
            let ours = found.range((axis.id(), span.id(), i64::MIN)..=(axis.id(), span.id(), i64::MAX));
            let ours: BTreeMap<i64, Sums> = ours.map(|((.., slot), sums)| (*slot, *sums)).collect();
            for slot in slots.keys().chain(ours.keys()).collect::<BTreeSet<_>>() {
                let sums = |of: &BTreeMap<i64, Sums>| of.get(slot).copied().unwrap_or_default();
                let (expected, found) = (sums(slots), sums(&ours));
                if expected == found || stale.contains(&(span.id(), *slot)) || told == LISTED {
                    continue;
                }
                told += 1;
                for (((name, money), expected), found) in NAMES.into_iter().zip(expected).zip(found) {
                    let of = format!("{name} of the roll-up {axis:?} of the {span:?} from {slot}, against its hours");
                    report.expect(of, money, expected, found);
                }
            }
        }
    }
    Ok(())
}
