//! The main database: SQLite in one file, or PostgreSQL; one set of SQL for both.
//!
//! Why not `sqlx::Any`: it cannot decode all types of either and its builder writes `?`. Two pools behind one enum, `$n`
//! placeholders and three value types ([`Value`]) are enough. SQLite has exactly one writer connection, so writers queue
//! here instead of failing with BUSY, and N readers that WAL lets work beside it. A PostgreSQL that is away is found out
//! within about two seconds and answered with [`Error::Unavailable`]; nothing waits for it longer.

mod migrate;
mod pg_tx;
mod sql;
mod tx;

use crate::error::{Error, Result};
use futures::TryStreamExt as _;
use sqlx::{
    ConnectOptions as _, Connection as _, PgPool, SqlitePool,
    postgres::{PgConnectOptions, PgPoolOptions},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use std::{future::Future, path::Path, str::FromStr as _, time::Duration};

use pg_tx::PgTx;
pub use sql::{Column, Row, Sql, Value};
pub use tx::Tx;

/// How long a connection may take to come. Longer than a healthy database ever needs, short enough to fail fast.
const POSTGRES_ACQUIRE: Duration = Duration::from_secs(2);
/// How long one statement outside a snapshot may take before its connection is taken for dead.
const POSTGRES_STATEMENT: Duration = Duration::from_secs(10);
/// How long a writer queues for SQLite's one writer connection.
const SQLITE_ACQUIRE: Duration = Duration::from_secs(10);
/// How long SQLite waits for another process (`turnpike admin …` beside `serve`).
const SQLITE_BUSY: Duration = Duration::from_secs(5);
const SQLITE_READERS: u32 = 4;
const POSTGRES_CONNECTIONS: u32 = 16;

/// The main database.
#[derive(Debug, Clone)]
pub enum Db {
    /// One file.
    Sqlite {
        /// The one connection that writes.
        writer: SqlitePool,
        /// Those that only read.
        readers: SqlitePool,
    },
    /// A server.
    Postgres(PgPool),
}

impl Db {
    /// Opens what `url` names: `postgres://…`, `sqlite:PATH` or a path. Makes a missing SQLite file. Does not migrate.
    /// PostgreSQL is not contacted yet, so a node may start while it is away.
    ///
    /// # Errors
    /// [`Error::Url`] for what cannot be read, [`Error::Unavailable`] when SQLite's file cannot be opened.
    pub async fn connect(url: &str) -> Result<Self> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            Self::postgres(url)
        } else {
            let path = url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:")).unwrap_or(url);
            if path.is_empty() || path.contains("://") {
                return Err(Error::Url("neither postgres://… nor sqlite:PATH".into()));
            }
            Self::sqlite(Path::new(path)).await
        }
    }

    /// Opens a SQLite file, making it if it is missing.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when it cannot be opened.
    pub async fn sqlite(path: &Path) -> Result<Self> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal)
            .foreign_keys(true)
            .busy_timeout(SQLITE_BUSY)
            .disable_statement_logging();
        let pool = |connections| {
            SqlitePoolOptions::new()
                .min_connections(1)
                .max_connections(connections)
                .acquire_timeout(SQLITE_ACQUIRE)
                .idle_timeout(None)
                .max_lifetime(None)
                .test_before_acquire(false)
        };
        // The writer comes first: it makes the file and switches it to WAL.
        let writer = pool(1).connect_with(options.clone()).await?;
        let readers = pool(SQLITE_READERS).connect_with(options.pragma("query_only", "ON")).await?;
        Ok(Self::Sqlite { writer, readers })
    }

    fn postgres(url: &str) -> Result<Self> {
        let options = PgConnectOptions::from_str(url)
            .map_err(|_| Error::Url("not a postgres:// URL".into()))?
            .application_name("turnpike")
            .disable_statement_logging();
        let pool = PgPoolOptions::new()
            .max_connections(POSTGRES_CONNECTIONS)
            .acquire_timeout(POSTGRES_ACQUIRE)
            .idle_timeout(Some(Duration::from_secs(60)))
            // Compiling a statement to machine code takes longer than any of ours runs.
            .after_connect(|connection, _| {
                Box::pin(async move { sqlx::raw_sql("SET jit = off").execute(connection).await.map(drop) })
            })
            // sqlx tests a connection that comes back without a bound: one that nobody answers would keep its place in
            // the pool until TCP gives up, a quarter of an hour later.
            .after_release(|connection, _| {
                Box::pin(async move {
                    let answered = tokio::time::timeout(POSTGRES_ACQUIRE, connection.ping()).await;
                    Ok(matches!(answered, Ok(Ok(()))))
                })
            })
            .connect_lazy_with(options);
        Ok(Self::Postgres(pool))
    }

    /// Whether this is SQLite: for the few places where the text cannot be the same.
    pub fn is_sqlite(&self) -> bool {
        matches!(self, Self::Sqlite { .. })
    }

    /// Brings the schema up to this build's. Safe to call from many nodes at once.
    ///
    /// # Errors
    /// [`Error::Migration`] when an applied migration is not the one in this build.
    pub async fn migrate(&self) -> Result<()> {
        migrate::migrate(self).await
    }

    /// Reads all rows.
    ///
    /// # Errors
    /// Any of [`Error`]'s database kinds.
    pub async fn fetch_all(&self, sql: Sql) -> Result<Vec<Row>> {
        match self {
            Self::Sqlite { readers, .. } => {
                Ok(tx::sqlite_query(sql).fetch(readers).map_ok(Row::Sqlite).try_collect().await?)
            }
            Self::Postgres(pool) => {
                bounded(tx::postgres_query(sql).fetch(pool).map_ok(Row::Postgres).try_collect()).await
            }
        }
    }

    /// Reads the first row, if any.
    ///
    /// # Errors
    /// Any of [`Error`]'s database kinds.
    pub async fn fetch_optional(&self, sql: Sql) -> Result<Option<Row>> {
        match self {
            Self::Sqlite { readers, .. } => Ok(tx::sqlite_query(sql).fetch_optional(readers).await?.map(Row::Sqlite)),
            Self::Postgres(pool) => Ok(bounded(tx::postgres_query(sql).fetch_optional(pool)).await?.map(Row::Postgres)),
        }
    }

    /// Reads the one row that must be there.
    ///
    /// # Errors
    /// [`Error::NotFound`] when it is not.
    pub async fn fetch_one(&self, sql: Sql) -> Result<Row> {
        self.fetch_optional(sql).await?.ok_or(Error::NotFound("row"))
    }

    /// Writes in one statement; answers how many rows it touched.
    ///
    /// # Errors
    /// Any of [`Error`]'s database kinds.
    pub async fn execute(&self, sql: Sql) -> Result<u64> {
        match self {
            Self::Sqlite { writer, .. } => Ok(tx::sqlite_query(sql).execute(writer).await?.rows_affected()),
            Self::Postgres(pool) => Ok(bounded(tx::postgres_query(sql).execute(pool)).await?.rows_affected()),
        }
    }

    /// A transaction that writes: `BEGIN IMMEDIATE` on SQLite, READ COMMITTED on PostgreSQL (lock what you read with
    /// [`Tx::for_update`]). Dropping it rolls back.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the database is away.
    pub async fn begin(&self) -> Result<Tx> {
        match self {
            Self::Sqlite { writer, .. } => Ok(Tx::Sqlite(writer.begin_with("BEGIN IMMEDIATE").await?)),
            Self::Postgres(pool) => Ok(Tx::Postgres(bounded(PgTx::begin(pool, "BEGIN")).await?, true)),
        }
    }

    /// The same for jobs, whose statements may take long.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the database is away.
    pub async fn begin_patient(&self) -> Result<Tx> {
        match self.begin().await? {
            Tx::Postgres(tx, _) => Ok(Tx::Postgres(tx, false)),
            sqlite => Ok(sqlite),
        }
    }

    /// A read-only transaction in which every statement sees the same moment: for auditors and reports. Its statements
    /// may take long.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the database is away.
    pub async fn snapshot(&self) -> Result<Tx> {
        self.read_only(false, "SELECT 1").await
    }

    /// The same, keeping the rows of usage where they are: a partition that is dropped is gone in every snapshot, also in
    /// those from before its sums were frozen.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the database is away.
    pub async fn snapshot_of_usage(&self) -> Result<Tx> {
        self.read_only(false, "LOCK TABLE usage_events IN ACCESS SHARE MODE; SELECT 1").await
    }

    /// The same for pages, whose statements must be quick.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when the database is away.
    pub async fn moment(&self) -> Result<Tx> {
        self.read_only(true, "SELECT 1").await
    }

    /// `first` is what a PostgreSQL transaction begins with: its first reading takes the snapshot.
    async fn read_only(&self, quick: bool, first: &'static str) -> Result<Tx> {
        match self {
            Self::Sqlite { readers, .. } => {
                let mut tx = Tx::Sqlite(readers.begin_with("BEGIN").await?);
                // SQLite fixes the moment at the first read, not at BEGIN.
                tx.fetch_all(Sql::new("SELECT COUNT(*) FROM sqlite_master")).await?;
                Ok(tx)
            }
            Self::Postgres(pool) => {
                let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
                let mut tx = bounded(PgTx::begin(pool, begin)).await?;
                bounded(sqlx::raw_sql(first).execute(tx.connection()?)).await?;
                Ok(Tx::Postgres(tx, quick))
            }
        }
    }

    /// Whether the database answers now.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when it does not.
    pub async fn ping(&self) -> Result<()> {
        self.fetch_all(Sql::new("SELECT 1")).await.map(drop)
    }

    /// Closes all connections; on SQLite this also folds the WAL into the file.
    pub async fn close(&self) {
        match self {
            Self::Sqlite { writer, readers } => {
                readers.close().await;
                writer.close().await;
            }
            Self::Postgres(pool) => pool.close().await,
        }
    }
}

/// A statement on PostgreSQL, given up when the connection seems dead.
async fn bounded<T>(work: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T> {
    match tokio::time::timeout(POSTGRES_STATEMENT, work).await {
        Ok(answer) => Ok(answer?),
        Err(_) => Err(Error::Unavailable(None)),
    }
}
