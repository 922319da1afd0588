//! One statement with its values, and one row of its answer, the same for both databases.
//!
//! Three kinds of values are enough for the whole schema: BIGINT (flags, money, counts, microsecond times), TEXT (JSON
//! too) and bytes; whole columns of them carry many rows at once. Placeholders are `$1`, `$2`, … on both; a placeholder may be used more than once.

use crate::error::{Error, Result};
use sqlx::{Row as _, SqlSafeStr, SqlStr};

/// A value on its way to the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// BIGINT.
    Int(Option<i64>),
    /// TEXT.
    Text(Option<String>),
    /// BYTEA or BLOB.
    Bytes(Option<Vec<u8>>),
    /// A column of BIGINT: the columns are for PostgreSQL, SQLite has no arrays.
    Ints(Vec<Option<i64>>),
    /// A column of TEXT.
    Texts(Vec<Option<String>>),
    /// A column of BYTEA.
    Blobs(Vec<Option<Vec<u8>>>),
}

impl Value {
    /// An empty column for values like this one, with room for `rows`.
    pub(crate) fn column(&self, rows: usize) -> Self {
        match self {
            Self::Int(_) | Self::Ints(_) => Self::Ints(Vec::with_capacity(rows)),
            Self::Text(_) | Self::Texts(_) => Self::Texts(Vec::with_capacity(rows)),
            Self::Bytes(_) | Self::Blobs(_) => Self::Blobs(Vec::with_capacity(rows)),
        }
    }

    /// Adds a value to a column; one of another kind is a NULL there.
    pub(crate) fn push(&mut self, value: Self) {
        match (self, value) {
            (Self::Ints(column), value) => column.push(if let Self::Int(value) = value { value } else { None }),
            (Self::Texts(column), value) => column.push(if let Self::Text(value) = value { value } else { None }),
            (Self::Blobs(column), value) => column.push(if let Self::Bytes(value) = value { value } else { None }),
            (Self::Int(_) | Self::Text(_) | Self::Bytes(_), _) => {}
        }
    }
}

macro_rules! value_from {
    ($($from:ty => $variant:ident, |$v:ident| $to:expr;)*) => {$(
        impl From<$from> for Value {
            fn from($v: $from) -> Self { Self::$variant(Some($to)) }
        }
        impl From<Option<$from>> for Value {
            fn from(v: Option<$from>) -> Self { Self::$variant(v.map(|$v: $from| $to)) }
        }
    )*};
}
value_from! {
    i64 => Int, |v| v;
    i32 => Int, |v| i64::from(v);
    u32 => Int, |v| i64::from(v);
    u16 => Int, |v| i64::from(v);
    bool => Int, |v| i64::from(v);
    u64 => Int, |v| i64::try_from(v).unwrap_or(i64::MAX);
    domain::money::NanoUsd => Int, |v| v.0;
    domain::ids::TenantId => Int, |v| v.0;
    domain::ids::KeyId => Int, |v| v.0;
    domain::ids::UserId => Int, |v| v.0;
    domain::ids::ChannelId => Int, |v| v.0;
    domain::ids::CredentialId => Int, |v| v.0;
    domain::ids::PriceId => Int, |v| v.0;
    domain::ids::AccountId => Int, |v| v.0;
    domain::ids::TransferId => Int, |v| v.0;
    domain::ids::StatementId => Int, |v| v.0;
    domain::ids::TokenId => Int, |v| v.0;
    domain::ids::BudgetId => Int, |v| v.0;
    domain::ids::TopupId => Int, |v| v.0;
    domain::ids::RefundId => Int, |v| v.0;
    domain::ids::BatchId => Int, |v| v.0;
    &str => Text, |v| v.to_owned();
    &String => Text, |v| v.clone();
    String => Text, |v| v;
    &[u8] => Bytes, |v| v.to_vec();
    Vec<u8> => Bytes, |v| v;
    [u8; 16] => Bytes, |v| v.to_vec();
    [u8; 32] => Bytes, |v| v.to_vec();
    domain::ids::RequestId => Bytes, |v| v.0.to_vec();
    domain::secret::SecretHash => Bytes, |v| v.0.to_vec();
}

/// A statement and its values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sql {
    pub(crate) text: SqlStr,
    pub(crate) values: Vec<Value>,
}

impl Sql {
    /// A statement fixed in the source.
    pub fn new(text: &'static str) -> Self {
        Self { text: text.into_sql_str(), values: Vec::new() }
    }

    /// A statement put together from fragments of the source; data never goes into the text.
    pub fn built(text: String) -> Self {
        Self { text: sqlx::AssertSqlSafe(text).into_sql_str(), values: Vec::new() }
    }

    /// Adds the next value.
    #[must_use]
    pub fn bind(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        self
    }
}

/// `sql!("SELECT … WHERE id = $1", id)`: a statement fixed in the source with its values.
#[macro_export]
macro_rules! sql {
    ($text:expr $(, $value:expr)* $(,)?) => { $crate::db::Sql::new($text)$(.bind($value))* };
}

/// One row of an answer. Columns are read by name or by number.
#[derive(Debug)]
pub enum Row {
    /// From SQLite.
    Sqlite(sqlx::sqlite::SqliteRow),
    /// From PostgreSQL.
    Postgres(sqlx::postgres::PgRow),
}

/// A column, by name or number.
pub trait Column: sqlx::ColumnIndex<sqlx::sqlite::SqliteRow> + sqlx::ColumnIndex<sqlx::postgres::PgRow> {}
impl<C: sqlx::ColumnIndex<sqlx::sqlite::SqliteRow> + sqlx::ColumnIndex<sqlx::postgres::PgRow>> Column for C {}

macro_rules! getters {
    ($($(#[$doc:meta])* $name:ident, $opt:ident: $type:ty;)*) => {$(
        $(#[$doc])*
        ///
        /// # Errors
        /// [`Error::Database`] when there is no such column or it holds something else.
        pub fn $name(&self, column: impl Column) -> Result<$type> {
            // SQLite would read NULL as 0 or nothing: a NULL that was not expected is an error on both.
            self.$opt(column)?.ok_or(Error::Corrupt("NULL"))
        }
        /// The same, where it may be NULL.
        ///
        /// # Errors
        /// [`Error::Database`] when there is no such column or it holds something else.
        pub fn $opt(&self, column: impl Column) -> Result<Option<$type>> {
            match self {
                Self::Sqlite(row) => row.try_get(column),
                Self::Postgres(row) => row.try_get(column),
            }
            .map_err(Error::from)
        }
    )*};
}

impl Row {
    getters! {
        /// A BIGINT.
        int, opt_int: i64;
        /// A TEXT.
        text, opt_text: String;
        /// Bytes.
        bytes, opt_bytes: Vec<u8>;
    }

    /// A flag kept as BIGINT.
    ///
    /// # Errors
    /// As [`Row::int`].
    pub fn flag(&self, column: impl Column) -> Result<bool> {
        Ok(self.int(column)? != 0)
    }
}
