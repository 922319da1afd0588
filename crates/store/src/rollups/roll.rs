//! Makes the roll-ups of slots that are over.

use super::{Axis, HOUR_US, Span};
use crate::{
    db::{Db, Sql, Tx, Value},
    drain::values::{Bulk, Shape},
    error::Result,
    retention::{DAY_US, month_us},
    sql,
};
use std::collections::BTreeMap;

/// A slot counts as over so long after its end: what was answered in its last seconds is posted by then.
const GRACE_US: i64 = 60_000_000;
/// Slots that are looked for at once.
const MOST: i64 = 200;

/// What is kept of a slot, beside its dimensions.
const SUMS: [(&str, &str); 12] = [
    ("requests", "requests"),
    ("errors", "errors"),
    ("limited", "limited"),
    ("left_early", "left_early"),
    ("failed", "failed"),
    ("input", "input"),
    ("cache_read", "cache_read"),
    ("cache_write", "cache_write_5m + cache_write_1h"),
    ("output", "output"),
    ("reasoning", "reasoning"),
    ("sale", "sale"),
    ("cost", "cost"),
];

const INSERT_SUMS: Shape = Shape {
    before: "INSERT INTO usage_rollups (axis, span, slot_us, tenant, key_id, model, channel, requests, errors, limited, \
             left_early, failed, input, cache_read, cache_write, output, reasoning, sale, cost)",
    fixed: 0,
    columns: 19,
    after: "",
};
const INSERT_DURATIONS: Shape = Shape {
    before: "INSERT INTO usage_rollup_durations (axis, span, slot_us, tenant, key_id, model, channel, what, counts)",
    fixed: 0,
    columns: 9,
    after: "",
};

/// Rolls up some slots that are over and stale, the longest and newest first; how many. Call it until there are none.
///
/// # Errors
/// The database's. What was committed stays; the rest is as it was.
pub async fn keep(db: &Db, now_us: i64) -> Result<usize> {
    let (mut rolled, roller) = (0, Roller::new(db));
    for span in Span::ALL {
        // Begun before this, it is over.
        let begun = match span {
            Span::Hour => now_us - GRACE_US - HOUR_US + 1,
            Span::Day => now_us - GRACE_US - DAY_US + 1,
            Span::Month => month_us(now_us - GRACE_US, 0),
        };
        let text = "SELECT slot_us FROM usage_stale WHERE span = $1 AND slot_us < $2 ORDER BY slot_us DESC LIMIT $3";
        let mut runs: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
        for row in db.fetch_all(sql!(text, span.id(), begun, MOST)).await? {
            let slot_us = row.int(0)?;
            // The hours of a day are made in one go.
            let run = if span == Span::Hour { Span::Day.slot(slot_us) } else { slot_us };
            runs.entry(run).or_default().push(slot_us);
        }
        for mut slots in runs.into_values().rev() {
            slots.sort_unstable();
            rolled += roller.roll(span, &slots).await?;
            tokio::task::yield_now().await;
        }
    }
    Ok(rolled)
}

struct Roller<'a> {
    db: &'a Db,
    sums: Bulk,
    durations: Bulk,
}

/// Rows to write, by the slot they are of.
type Made = BTreeMap<i64, Vec<Vec<Value>>>;

impl<'a> Roller<'a> {
    fn new(db: &'a Db) -> Self {
        let bulk = |shape| Bulk::new(db.is_sqlite(), shape);
        Self { db, sums: bulk(INSERT_SUMS), durations: bulk(INSERT_DURATIONS) }
    }

    /// Rolls up slots of one run, sorted; how many. Those into which a batch was posted meanwhile stay stale.
    async fn roll(&self, span: Span, slots: &[i64]) -> Result<usize> {
        let (Some(first), Some(last)) = (slots.first(), slots.last()) else { return Ok(0) };
        let (from_us, to_us) = (*first, span.end(*last));
        // Read beside the drain, in one moment.
        let mut moment = self.db.snapshot().await?;
        let text = "SELECT slot_us, batch FROM usage_stale WHERE span = $1 AND slot_us >= $2 AND slot_us < $3";
        let seen = moment.fetch_all(sql!(text, span.id(), from_us, to_us)).await?;
        let seen: BTreeMap<i64, i64> = seen.iter().map(|row| Ok((row.int(0)?, row.int(1)?))).collect::<Result<_>>()?;
        let (mut sums, mut durations) = (Made::new(), Made::new());
        for axis in Axis::ALL {
            if axis.of_sums().contains(&span) {
                read(&mut moment, axis, span, summed(axis, span, from_us, to_us), SUMS.len(), &mut sums).await?;
            }
            if axis.of_durations().contains(&span) {
                read(&mut moment, axis, span, counted(axis, span, from_us, to_us), 0, &mut durations).await?;
            }
        }
        drop(moment);
        let mut tx = self.db.begin().await?;
        let mut rolled = 0;
        let (mut new_sums, mut new_durations) = (Vec::new(), Vec::new());
        for (slot_us, batch) in seen {
            let fresh = "DELETE FROM usage_stale WHERE span = $1 AND slot_us = $2 AND batch = $3";
            if tx.execute(sql!(fresh, span.id(), slot_us, batch)).await? == 0 {
                continue;
            }
            for table in ["usage_rollups", "usage_rollup_durations"] {
                for axis in Axis::ALL {
                    let old = format!("DELETE FROM {table} WHERE axis = $1 AND span = $2 AND slot_us = $3");
                    tx.execute(Sql::built(old).bind(axis.id()).bind(span.id()).bind(slot_us)).await?;
                }
            }
            new_sums.extend(sums.remove(&slot_us).unwrap_or_default());
            new_durations.extend(durations.remove(&slot_us).unwrap_or_default());
            rolled += 1;
        }
        let row = |row: Vec<Value>, out: &mut Vec<Value>| out.extend(row);
        let sums = self.sums.statements(&[], new_sums.into_iter(), row);
        let durations = self.durations.statements(&[], new_durations.into_iter(), row);
        for statement in sums.into_iter().chain(durations) {
            tx.execute(statement).await?;
        }
        tx.commit().await?;
        Ok(rolled)
    }
}

/// The slot of a row whose hour is `time`.
fn slot(span: Span, time: &str, from_us: i64) -> String {
    if span == Span::Hour { time.to_owned() } else { format!("CAST({from_us} AS BIGINT)") }
}

fn summed(axis: Axis, span: Span, from_us: i64, to_us: i64) -> Sql {
    let sums = SUMS.map(|(name, what)| format!("CAST(SUM({what}) AS BIGINT) AS {name}")).join(", ");
    let text = format!(
        "SELECT {} AS slot, {}, {sums} FROM usage_hours WHERE hour_us >= $1 AND hour_us < $2 GROUP BY 1, 2, 3, 4, 5",
        slot(span, "hour_us", from_us),
        axis.columns(),
    );
    Sql::built(text).bind(from_us).bind(to_us)
}

fn counted(axis: Axis, span: Span, from_us: i64, to_us: i64) -> Sql {
    let text = format!(
        "SELECT slot, tenant, key_id, model, channel, what, \
         string_agg(CAST(bucket AS TEXT) || ':' || CAST(requests AS TEXT), ',') AS counts FROM ( \
         SELECT {} AS slot, {}, what, bucket, CAST(SUM(requests) AS BIGINT) AS requests FROM usage_durations \
         WHERE span_us = {HOUR_US} AND slot_us >= $1 AND slot_us < $2 GROUP BY 1, 2, 3, 4, 5, 6, 7) AS buckets \
         GROUP BY 1, 2, 3, 4, 5, 6",
        slot(span, "slot_us", from_us),
        axis.columns(),
    );
    Sql::built(text).bind(from_us).bind(to_us)
}

/// Reads rows as they are to be written: with `sums` numbers after the dimensions, or with which duration and its counts.
async fn read(moment: &mut Tx, axis: Axis, span: Span, sql: Sql, sums: usize, made: &mut Made) -> Result<()> {
    for row in moment.fetch_all(sql).await? {
        let slot_us = row.int("slot")?;
        let mut values = vec![Value::from(axis.id()), span.id().into(), slot_us.into()];
        values.extend([row.int("tenant")?.into(), row.int("key_id")?.into()]);
        values.extend([row.text("model")?.into(), row.int("channel")?.into()]);
        if sums == 0 {
            values.extend([row.int("what")?.into(), row.text("counts")?.into()]);
        }
        for (name, _) in SUMS.iter().take(sums) {
            values.push(row.int(*name)?.into());
        }
        made.entry(slot_us).or_default().push(values);
    }
    Ok(())
}
