//! Sums of usage, by model, key, tenant, channel or time (UTC).

use super::{
    Filter,
    filter::Where,
    group::{GroupBy, Of, Terms},
    pieces::{Piece, Source, pieces},
};
use crate::{
    db::{Row, Sql, Tx, Value},
    error::Result,
    rollups::Axis,
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

impl Line {
    /// Adds another's sums; what it is of stays.
    pub fn add(&mut self, other: &Self) {
        let count = |sum: &mut i64, more: i64| *sum = sum.saturating_add(more);
        count(&mut self.requests, other.requests);
        count(&mut self.errors, other.errors);
        count(&mut self.limited, other.limited);
        count(&mut self.left_early, other.left_early);
        count(&mut self.failed, other.failed);
        count(&mut self.input, other.input);
        count(&mut self.cache_read, other.cache_read);
        count(&mut self.cache_write, other.cache_write);
        count(&mut self.output, other.output);
        count(&mut self.reasoning, other.reasoning);
        self.sale = self.sale.saturating_add(other.sale);
        self.cost = self.cost.saturating_add(other.cost);
    }
}

/// What is summed, and how it is read from a row of a request.
const COUNTS: [(&str, &str); 5] = [
    ("requests", "1"),
    ("errors", "CASE WHEN status >= 400 OR status = 0 THEN 1 ELSE 0 END"),
    ("limited", "CASE WHEN status = 429 THEN 1 ELSE 0 END"),
    ("left_early", "CASE WHEN status = 499 THEN 1 ELSE 0 END"),
    ("failed", "CASE WHEN status >= 500 OR status = 0 THEN 1 ELSE 0 END"),
];
/// What is summed, and is called the same everywhere but `cache_write`.
const UNITS: [&str; 7] = ["input", "cache_read", "cache_write", "output", "reasoning", "sale", "cost"];

/// What a margin is made of.
const MARGIN: [&str; 3] = ["requests", "sale", "cost"];

/// Sums by `groups`.
pub async fn summary(tx: &mut Tx, filter: &Filter, groups: &[GroupBy]) -> Result<Vec<Line>> {
    lines(tx, filter, groups, |_| true).await
}

/// The same of requests, sale and cost alone, in half the time where many rows are summed; the rest is 0.
pub async fn margin(tx: &mut Tx, filter: &Filter, groups: &[GroupBy]) -> Result<Vec<Line>> {
    lines(tx, filter, groups, |name| MARGIN.contains(&name)).await
}

async fn lines(tx: &mut Tx, filter: &Filter, groups: &[GroupBy], wanted: fn(&str) -> bool) -> Result<Vec<Line>> {
    let (mut selects, mut values) = (Vec::new(), Vec::new());
    for piece in pieces(tx, filter, groups, Axis::of_sums).await? {
        let (select, more) = rows_of(tx.is_sqlite(), piece, filter, values);
        selects.push(select);
        values = more;
        // What is asked for by a request's outcome is about requests.
        if piece.source == Source::Events && filter.status.is_none() && !filter.errors {
            let (select, more) = failed_of(tx.is_sqlite(), piece, filter, values);
            selects.push(select);
            values = more;
        }
    }
    let names = COUNTS.iter().map(|(name, _)| name).chain(&UNITS);
    let sums: Vec<_> =
        names.map(|name| if wanted(name) { sum(name) } else { format!("CAST(0 AS BIGINT) AS {name}") }).collect();
    let terms = Terms::new(groups, "time_us");
    let order = if terms.by_time() { "ORDER BY at_us, sale DESC" } else { "ORDER BY sale DESC" };
    let text = format!(
        "SELECT {}{} FROM ({}) AS pieces {} {order} LIMIT {LIMIT}",
        terms.select(),
        sums.join(", "),
        selects.join(" UNION ALL "),
        terms.group_by()
    );
    let rows = tx.fetch_all(values.into_iter().fold(Sql::built(text), Sql::bind)).await?;
    rows.iter().map(|row| line(row, &terms)).collect()
}

/// The rows of a piece, all of one shape; with the values of the pieces before, and its own.
fn rows_of(sqlite: bool, piece: Piece, filter: &Filter, mut values: Vec<Value>) -> (String, Vec<Value>) {
    let (table, time) = match piece.source {
        Source::Rolled(..) => ("usage_rollups", "slot_us"),
        Source::Hours => ("usage_hours", "hour_us"),
        Source::Minutes => ("usage_minutes", "minute_us"),
        Source::Events => ("usage_events", "time_us"),
    };
    let count = |(name, of_row): (&str, &str)| match piece.source {
        Source::Events => format!("{of_row} AS {name}"),
        _ => name.to_owned(),
    };
    let unit = |name: &str| match (name, piece.source) {
        (name, Source::Rolled(..)) => name.to_owned(),
        ("cache_write", _) => "cache_write_5m + cache_write_1h AS cache_write".to_owned(),
        (name, _) => name.to_owned(),
    };
    let columns: Vec<_> = COUNTS.into_iter().map(count).chain(UNITS.into_iter().map(unit)).collect();
    let of_axis = match piece.source {
        Source::Rolled(axis, span) => {
            values.extend([axis.id().into(), span.id().into()]);
            format!("axis = ${} AND span = ${} AND ", values.len() - 1, values.len())
        }
        _ => String::new(),
    };
    let own = Filter { from_us: Some(piece.from_us), to_us: Some(piece.to_us), ..filter.clone() };
    let (conditions, values) = Where::after(sqlite, values, &own, time).into_parts();
    let select = format!(
        "SELECT {time} AS time_us, tenant, key_id, model, channel, {} FROM {table} WHERE {of_axis}{conditions}",
        columns.join(", ")
    );
    (select, values)
}

/// Costs of attempts that failed, which the other tables have among their sums: rows of the same shape, of no request.
fn failed_of(sqlite: bool, piece: Piece, filter: &Filter, values: Vec<Value>) -> (String, Vec<Value>) {
    let nothing = COUNTS.into_iter().map(|(name, _)| name).chain(UNITS).filter(|name| *name != "cost");
    let nothing: Vec<_> = nothing.map(|name| format!("0 AS {name}")).collect();
    let own = Filter { from_us: Some(piece.from_us), to_us: Some(piece.to_us), ..filter.clone() };
    let (conditions, values) = Where::after(sqlite, values, &own, "time_us").into_parts();
    let select = format!(
        "SELECT time_us, tenant, key_id, model, channel, {}, cost FROM attempt_costs WHERE {conditions}",
        nothing.join(", ")
    );
    (select, values)
}

fn sum(name: &str) -> String {
    format!("CAST(COALESCE(SUM({name}), 0) AS BIGINT) AS {name}")
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
