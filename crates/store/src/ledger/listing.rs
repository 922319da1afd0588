//! A tenant's transfers, newest first, each with the balance after it.

use crate::{
    db::{Db, Row, Sql, Tx},
    error::Result,
};
use domain::{
    ids::{TenantId, TransferId},
    money::NanoUsd,
};
use std::ops::RangeInclusive;

/// One line of a wallet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its number in the wallet, from 1: the cursor of the next page.
    pub line: i64,
    /// The transfer.
    pub id: TransferId,
    /// When, in microseconds since 1970.
    pub time_us: i64,
    /// `usage`, `adjustment`, `writeoff`, …
    pub kind: String,
    /// Positive: to the wallet; negative: from it.
    pub amount: NanoUsd,
    /// What it was for.
    pub reference: String,
    /// Posted after it.
    pub balance: NanoUsd,
}

/// Of a transfer `t` that touches a wallet, with what its credit account is.
const SELECT: &str = "SELECT t.line, t.id, t.time, t.kind, t.amount, t.reference, t.balance, a.kind AS credited \
                      FROM transfers t JOIN accounts a ON a.id = t.credit_account WHERE t.tenant = $1";

/// At most `limit` of the lines in `range`, oldest first. `more` is a further condition in SQL, text of the source.
pub(crate) async fn ascending(
    db: &Db,
    tenant: TenantId,
    range: RangeInclusive<i64>,
    more: &str,
    limit: u32,
) -> Result<Vec<Line>> {
    let text = format!("{SELECT} AND t.line >= $2 AND t.line <= $3{more} ORDER BY t.line LIMIT $4");
    let select = Sql::built(text).bind(tenant).bind(*range.start()).bind(*range.end()).bind(limit);
    db.fetch_all(select).await?.iter().map(line).collect()
}

/// At most `limit` lines before line `before` (`None`: the newest).
pub(crate) async fn lines(tx: &mut Tx, tenant: TenantId, before: Option<i64>, limit: u32) -> Result<Vec<Line>> {
    let select = Sql::built(format!("{SELECT} AND t.line < $2 ORDER BY t.line DESC LIMIT $3"));
    let rows = tx.fetch_all(select.bind(tenant).bind(before.unwrap_or(i64::MAX)).bind(limit)).await?;
    rows.iter().map(line).collect()
}

fn line(row: &Row) -> Result<Line> {
    let amount = NanoUsd(row.int("amount")?);
    Ok(Line {
        line: row.int("line")?,
        id: TransferId(row.int("id")?),
        time_us: row.int("time")?,
        kind: row.text("kind")?,
        amount: if row.text("credited")? == "wallet" { amount } else { -amount },
        reference: row.text("reference")?,
        balance: NanoUsd(row.int("balance")?),
    })
}
