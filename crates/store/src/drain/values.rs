//! Rows in bulk. SQLite takes VALUES, in a few fixed sizes, so that a batch of any size runs as few prepared statements;
//! PostgreSQL takes whole columns (`unnest`), so that one short statement carries any number of rows: parsing and planning
//! thousands of placeholders costs it more than the rows themselves.

use crate::db::{Sql, Value};
use std::fmt::Write as _;

/// Rows of one statement on SQLite, largest first: it takes 32 766 values.
const SIZES: [usize; 4] = [256, 32, 8, 1];

/// The text around the rows, whose columns are called `column1`, `column2`, …
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    /// Up to the rows. May hold `$1`, `$2`, …, each once and in order.
    pub before: &'static str,
    /// How many placeholders that is.
    pub fixed: usize,
    /// Values in a row.
    pub columns: usize,
    /// After the rows.
    pub after: &'static str,
}

/// A statement whose middle is a list of rows.
#[derive(Debug)]
pub struct Bulk {
    dialect: Dialect,
    columns: usize,
}

#[derive(Debug)]
enum Dialect {
    /// By the number of rows.
    Sqlite(Vec<(usize, Sql)>),
    Postgres(Sql),
}

impl Bulk {
    /// Writes the statements.
    pub fn new(sqlite: bool, shape: Shape) -> Self {
        // Cloned once: sqlx then shares the text instead of copying it.
        let dialect = if sqlite {
            Dialect::Sqlite(SIZES.into_iter().map(|rows| (rows, Sql::built(listed(shape, rows)).clone())).collect())
        } else {
            Dialect::Postgres(Sql::built(unnested(shape)).clone())
        };
        Self { dialect, columns: shape.columns }
    }

    /// One statement after the other for all `rows`, in order, each with the `fixed` values first.
    pub fn statements<T>(
        &self,
        fixed: &[Value],
        rows: impl ExactSizeIterator<Item = T>,
        values: impl Fn(T, &mut Vec<Value>),
    ) -> Vec<Sql> {
        let mut rows = rows;
        if rows.len() == 0 {
            return Vec::new();
        }
        let bound = |statement: &Sql, values: Vec<Value>| {
            fixed.iter().cloned().chain(values).fold(statement.clone(), Sql::bind)
        };
        let statements = match &self.dialect {
            Dialect::Postgres(statement) => return vec![bound(statement, self.transposed(rows, values))],
            Dialect::Sqlite(statements) => statements,
        };
        let mut made = Vec::new();
        while let Some((size, statement)) = statements.iter().find(|(size, _)| *size <= rows.len()) {
            let mut list = Vec::with_capacity(size * self.columns);
            rows.by_ref().take(*size).for_each(|row| values(row, &mut list));
            made.push(bound(statement, list));
        }
        made
    }

    /// The rows as columns.
    fn transposed<T>(&self, rows: impl ExactSizeIterator<Item = T>, values: impl Fn(T, &mut Vec<Value>)) -> Vec<Value> {
        let (mut row, count) = (Vec::with_capacity(self.columns), rows.len());
        let mut columns: Vec<Value> = Vec::new();
        for each in rows {
            values(each, &mut row);
            if columns.is_empty() {
                columns = row.iter().map(|value| value.column(count)).collect();
            }
            columns.iter_mut().zip(row.drain(..)).for_each(|(column, value)| column.push(value));
        }
        columns
    }
}

/// `before VALUES (…), (…) after`, with bare placeholders: SQLite looks named ones up one by one, and the two kinds do not
/// mix.
fn listed(shape: Shape, rows: usize) -> String {
    let mut before = String::from(shape.before);
    (1..=shape.fixed).for_each(|number| before = before.replacen(&format!("${number}"), "?", 1));
    let row = format!("({})", vec!["?"; shape.columns].join(", "));
    format!("{before} VALUES {}{}", vec![row; rows].join(", "), shape.after)
}

/// `before SELECT * FROM unnest(…) AS rows (…) after`.
fn unnested(shape: Shape) -> String {
    let (mut placeholders, mut names) = (String::new(), String::new());
    for column in 1..=shape.columns {
        let comma = if column == 1 { "" } else { ", " };
        // Writing to a String does not fail.
        let _ = write!(placeholders, "{comma}${}", shape.fixed + column);
        let _ = write!(names, "{comma}column{column}");
    }
    format!("{} SELECT * FROM unnest({placeholders}) AS rows ({names}){}", shape.before, shape.after)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: Shape = Shape { before: "UPDATE a WHERE b = $1 FROM (", fixed: 1, columns: 2, after: ") AS v" };

    fn of(sqlite: bool, rows: usize) -> Vec<Sql> {
        let pair = |n: usize, out: &mut Vec<Value>| out.extend([(n as u64).into(), format!("row {n}").into()]);
        Bulk::new(sqlite, SHAPE).statements(&[Value::from(7_i64)], 0..rows, pair)
    }

    #[test]
    fn sqlite_gets_statements_of_fixed_sizes_and_postgres_one_of_whole_columns() {
        assert_eq!(of(true, 0), []);
        assert_eq!(of(false, 0), []);
        let listed = of(true, 10);
        assert_eq!(listed.iter().map(|sql| sql.values.len()).collect::<Vec<_>>(), [17, 3, 3]);
        assert_eq!(listed[1].text.as_str(), "UPDATE a WHERE b = ? FROM ( VALUES (?, ?)) AS v");
        let [whole] = &of(false, 3)[..] else { panic!("one statement") };
        let text = "UPDATE a WHERE b = $1 FROM ( SELECT * FROM unnest($2, $3) AS rows (column1, column2)) AS v";
        assert_eq!(whole.text.as_str(), text);
        let texts = (0..3).map(|n| Some(format!("row {n}"))).collect();
        assert_eq!(whole.values[1..], [Value::Ints((0..3).map(Some).collect()), Value::Texts(texts)]);
    }
}
