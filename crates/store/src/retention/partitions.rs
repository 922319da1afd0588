//! PostgreSQL's partitions of `usage_events`, a month each.
//!
//! Every lock here is waited for briefly: who cannot have it at once (a reconciliation reads everything) tries again at the
//! next turn, and meanwhile nobody queues behind.

use super::freeze::{Rows, reach};
use crate::{
    db::{Db, Row, Sql, Tx},
    error::{Error, Result},
};

/// How long a lock is waited for.
const PATIENCE: &str = "SET LOCAL lock_timeout = '500ms'";

/// Partitions with both bounds; the default one has none.
const LIST: &str = "SELECT name, CAST(bounds[1] AS BIGINT) AS from_us, CAST(bounds[2] AS BIGINT) AS to_us FROM ( \
    SELECT CAST(c.relname AS TEXT) AS name, regexp_match(pg_get_expr(c.relpartbound, c.oid), \
    'FROM \\(''?(-?\\d+)''?\\) TO \\(''?(-?\\d+)''?\\)') AS bounds FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid \
    WHERE i.inhparent = to_regclass('usage_events')) AS partitions WHERE bounds IS NOT NULL ORDER BY to_us";

/// One partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Partition {
    name: String,
    from_us: i64,
    /// Its rows are from before this.
    pub to_us: i64,
}

fn partition(row: &Row) -> Result<Partition> {
    Ok(Partition { name: row.text("name")?, from_us: row.int("from_us")?, to_us: row.int("to_us")? })
}

/// Those that end by then, the oldest first.
pub(super) async fn until(db: &Db, cutoff_us: i64) -> Result<Vec<Partition>> {
    let all: Vec<Partition> = db.fetch_all(Sql::new(LIST)).await?.iter().map(partition).collect::<Result<_>>()?;
    Ok(all.into_iter().filter(|it| it.to_us <= cutoff_us).collect())
}

async fn is_taken(tx: &mut Tx, from_us: i64, to_us: i64) -> Result<bool> {
    let all: Vec<Partition> = tx.fetch_all(Sql::new(LIST)).await?.iter().map(partition).collect::<Result<_>>()?;
    Ok(all.iter().any(|it| it.from_us < to_us && it.to_us > from_us))
}

/// Makes a month's partition unless there is one; whether it did. Rows that were there before it move into it.
pub(super) async fn make(db: &Db, from_us: i64, to_us: i64) -> Result<bool> {
    let mut tx = db.begin_patient().await?;
    if is_taken(&mut tx, from_us, to_us).await? {
        return Ok(false);
    }
    tx.execute(Sql::new(PATIENCE)).await?;
    // Against other nodes that make it; whoever reads or writes goes on.
    tx.execute(Sql::new("LOCK TABLE ONLY usage_events IN SHARE UPDATE EXCLUSIVE MODE")).await?;
    if is_taken(&mut tx, from_us, to_us).await? {
        return Ok(false);
    }
    let name = name(from_us)?;
    let range = format!("time_us >= {from_us} AND time_us < {to_us}");
    for text in [
        format!("CREATE TABLE {name} (LIKE usage_events INCLUDING ALL)"),
        "LOCK TABLE usage_events_default IN ACCESS EXCLUSIVE MODE".to_owned(),
        format!(
            "WITH moved AS (DELETE FROM usage_events_default WHERE {range} RETURNING *) INSERT INTO {name} SELECT * FROM moved"
        ),
        format!("ALTER TABLE usage_events ATTACH PARTITION {name} FOR VALUES FROM ({from_us}) TO ({to_us})"),
    ] {
        tx.execute(Sql::built(text)).await?;
    }
    tx.commit().await?;
    Ok(true)
}

/// `usage_events_2026_11`.
fn name(from_us: i64) -> Result<String> {
    let time = jiff::Timestamp::from_microsecond(from_us).map_err(|_| Error::Corrupt("time_us"))?;
    Ok(time.strftime("usage_events_%Y_%m").to_string())
}

/// Freezes a partition and drops it; how many rows it had.
pub(super) async fn freeze(db: &Db, old: &Partition) -> Result<u64> {
    let mut tx = db.begin_patient().await?;
    tx.execute(Sql::new(PATIENCE)).await?;
    reach(&mut tx, old.to_us).await?;
    let rows = Rows { table: &old.name, before_us: old.to_us, last: None };
    let before = rows.count(&mut tx).await?;
    rows.freeze(&mut tx).await?;
    // Summing took its time, and a row may have come late. From here on none does; with as many as before, all were summed.
    tx.execute(Sql::new("LOCK TABLE ONLY usage_events IN ACCESS EXCLUSIVE MODE")).await?;
    if rows.count(&mut tx).await? != before {
        return Ok(0);
    }
    tx.execute(Sql::built(format!("DROP TABLE {}", old.name))).await?;
    tx.commit().await?;
    Ok(before.unsigned_abs())
}
