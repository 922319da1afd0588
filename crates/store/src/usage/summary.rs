//! Sums of usage, by model, key, tenant, channel or time (UTC).

use super::{
    Filter,
    filter::Where,
    group::{GroupBy, Of, Terms},
    source::Source,
};
use crate::{
    db::{Row, Tx},
    error::Result,
};
use domain::money::NanoUsd;

/// No answer has more lines.
const LIMIT: u32 = 10_000;

/// The sums of one group.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Line {
    /// Of what.
    pub of: Of,
    /// Requests.
    pub requests: i64,
    /// Of those, with an error.
    pub errors: i64,
    /// Of the errors, refused by a limit (429).
    pub limited: i64,
    /// Of the errors, callers who left (499).
    pub left_early: i64,
    /// Of the errors, failures of ours or of every upstream (500 and more, and no answer).
    pub failed: i64,
    /// Input tokens, without cache.
    pub input: i64,
    /// Tokens read from a cache.
    pub cache_read: i64,
    /// Tokens written to one.
    pub cache_write: i64,
    /// Output tokens.
    pub output: i64,
    /// Of those, reasoning.
    pub reasoning: i64,
    /// What tenants were charged.
    pub sale: NanoUsd,
    /// What it cost us.
    pub cost: NanoUsd,
}

/// Of rows that are sums already.
const ROLLED_UP: [(&str, &str); 5] = [
    ("requests", "requests"),
    ("errors", "errors"),
    ("limited", "limited"),
    ("left_early", "left_early"),
    ("failed", "failed"),
];
/// Of one row a request.
const OF_EVENTS: [(&str, &str); 5] = [
    ("1", "requests"),
    ("CASE WHEN status >= 400 OR status = 0 THEN 1 ELSE 0 END", "errors"),
    ("CASE WHEN status = 429 THEN 1 ELSE 0 END", "limited"),
    ("CASE WHEN status = 499 THEN 1 ELSE 0 END", "left_early"),
    ("CASE WHEN status >= 500 OR status = 0 THEN 1 ELSE 0 END", "failed"),
];
const UNITS: [(&str, &str); 7] = [
    ("input", "input"),
    ("cache_read", "cache_read"),
    ("cache_write_5m + cache_write_1h", "cache_write"),
    ("output", "output"),
    ("reasoning", "reasoning"),
    ("sale", "sale"),
    ("cost", "cost"),
];

pub async fn summary(tx: &mut Tx, filter: &Filter, groups: &[GroupBy]) -> Result<Vec<Line>> {
    let source = Source::of(filter, groups);
    let (table, time) = source.table();
    let counts = if source == Source::Events { OF_EVENTS } else { ROLLED_UP };
    let sums: Vec<_> = counts.iter().chain(&UNITS).map(|(what, name)| sum(what, name)).collect();
    let terms = Terms::new(groups, time);
    let order = if terms.by_time() { "ORDER BY at_us, sale DESC" } else { "ORDER BY sale DESC" };
    let before = format!("SELECT {}{} FROM {table}", terms.select(), sums.join(", "));
    let after = format!("{} {order} LIMIT {LIMIT}", terms.group_by(0));
    let rows = tx.fetch_all(Where::new(filter, time).sql(&before, &after)).await?;
    rows.iter().map(|row| line(row, &terms)).collect()
}

fn sum(what: &str, name: &str) -> String {
    format!("CAST(COALESCE(SUM({what}), 0) AS BIGINT) AS {name}")
}

fn line(row: &Row, terms: &Terms<'_>) -> Result<Line> {
    Ok(Line {
        of: terms.read(row)?,
        requests: row.int("requests")?,
        errors: row.int("errors")?,
        limited: row.int("limited")?,
        left_early: row.int("left_early")?,
        failed: row.int("failed")?,
        input: row.int("input")?,
        cache_read: row.int("cache_read")?,
        cache_write: row.int("cache_write")?,
        output: row.int("output")?,
        reasoning: row.int("reasoning")?,
        sale: NanoUsd(row.int("sale")?),
        cost: NanoUsd(row.int("cost")?),
    })
}
