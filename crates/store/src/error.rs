//! The store's one error: what went wrong, and whether trying again makes sense.

use domain::money::NanoUsd;
use std::borrow::Cow;

/// What every function of this crate that touches the database answers with.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why the store did not do it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database is away, overloaded or lost the connection. Trying again makes sense.
    #[error("the database is away")]
    Unavailable(#[source] Option<sqlx::Error>),
    /// Another transaction was in the way. Trying again at once makes sense.
    #[error("another transaction was in the way")]
    Contended(#[source] sqlx::Error),
    /// There is no such thing (or it is not the caller's to see).
    #[error("no such {0}")]
    NotFound(&'static str),
    /// It exists already, or something depends on it.
    #[error("{0}")]
    Conflict(Cow<'static, str>),
    /// A value that cannot be taken: which field, and why.
    #[error("{field}: {why}")]
    Invalid {
        /// The field as the API names it.
        field: &'static str,
        /// What is wrong, for a person.
        why: Cow<'static, str>,
    },
    /// Money that is not there (or is at work in running requests) cannot be taken away.
    #[error("only {available} USD are available")]
    Insufficient {
        /// What could be taken now.
        available: NanoUsd,
    },
    /// The idempotency key was used with another body.
    #[error("this Idempotency-Key was used with another body")]
    IdempotencyMismatch,
    /// A sealed secret was altered, moved to another row, or sealed with a key that is not here.
    #[error("a sealed secret does not open: {0}")]
    Seal(&'static str),
    /// The row breaks a rule of the schema: a defect of ours.
    #[error("the database refused the row")]
    Constraint(#[source] sqlx::Error),
    /// A unique constraint; callers turn it into [`Error::Conflict`] with words.
    #[error("it exists already")]
    Duplicate(#[source] sqlx::Error),
    /// A stored value that this build cannot read.
    #[error("a stored {0} cannot be read")]
    Corrupt(&'static str),
    /// The schema is not the one this build made.
    #[error("migration {0} in the database differs from this build's")]
    Migration(i64),
    /// `database.url` cannot be used.
    #[error("database.url: {0}")]
    Url(Cow<'static, str>),
    /// A file beside the database.
    #[error("{0}: {1}")]
    File(String, #[source] std::io::Error),
    /// Anything else the database said.
    #[error("the database failed")]
    Database(#[source] sqlx::Error),
}

impl Error {
    /// A field that cannot be taken.
    pub fn invalid(field: &'static str, why: impl Into<Cow<'static, str>>) -> Self {
        Self::Invalid { field, why: why.into() }
    }

    /// A conflict in words.
    pub fn conflict(why: impl Into<Cow<'static, str>>) -> Self {
        Self::Conflict(why.into())
    }

    /// Whether the same call may succeed a little later without anyone changing anything.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::Contended(_))
    }

    /// [`Error::Duplicate`] with words for the caller; anything else unchanged.
    pub fn duplicate_means(self, why: &'static str) -> Self {
        if matches!(self, Self::Duplicate(_)) { Self::conflict(why) } else { self }
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        use sqlx::Error as E;
        let Some(database) = error.as_database_error() else {
            return match error {
                E::Io(_) | E::Tls(_) | E::PoolTimedOut | E::PoolClosed | E::WorkerCrashed | E::Protocol(_) => {
                    Self::Unavailable(Some(error))
                }
                _ => Self::Database(error),
            };
        };
        if database.is_unique_violation() {
            return Self::Duplicate(error);
        }
        if database.is_check_violation() || database.is_foreign_key_violation() {
            return Self::Constraint(error);
        }
        let code = database.code().unwrap_or_default().into_owned();
        let sqlite = database.try_downcast_ref::<sqlx::sqlite::SqliteError>().is_some();
        // SQLite's primary code is the low byte: 5 BUSY, 6 LOCKED, 10 IOERR, 13 FULL, 14 CANTOPEN
        // (https://sqlite.org/rescode.html). PostgreSQL: class 08 connection, 53 resources, 57P0x shutdown, 25006
        // read-only, 40xxx rollback, 55P03 lock, 57014 cancelled (https://www.postgresql.org/docs/15/errcodes-appendix.html).
        if sqlite {
            return match code.parse::<i64>().map(|code| code & 0xff) {
                Ok(5 | 6) => Self::Contended(error),
                Ok(10 | 13 | 14) => Self::Unavailable(Some(error)),
                _ => Self::Database(error),
            };
        }
        match code.as_str() {
            "40001" | "40P01" | "55P03" | "57014" => Self::Contended(error),
            "25006" => Self::Unavailable(Some(error)),
            code if code.starts_with("08") || code.starts_with("53") || code.starts_with("57P0") => {
                Self::Unavailable(Some(error))
            }
            _ => Self::Database(error),
        }
    }
}
