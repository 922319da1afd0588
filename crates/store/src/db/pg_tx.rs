//! An open transaction on PostgreSQL: whoever drops it, wherever it stands, it is rolled back before its connection is used
//! again, or the connection is closed.
//!
//! Why not sqlx's own: dropped while its `BEGIN` is on the way, sqlx 0.9.0 puts the connection back into the pool inside the
//! transaction, and what others then write through it is never committed
//! (<https://github.com/launchbadge/sqlx/issues/4393>). Callers leave at any moment, so that happens.

use sqlx::{PgPool, Postgres, pool::PoolConnection, postgres::PgConnection, raw_sql};
use std::time::Duration;

/// How long a rollback may take before its connection is closed instead, which rolls back as well.
const ROLLBACK: Duration = Duration::from_secs(2);

/// Sends one statement without values and waits for its end.
async fn run(connection: &mut PgConnection, statement: &'static str) -> Result<(), sqlx::Error> {
    raw_sql(statement).execute(connection).await.map(drop)
}

/// An open transaction.
#[derive(Debug)]
pub struct PgTx {
    /// `None` once it has ended.
    connection: Option<PoolConnection<Postgres>>,
}

impl PgTx {
    /// Opens one with `statement`, a form of `BEGIN`.
    pub async fn begin(pool: &PgPool, statement: &'static str) -> Result<Self, sqlx::Error> {
        let mut tx = Self { connection: Some(pool.acquire().await?) };
        run(tx.connection()?, statement).await?;
        Ok(tx)
    }

    /// What its statements run on.
    pub fn connection(&mut self) -> Result<&mut PgConnection, sqlx::Error> {
        self.connection.as_deref_mut().ok_or(sqlx::Error::PoolClosed)
    }

    /// Ends it with `COMMIT` or `ROLLBACK`. Failed or given up, it is rolled back where it is still open.
    pub async fn end(mut self, statement: &'static str) -> Result<(), sqlx::Error> {
        run(self.connection()?, statement).await?;
        self.connection = None;
        Ok(())
    }
}

impl Drop for PgTx {
    fn drop(&mut self) {
        let Some(mut connection) = self.connection.take() else { return };
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            // The runtime is gone, and with it everything that could wait for an answer.
            drop(connection.detach());
            return;
        };
        // As sqlx does for every connection that goes back to its pool; bounded, and the pool waits for it when it closes.
        runtime.spawn(async move {
            let undone = tokio::time::timeout(ROLLBACK, run(&mut connection, "ROLLBACK")).await;
            if !matches!(undone, Ok(Ok(()))) {
                connection.close_on_drop();
            }
        });
    }
}
