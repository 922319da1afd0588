//! What reconciliations found, kept for whoever looks later: comparing everything takes minutes where there is much.

use super::Report;
use crate::{
    change::to_json,
    db::Db,
    error::{Error, Result},
    ids, sql,
};

/// How long they are kept, in microseconds: 90 days.
const KEPT_US: i64 = 90 * 86_400_000_000;

/// Keeps what was found; reports that are too old go.
///
/// # Errors
/// The database's.
pub async fn keep(db: &Db, report: &Report) -> Result<()> {
    let mut tx = db.begin().await?;
    let insert = "INSERT INTO reconciliations (id, time, report) VALUES ($1, $2, $3)";
    tx.execute(sql!(insert, ids::next(), report.time_us, to_json(report)?)).await?;
    tx.execute(sql!("DELETE FROM reconciliations WHERE time < $1", report.time_us - KEPT_US)).await?;
    tx.commit().await
}

/// What the last one found; `None`: there was none yet.
///
/// # Errors
/// The database's.
pub async fn last(db: &Db) -> Result<Option<Report>> {
    let text = "SELECT report FROM reconciliations ORDER BY time DESC, id DESC LIMIT 1";
    let Some(row) = db.fetch_optional(sql!(text)).await? else { return Ok(None) };
    serde_json::from_str(&row.text(0)?).map(Some).map_err(|_| Error::Corrupt("report"))
}
