//! Sums by the minute are kept for some days; those by the hour for good.

use super::rollup::{HOUR_US, MINUTE_US};
use crate::{db::Db, error::Result, sql, time};

/// How long they are kept, in microseconds: two days to look at and two to compare them with.
pub const KEPT_US: i64 = 96 * HOUR_US;

/// What was done about it.
#[derive(Debug, Default)]
pub struct Kept {
    /// The hour of the last time.
    hour: i64,
}

impl Kept {
    /// Once an hour, takes out what is too old. Every node may.
    pub async fn prune(&mut self, db: &Db) -> Result<()> {
        let now = time::now_us();
        if now.div_euclid(HOUR_US) == self.hour {
            return Ok(());
        }
        // Before the attempt: one that fails is made again in an hour, not after every batch.
        self.hour = now.div_euclid(HOUR_US);
        let before = now - KEPT_US;
        db.execute(sql!("DELETE FROM usage_minutes WHERE minute_us < $1", before)).await?;
        let durations = "DELETE FROM usage_durations WHERE span_us = $1 AND slot_us < $2";
        db.execute(sql!(durations, MINUTE_US, before)).await?;
        Ok(())
    }
}
