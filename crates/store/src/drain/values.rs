//! Multi-row VALUES in a few fixed sizes, so that a batch of any size runs as few prepared statements.

use crate::db::{Sql, Value};
use std::fmt::Write as _;

/// Sizes of one statement, largest first. SQLite takes 32 766 values, PostgreSQL 65 535.
const SIZES: [usize; 4] = [256, 32, 8, 1];

/// The text around the rows.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    /// Up to VALUES. May hold `$1`, `$2`, …, each once and in order.
    pub before: &'static str,
    /// How many placeholders that is.
    pub fixed: usize,
    /// Values in a row.
    pub columns: usize,
    /// Whether all of them are BIGINT and must say so: PostgreSQL takes bare placeholders in VALUES for text, except in
    /// an INSERT.
    pub typed: bool,
    /// After the rows.
    pub after: &'static str,
}

/// A statement whose middle is a list of rows.
#[derive(Debug)]
pub struct Bulk {
    statements: Vec<(usize, Sql)>,
    columns: usize,
}

impl Bulk {
    /// Writes the statements.
    pub fn new(sqlite: bool, shape: Shape) -> Self {
        // Cloned once: sqlx then shares the text instead of copying it.
        let statements = SIZES.into_iter().map(|rows| (rows, Sql::built(text(sqlite, shape, rows)).clone())).collect();
        Self { statements, columns: shape.columns }
    }

    /// One statement after the other for all `rows`, in order, each with the `fixed` values first.
    pub fn statements<T>(
        &self,
        fixed: &[Value],
        rows: impl ExactSizeIterator<Item = T>,
        values: impl Fn(T, &mut Vec<Value>),
    ) -> Vec<Sql> {
        let mut made = Vec::new();
        let mut rows = rows;
        while rows.len() > 0 {
            let Some((size, statement)) = self.statements.iter().find(|(size, _)| *size <= rows.len()) else { break };
            let mut bound = Vec::with_capacity(fixed.len() + size * self.columns);
            bound.extend_from_slice(fixed);
            rows.by_ref().take(*size).for_each(|row| values(row, &mut bound));
            made.push(bound.into_iter().fold(statement.clone(), Sql::bind));
        }
        made
    }
}

fn text(sqlite: bool, shape: Shape, rows: usize) -> String {
    let mut text = String::from(shape.before);
    if sqlite {
        // Bare placeholders: SQLite looks named ones up one by one, and the two kinds do not mix.
        (1..=shape.fixed).for_each(|number| text = text.replacen(&format!("${number}"), "?", 1));
    }
    text.push_str(" VALUES ");
    for row in 0..rows {
        text.push_str(if row == 0 { "(" } else { ", (" });
        for column in 0..shape.columns {
            let comma = if column == 0 { "" } else { ", " };
            let number = shape.fixed + row * shape.columns + column + 1;
            // Writing to a String does not fail.
            let _ = match (sqlite, shape.typed && row == 0) {
                (true, _) => write!(text, "{comma}?"),
                (false, true) => write!(text, "{comma}CAST(${number} AS BIGINT)"),
                (false, false) => write!(text, "{comma}${number}"),
            };
        }
        text.push(')');
    }
    text.push_str(shape.after);
    text
}
