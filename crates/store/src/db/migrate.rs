//! Numbered scripts from `migrations/`, embedded, applied once each, in order, in one transaction.
//!
//! Expand, then contract: a script only adds what an older build can live with, so a database with *more* scripts than
//! this build knows is accepted (a rolling upgrade); one whose applied script differs is refused.

use super::{Db, Sql};
use crate::error::{Error, Result};
use crate::{sql, time};
use sha2::{Digest as _, Sha256};

/// Number, SQLite's text, PostgreSQL's text. The newest is last.
const MIGRATIONS: &[(i64, &str, &str)] = &[
    (
        1,
        include_str!("../../../../migrations/sqlite/0001_catalog.sql"),
        include_str!("../../../../migrations/postgres/0001_catalog.sql"),
    ),
    (
        2,
        include_str!("../../../../migrations/sqlite/0002_money.sql"),
        include_str!("../../../../migrations/postgres/0002_money.sql"),
    ),
    (
        3,
        include_str!("../../../../migrations/sqlite/0003_roles.sql"),
        include_str!("../../../../migrations/postgres/0003_roles.sql"),
    ),
    (
        4,
        include_str!("../../../../migrations/sqlite/0004_minutes.sql"),
        include_str!("../../../../migrations/postgres/0004_minutes.sql"),
    ),
    (
        5,
        include_str!("../../../../migrations/sqlite/0005_key_secrets.sql"),
        include_str!("../../../../migrations/postgres/0005_key_secrets.sql"),
    ),
    (
        6,
        include_str!("../../../../migrations/sqlite/0006_responses.sql"),
        include_str!("../../../../migrations/postgres/0006_responses.sql"),
    ),
    (
        7,
        include_str!("../../../../migrations/sqlite/0007_routing.sql"),
        include_str!("../../../../migrations/postgres/0007_routing.sql"),
    ),
    (
        8,
        include_str!("../../../../migrations/sqlite/0008_alerts.sql"),
        include_str!("../../../../migrations/postgres/0008_alerts.sql"),
    ),
    (
        9,
        include_str!("../../../../migrations/sqlite/0009_alert_urls.sql"),
        include_str!("../../../../migrations/postgres/0009_alert_urls.sql"),
    ),
    (
        10,
        include_str!("../../../../migrations/sqlite/0010_prices.sql"),
        include_str!("../../../../migrations/postgres/0010_prices.sql"),
    ),
    (
        11,
        include_str!("../../../../migrations/sqlite/0011_topups.sql"),
        include_str!("../../../../migrations/postgres/0011_topups.sql"),
    ),
    (
        12,
        include_str!("../../../../migrations/sqlite/0012_statements.sql"),
        include_str!("../../../../migrations/postgres/0012_statements.sql"),
    ),
    (
        13,
        include_str!("../../../../migrations/sqlite/0013_partitions.sql"),
        include_str!("../../../../migrations/postgres/0013_partitions.sql"),
    ),
    (
        14,
        include_str!("../../../../migrations/sqlite/0014_budgets.sql"),
        include_str!("../../../../migrations/postgres/0014_budgets.sql"),
    ),
    (
        16,
        include_str!("../../../../migrations/sqlite/0016_size.sql"),
        include_str!("../../../../migrations/postgres/0016_size.sql"),
    ),
    (
        17,
        include_str!("../../../../migrations/sqlite/0017_rollups.sql"),
        include_str!("../../../../migrations/postgres/0017_rollups.sql"),
    ),
    (
        20,
        include_str!("../../../../migrations/sqlite/0020_tenant_alerts.sql"),
        include_str!("../../../../migrations/postgres/0020_tenant_alerts.sql"),
    ),
    (
        21,
        include_str!("../../../../migrations/sqlite/0021_errors.sql"),
        include_str!("../../../../migrations/postgres/0021_errors.sql"),
    ),
    (
        22,
        include_str!("../../../../migrations/sqlite/0022_requests.sql"),
        include_str!("../../../../migrations/postgres/0022_requests.sql"),
    ),
    (
        24,
        include_str!("../../../../migrations/sqlite/0024_attempts.sql"),
        include_str!("../../../../migrations/postgres/0024_attempts.sql"),
    ),
];

/// Any fixed number: only one node migrates at a time (`pg_advisory_xact_lock`).
const LOCK: i64 = 0x7475_726e_7069_6b65;

pub(super) async fn migrate(db: &Db) -> Result<()> {
    // An index over a large table takes its time.
    let mut tx = db.begin_patient().await?;
    if !tx.is_sqlite() {
        tx.fetch_all(sql!("SELECT pg_advisory_xact_lock($1)", LOCK)).await?;
    }
    tx.execute(Sql::new(
        "CREATE TABLE IF NOT EXISTS schema_migrations \
         (number BIGINT PRIMARY KEY, checksum TEXT NOT NULL, applied BIGINT NOT NULL)",
    ))
    .await?;
    for (number, sqlite, postgres) in MIGRATIONS {
        let script = if tx.is_sqlite() { sqlite } else { postgres };
        let checksum = format!("{:x}", Sha256::digest(script.as_bytes()));
        let applied =
            tx.fetch_optional(sql!("SELECT checksum FROM schema_migrations WHERE number = $1", *number)).await?;
        match applied {
            Some(row) if row.text(0)? == checksum => {}
            Some(_) => return Err(Error::Migration(*number)),
            None => {
                tx.script(script).await?;
                tx.execute(sql!(
                    "INSERT INTO schema_migrations VALUES ($1, $2, $3)",
                    *number,
                    checksum,
                    time::now_us()
                ))
                .await?;
            }
        }
    }
    tx.commit().await
}
