//! Statements: a frozen bill for a tenant and month.
//!
//! A statement covers a range of its wallet's lines ([`crate::ledger::listing`]): from the line after the statement before it
//! to the last one whose time is before the month's end when it is frozen. So each line is on exactly one, what is posted
//! late goes to the next by itself, and the sums are the ledger's by construction. A month without lines has none: the
//! balance stands on the one before. Months that were missed are frozen in their order.
//!
//! Months are those of the tenant's zone, as it is when they are frozen. A tenant that moves has no month twice and leaves no
//! line out: months only go forward, and lines know no zone.

#![deny(clippy::float_arithmetic)]

mod csv;
mod draft;
mod freeze;
mod month;
mod rows;
mod running;

pub use csv::{COLUMNS, csv};
pub use month::Month;
pub use running::Running;

use crate::{
    Store,
    db::{Row, Sql},
    error::{Error, Result},
    ledger::listing,
    sql,
    words::{Listing, Page},
};
use domain::{
    ids::{KeyId, StatementId, TenantId},
    money::NanoUsd,
    usage::Usage,
};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// Who a statement is from, as it is printed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issuer {
    /// The house's name.
    pub name: String,
    /// Its address, a line each.
    pub address: String,
    /// Its tax number, and what else the law wants on a bill.
    pub tax: String,
}

/// How statements are made out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Letterhead {
    /// Who they are from.
    pub issuer: Issuer,
    /// What stands before their numbers.
    pub prefix: String,
}

/// A frozen bill.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Statement {
    /// Which.
    pub id: StatementId,
    /// Its number, as it is printed.
    pub label: String,
    /// Whose.
    pub tenant: TenantId,
    /// `2026-10`.
    pub month: String,
    /// The zone that the month is of.
    pub zone: String,
    /// When the month begins, in microseconds since 1970.
    pub from_us: i64,
    /// When it ends.
    pub to_us: i64,
    /// The first of the wallet's lines on it.
    pub first_line: i64,
    /// The last.
    pub last_line: i64,
    /// The balance before them.
    pub opening: NanoUsd,
    /// The balance after them.
    pub closing: NanoUsd,
    /// What the tenant was called.
    pub billed_to: String,
    /// Who it is from.
    pub issuer: Issuer,
    /// When it was frozen, in microseconds since 1970.
    pub created_us: i64,
}

/// What a model was used for with a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageLine {
    /// The public model; empty: requests that are no longer kept.
    pub model: String,
    /// The key.
    pub key: Option<KeyId>,
    /// What the key was called.
    pub key_name: String,
    /// Charged requests.
    pub requests: i64,
    /// What they used; cache writes of either length are in `cache_write_5m`.
    pub usage: Usage,
    /// What they were charged: positive.
    pub amount: NanoUsd,
}

/// Statements. From [`Store::statements`].
#[derive(Debug, Clone, Copy)]
pub struct Statements<'a>(pub(crate) &'a Store);

const SELECT: &str = "SELECT id, label, tenant, month, zone, from_us, to_us, first_line, last_line, opening, closing, \
                      billed_to, issuer, created FROM statements";

fn statement(row: &Row) -> Result<Statement> {
    Ok(Statement {
        id: StatementId(row.int("id")?),
        label: row.text("label")?,
        tenant: TenantId(row.int("tenant")?),
        month: row.text("month")?,
        zone: row.text("zone")?,
        from_us: row.int("from_us")?,
        to_us: row.int("to_us")?,
        first_line: row.int("first_line")?,
        last_line: row.int("last_line")?,
        opening: NanoUsd(row.int("opening")?),
        closing: NanoUsd(row.int("closing")?),
        billed_to: row.text("billed_to")?,
        issuer: serde_json::from_str(&row.text("issuer")?).map_err(|_| Error::Corrupt("issuer"))?,
        created_us: row.int("created")?,
    })
}

impl Statements<'_> {
    /// One statement.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn get(self, id: StatementId) -> Result<Statement> {
        let row = self.0.db().fetch_optional(Sql::built(format!("{SELECT} WHERE id = $1")).bind(id)).await?;
        row.as_ref().map_or(Err(Error::NotFound("statement")), statement)
    }

    /// A tenant's, newest first; the cursor is the id.
    ///
    /// # Errors
    /// Any of [`Error`]'s database kinds.
    pub async fn list(self, tenant: TenantId, page: Page) -> Result<Listing<Statement>> {
        let select = Sql::built(format!("{SELECT} WHERE tenant = $1 AND id < $2 ORDER BY id DESC LIMIT $3"));
        let rows = self.0.db().fetch_all(select.bind(tenant).bind(page.before()).bind(page.fetch())).await?;
        Ok(page.cut(rows.iter().map(statement).collect::<Result<_>>()?, |statement| statement.id.0))
    }

    /// A tenant's statement of a month.
    ///
    /// # Errors
    /// Any of [`Error`]'s database kinds.
    pub async fn of_month(self, tenant: TenantId, month: Month) -> Result<Option<Statement>> {
        let select = Sql::built(format!("{SELECT} WHERE tenant = $1 AND month = $2"));
        let row = self.0.db().fetch_optional(select.bind(tenant).bind(month.to_string())).await?;
        row.as_ref().map(statement).transpose()
    }

    /// What its lines of each kind come to, positive to the wallet; `usage` first.
    ///
    /// # Errors
    /// Any of [`Error`]'s database kinds.
    pub async fn sums(self, id: StatementId) -> Result<Vec<(String, NanoUsd)>> {
        let text = "SELECT kind, amount FROM statement_sums WHERE statement = $1 \
                    ORDER BY CASE WHEN kind = 'usage' THEN 0 ELSE 1 END, kind";
        let rows = self.0.db().fetch_all(sql!(text, id)).await?;
        rows.iter().map(|row| Ok((row.text(0)?, NanoUsd(row.int(1)?)))).collect()
    }

    /// What the usage of each of these came to, negative; one without usage is not among them.
    ///
    /// # Errors
    /// Any of [`Error`]'s database kinds.
    pub async fn charged(self, of: &[StatementId]) -> Result<HashMap<StatementId, NanoUsd>> {
        if of.is_empty() {
            return Ok(HashMap::new());
        }
        let places: Vec<_> = (1..=of.len()).map(|n| format!("${n}")).collect();
        let text = "SELECT statement, amount FROM statement_sums WHERE kind = 'usage' AND statement IN";
        let select = Sql::built(format!("{text} ({})", places.join(", ")));
        let rows = self.0.db().fetch_all(of.iter().fold(select, |sql, id| sql.bind(*id))).await?;
        rows.iter().map(|row| Ok((StatementId(row.int(0)?), NanoUsd(row.int(1)?)))).collect()
    }

    /// Its usage by model and key, the largest charge first: at most `limit` lines after the first `after`.
    ///
    /// # Errors
    /// Any of [`Error`]'s database kinds.
    pub async fn usage(self, id: StatementId, after: i64, limit: u32) -> Result<Vec<UsageLine>> {
        rows::usage(self.0.db(), id, after, limit).await
    }

    /// Its lines that are no usage, oldest first: at most `limit` of those after line `after`.
    ///
    /// # Errors
    /// Any of [`Error`]'s database kinds.
    pub async fn others(self, of: &Statement, after: i64, limit: u32) -> Result<Vec<listing::Line>> {
        rows::others(self.0.db(), of, after, limit).await
    }
}
