//! Rows into the sums of their days.

use super::DAY_US;
use crate::{
    db::{Db, Row, Sql, Tx, Value},
    error::Result,
    sql,
};

/// Rows of one transaction: it keeps SQLite's one writer for some ten milliseconds.
const BATCH: i64 = 1_000;
/// Batches of one call.
const BATCHES: usize = 300;

/// What a day sums, each from a row.
const SUMS: [(&str, &str); 18] = [
    ("requests", "1"),
    ("errors", "CASE WHEN status >= 400 OR status = 0 THEN 1 ELSE 0 END"),
    ("limited", "CASE WHEN status = 429 THEN 1 ELSE 0 END"),
    ("left_early", "CASE WHEN status = 499 THEN 1 ELSE 0 END"),
    ("failed", "CASE WHEN status >= 500 OR status = 0 THEN 1 ELSE 0 END"),
    ("input", "input"),
    ("cache_read", "cache_read"),
    ("cache_write_5m", "cache_write_5m"),
    ("cache_write_1h", "cache_write_1h"),
    ("output", "output"),
    ("reasoning", "reasoning"),
    ("audio_input", "audio_input"),
    ("audio_output", "audio_output"),
    ("image_input", "image_input"),
    ("image_output", "image_output"),
    ("web_searches", "web_searches"),
    ("sale", "sale"),
    ("cost", "cost"),
];

/// Rows of a table: those before a time, and of these, where there are many, those up to a place.
#[derive(Debug)]
pub(super) struct Rows<'a> {
    /// The table, or the partition.
    pub table: &'a str,
    /// Before this.
    pub before_us: i64,
    /// The last one; `None`: all.
    pub last: Option<(i64, Vec<u8>)>,
}

impl Rows<'_> {
    /// A statement whose `{table}` and `{rows}` are these.
    fn sql(&self, text: &str) -> Sql {
        let rows =
            if self.last.is_some() { "time_us < $1 AND (time_us, request_id) <= ($2, $3)" } else { "time_us < $1" };
        let sql = Sql::built(text.replace("{table}", self.table).replace("{rows}", rows)).bind(self.before_us);
        match &self.last {
            Some((time_us, request)) => sql.bind(*time_us).bind(Value::Bytes(Some(request.clone()))),
            None => sql,
        }
    }

    /// How many there are.
    pub async fn count(&self, tx: &mut Tx) -> Result<i64> {
        tx.fetch_one(self.sql("SELECT COUNT(*) FROM {table} WHERE {rows}")).await?.int(0)
    }

    /// Adds them to their days. Whoever calls takes the rows away in the same transaction, and lets no other in between.
    pub async fn freeze(&self, tx: &mut Tx) -> Result<()> {
        let list = |of: &dyn Fn(&str, &str) -> String| SUMS.map(|(name, what)| of(name, what)).join(", ");
        let days = format!(
            "INSERT INTO usage_days (day_us, tenant, key_id, model, channel, {}) \
             SELECT time_us / {DAY_US} * {DAY_US} AS day, tenant, key_id, model, COALESCE(channel, 0) AS answered, {} \
             FROM {{table}} WHERE {{rows}} GROUP BY 1, 2, 3, 4, 5 \
             ON CONFLICT (day_us, tenant, key_id, model, channel) DO UPDATE SET {}",
            list(&|name, _| name.to_owned()),
            list(&|_, what| format!("SUM({what})")),
            list(&|name, _| format!("{name} = usage_days.{name} + excluded.{name}")),
        );
        tx.execute(self.sql(&days)).await?;
        let charges = "INSERT INTO usage_frozen_charges (transfer, sale) SELECT transfer, SUM(sale) FROM {table} \
             JOIN transfers ON transfers.id = transfer WHERE {rows} AND sale > 0 \
             AND time >= (SELECT until_us FROM usage_frozen) \
             GROUP BY transfer ON CONFLICT (transfer) DO UPDATE SET sale = usage_frozen_charges.sale + excluded.sale";
        tx.execute(self.sql(charges)).await?;
        self.freeze_failed(tx).await
    }

    /// What failed attempts of these requests cost goes into their days too, and away.
    async fn freeze_failed(&self, tx: &mut Tx) -> Result<()> {
        let nothing = SUMS.map(|(name, _)| if name == "cost" { "SUM(cost)" } else { "0" });
        let theirs = "(time_us, request_id) IN (SELECT time_us, request_id FROM {table} WHERE {rows})";
        let days = format!(
            "INSERT INTO usage_days (day_us, tenant, key_id, model, channel, {}) \
             SELECT time_us / {DAY_US} * {DAY_US} AS day, tenant, key_id, model, channel, {} \
             FROM attempt_costs WHERE {theirs} GROUP BY 1, 2, 3, 4, 5 \
             ON CONFLICT (day_us, tenant, key_id, model, channel) DO UPDATE SET cost = usage_days.cost + excluded.cost",
            SUMS.map(|(name, _)| name).join(", "),
            nothing.join(", "),
        );
        tx.execute(self.sql(&days)).await?;
        tx.execute(self.sql(&format!("DELETE FROM attempt_costs WHERE {theirs}"))).await.map(drop)
    }
}

/// From now on days before `until_us` may hold sums. The row is locked: one freezes at a time.
pub(super) async fn reach(tx: &mut Tx, until_us: i64) -> Result<()> {
    let reach = "UPDATE usage_frozen SET until_us = CASE WHEN until_us < $1 THEN $1 ELSE until_us END";
    tx.execute(sql!(reach, until_us)).await?;
    // Transfers from before have no rows to be compared with any more.
    let past = "DELETE FROM usage_frozen_charges WHERE EXISTS (SELECT 1 FROM transfers WHERE id = transfer \
                AND time < (SELECT until_us FROM usage_frozen))";
    tx.execute(sql!(past)).await.map(drop)
}

/// Freezes rows from before `before_us` that are in no partition, batch by batch; how many.
pub(super) async fn rows(db: &Db, before_us: i64) -> Result<u64> {
    let mut frozen = 0;
    for _ in 0..BATCHES {
        let gone = batch(db, before_us).await?;
        frozen += gone;
        if gone < BATCH.unsigned_abs() {
            break;
        }
        tokio::task::yield_now().await;
    }
    Ok(frozen)
}

fn place(row: &Row) -> Result<(i64, Vec<u8>)> {
    Ok((row.int(0)?, row.bytes(1)?))
}

async fn batch(db: &Db, before_us: i64) -> Result<u64> {
    let table = if db.is_sqlite() { "usage_events" } else { "usage_events_default" };
    let any = Sql::built(format!("SELECT 1 FROM {table} WHERE time_us < $1 LIMIT 1")).bind(before_us);
    if db.fetch_optional(any).await?.is_none() {
        return Ok(0);
    }
    let mut tx = db.begin().await?;
    if !tx.is_sqlite() {
        // What is frozen is what is deleted: no row comes in between.
        tx.execute(Sql::new("LOCK TABLE usage_events_default IN SHARE ROW EXCLUSIVE MODE")).await?;
    }
    reach(&mut tx, before_us).await?;
    let last = format!(
        "SELECT time_us, request_id FROM {table} WHERE time_us < $1 ORDER BY time_us, request_id LIMIT 1 OFFSET {}",
        BATCH - 1
    );
    let last = tx.fetch_optional(Sql::built(last).bind(before_us)).await?.as_ref().map(place).transpose()?;
    let rows = Rows { table, before_us, last };
    rows.freeze(&mut tx).await?;
    let gone = tx.execute(rows.sql("DELETE FROM {table} WHERE {rows}")).await?;
    tx.commit().await?;
    Ok(gone)
}
