//! One transaction on either database. Dropping it without [`Tx::commit`] rolls back.

use super::{Row, Sql, Value, bounded, pg_tx::PgTx};
use crate::error::{Error, Result};
use sqlx::{Postgres, Sqlite, Transaction};

/// An open transaction: from [`super::Db::begin`] or [`super::Db::snapshot`].
#[derive(Debug)]
pub enum Tx {
    /// On SQLite.
    Sqlite(Transaction<'static, Sqlite>),
    /// On PostgreSQL; whether its statements are bounded in time.
    Postgres(PgTx, bool),
}

macro_rules! query {
    ($name:ident, $database:ty, $arguments:ty, $($column:pat => $bound:expr),+) => {
        pub(super) fn $name(sql: Sql) -> sqlx::query::Query<'static, $database, $arguments> {
            let mut query = sqlx::query(sql.text);
            for value in sql.values {
                query = match value {
                    Value::Int(v) => query.bind(v),
                    Value::Text(v) => query.bind(v),
                    Value::Bytes(v) => query.bind(v),
                    $($column => query.bind($bound),)+
                };
            }
            query
        }
    };
}
// A column is NULL to SQLite, which has no arrays.
query!(sqlite_query, Sqlite, sqlx::sqlite::SqliteArguments, Value::Ints(_) | Value::Texts(_) | Value::Blobs(_) => None::<i64>);
query!(postgres_query, Postgres, sqlx::postgres::PgArguments, Value::Ints(v) => v, Value::Texts(v) => v, Value::Blobs(v) => v);

macro_rules! run {
    ($self:ident, $sql:ident, $call:ident) => {
        match $self {
            Tx::Sqlite(tx) => sqlite_query($sql).$call(&mut **tx).await.map_err(Error::from).map(Ok),
            Tx::Postgres(tx, true) => bounded(postgres_query($sql).$call(tx.connection()?)).await.map(Err),
            Tx::Postgres(tx, false) => postgres_query($sql).$call(tx.connection()?).await.map_err(Error::from).map(Err),
        }
    };
}

impl Tx {
    /// Whether this is SQLite.
    pub fn is_sqlite(&self) -> bool {
        matches!(self, Self::Sqlite(_))
    }

    /// ` FOR UPDATE` on PostgreSQL; nothing on SQLite, where the whole transaction is the lock.
    pub fn for_update(&self) -> &'static str {
        if self.is_sqlite() { "" } else { " FOR UPDATE" }
    }

    /// Writes; answers how many rows it touched.
    ///
    /// # Errors
    /// Any of [`Error`]'s database kinds.
    pub async fn execute(&mut self, sql: Sql) -> Result<u64> {
        Ok(match run!(self, sql, execute)? {
            Ok(done) => done.rows_affected(),
            Err(done) => done.rows_affected(),
        })
    }

    /// Reads all rows (also of `… RETURNING`).
    ///
    /// # Errors
    /// Any of [`Error`]'s database kinds.
    pub async fn fetch_all(&mut self, sql: Sql) -> Result<Vec<Row>> {
        Ok(match run!(self, sql, fetch_all)? {
            Ok(rows) => rows.into_iter().map(Row::Sqlite).collect(),
            Err(rows) => rows.into_iter().map(Row::Postgres).collect(),
        })
    }

    /// Reads the first row, if any.
    ///
    /// # Errors
    /// Any of [`Error`]'s database kinds.
    pub async fn fetch_optional(&mut self, sql: Sql) -> Result<Option<Row>> {
        Ok(match run!(self, sql, fetch_optional)? {
            Ok(row) => row.map(Row::Sqlite),
            Err(row) => row.map(Row::Postgres),
        })
    }

    /// Reads the one row that must be there.
    ///
    /// # Errors
    /// [`Error::NotFound`] when it is not.
    pub async fn fetch_one(&mut self, sql: Sql) -> Result<Row> {
        self.fetch_optional(sql).await?.ok_or(Error::NotFound("row"))
    }

    /// Runs a script of several statements without values.
    pub(super) async fn script(&mut self, script: &'static str) -> Result<()> {
        match self {
            Self::Sqlite(tx) => sqlx::raw_sql(script).execute(&mut **tx).await.map(drop)?,
            Self::Postgres(tx, _) => sqlx::raw_sql(script).execute(tx.connection()?).await.map(drop)?,
        }
        Ok(())
    }

    /// Makes it so. An error leaves it unknown on PostgreSQL whether it is so (the connection may have broken after the
    /// server committed): callers that try again must be idempotent.
    ///
    /// # Errors
    /// Any of [`Error`]'s database kinds.
    pub async fn commit(self) -> Result<()> {
        match self {
            Self::Sqlite(tx) => Ok(tx.commit().await?),
            Self::Postgres(tx, _) => bounded(tx.end("COMMIT")).await,
        }
    }

    /// Undoes it, and waits for that.
    ///
    /// # Errors
    /// Any of [`Error`]'s database kinds.
    pub async fn rollback(self) -> Result<()> {
        match self {
            Self::Sqlite(tx) => Ok(tx.rollback().await?),
            Self::Postgres(tx, _) => bounded(tx.end("ROLLBACK")).await,
        }
    }
}
