//! The main database under a test, read from outside: which kind, and statements run over a connection of our own.
//! One statement is one snapshot on both kinds, so what the auditor compares was true at one instant.

use crate::postgres::Postgres;
use anyhow::{Context, Result};
use sqlx::Row;
use std::{path::Path, sync::Arc, time::Duration};

/// What is set on a server that holds much, as an operator would; the rest is PostgreSQL's own.
const ROOMY: &[&str] = &["shared_buffers=1GB", "max_wal_size=512MB", "wal_level=minimal", "max_wal_senders=0"];

/// Which database a suite runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// In the node's data directory.
    Sqlite,
    /// A server of the test's own.
    Postgres,
}

/// A database for one test.
#[derive(Debug, Clone)]
pub enum Database {
    /// In the node's data directory.
    Sqlite,
    /// In a server of its own.
    Postgres {
        /// The server.
        server: Arc<Postgres>,
        /// How to reach the database in it.
        url: String,
    },
}

impl Database {
    /// A fresh one.
    pub async fn fresh(kind: Kind) -> Result<Self> {
        Ok(match kind {
            Kind::Sqlite => Self::Sqlite,
            Kind::Postgres => {
                let server = Arc::new(Postgres::start().await?);
                let url = server.database().await?;
                Self::Postgres { server, url }
            }
        })
    }

    /// One whose files are in a folder that is kept, on a server with room for much; what is there stays.
    pub async fn kept(kind: Kind, dir: &Path) -> Result<Self> {
        Ok(match kind {
            Kind::Sqlite => Self::Sqlite,
            Kind::Postgres => {
                let server = Arc::new(Postgres::at(&dir.join("postgres"), ROOMY).await?);
                let url = server.url("postgres");
                Self::Postgres { server, url }
            }
        })
    }

    /// Its URL, `None` for SQLite in the data directory.
    pub fn url(&self) -> Option<&str> {
        match self {
            Self::Sqlite => None,
            Self::Postgres { url, .. } => Some(url),
        }
    }

    /// A reader of its own connection; `data` is the node's data directory.
    pub async fn reader(&self, data: &Path) -> Result<Reader> {
        match self {
            Self::Sqlite => {
                let options = sqlx::sqlite::SqliteConnectOptions::new()
                    .filename(sqlite_file(data)?)
                    .read_only(true)
                    .busy_timeout(Duration::from_secs(10));
                let pool = sqlx::sqlite::SqlitePoolOptions::new().max_connections(1).connect_with(options).await?;
                Ok(Reader::Sqlite(pool))
            }
            Self::Postgres { url, .. } => {
                let pool = sqlx::postgres::PgPoolOptions::new().max_connections(1).connect(url).await?;
                Ok(Reader::Postgres(pool))
            }
        }
    }
}

/// The database file of a data directory, told by its first bytes.
pub fn sqlite_file(data: &Path) -> Result<std::path::PathBuf> {
    for entry in std::fs::read_dir(data)? {
        let path = entry?.path();
        let begins = |magic: &[u8]| std::fs::read(&path).is_ok_and(|bytes| bytes.starts_with(magic));
        if path.is_file() && begins(b"SQLite format 3\0") {
            return Ok(path);
        }
    }
    anyhow::bail!("no SQLite database in {}", data.display())
}

/// Reads statements that answer with integers and text.
#[derive(Debug, Clone)]
pub enum Reader {
    /// Of SQLite.
    Sqlite(sqlx::SqlitePool),
    /// Of PostgreSQL.
    Postgres(sqlx::PgPool),
}

impl Reader {
    /// The integers of the one row that `statement` answers with.
    pub async fn integers(&self, statement: &str) -> Result<Vec<i64>> {
        let statement = sqlx::AssertSqlSafe(statement.to_owned());
        match self {
            Self::Sqlite(pool) => {
                let row = sqlx::query(statement).fetch_one(pool).await?;
                (0..row.len()).map(|at| row.try_get(at).with_context(|| format!("column {at}"))).collect()
            }
            Self::Postgres(pool) => {
                let row = sqlx::query(statement).fetch_one(pool).await?;
                (0..row.len()).map(|at| row.try_get(at).with_context(|| format!("column {at}"))).collect()
            }
        }
    }

    /// The one integer that `statement` answers with.
    pub async fn integer(&self, statement: &str) -> Result<i64> {
        self.integers(statement).await?.first().copied().context("no column")
    }
}
