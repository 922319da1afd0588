//! A tenant's transfers, newest first, each with the balance after it.

use crate::{
    db::{Row, Tx},
    error::Result,
    sql,
};
use domain::{
    ids::{TenantId, TransferId},
    money::NanoUsd,
};

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

/// At most `limit` lines before line `before` (`None`: the newest).
pub(crate) async fn lines(tx: &mut Tx, tenant: TenantId, before: Option<i64>, limit: u32) -> Result<Vec<Line>> {
    let text = "SELECT t.line, t.id, t.time, t.kind, t.amount, t.reference, t.balance, a.kind AS credited \
                FROM transfers t JOIN accounts a ON a.id = t.credit_account \
                WHERE t.tenant = $1 AND t.line < $2 ORDER BY t.line DESC LIMIT $3";
    let rows = tx.fetch_all(sql!(text, tenant, before.unwrap_or(i64::MAX), limit)).await?;
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
