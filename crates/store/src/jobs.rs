//! Jobs that one node does for all.

use crate::{Store, error::Result, sql, time};

/// Jobs. From [`Store::jobs`].
#[derive(Debug, Clone, Copy)]
pub struct Jobs<'a>(pub(crate) &'a Store);

impl Jobs<'_> {
    /// Whether this node is the one that does it now: it was last done `every_us` ago or longer.
    ///
    /// # Errors
    /// Any of [`crate::Error`]'s database kinds.
    pub async fn claim(self, name: &'static str, every_us: i64) -> Result<bool> {
        let now = time::now_us();
        let claim = sql!(
            "INSERT INTO jobs (name, done_until) VALUES ($1, $2) ON CONFLICT (name) \
             DO UPDATE SET done_until = excluded.done_until WHERE jobs.done_until <= $3",
            name,
            now,
            now - every_us
        );
        Ok(self.0.db().execute(claim).await? == 1)
    }
}
