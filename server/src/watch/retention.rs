//! Keeps months of usage made ahead on PostgreSQL, and freezes those that are old. One node does it for all.

use super::turns;
use std::time::Duration;
use store::{Store, retention::keep, time::now_us};
use tokio_util::sync::CancellationToken;

/// How often it is looked whether it is time.
const LOOK: Duration = Duration::from_secs(60);
/// How often it is done, in microseconds. What a lock held up is tried again then.
const EVERY_US: i64 = 10 * 60 * 1_000_000;

/// Until `stop`: every ten minutes, wherever it is time first.
pub async fn watch(store: Store, months: u32, stop: CancellationToken) {
    // Stopped in the middle it rolls back.
    turns::every(LOOK, &stop, || turn(&store, months)).await;
}

async fn turn(store: &Store, months: u32) {
    match store.jobs().claim("usage_months", EVERY_US).await {
        Ok(true) => {}
        Ok(false) => return,
        Err(error) => {
            tracing::warn!(%error, "whether months of usage are to be looked after could not be told");
            return;
        }
    }
    match keep(store.db(), months, now_us()).await {
        Ok(kept) => {
            if kept.made > 0 || kept.frozen > 0 {
                tracing::info!(
                    made = kept.made,
                    frozen = kept.frozen,
                    "months of usage made ahead, old rows frozen into days"
                );
            }
            if let Some(waits) = kept.waits {
                tracing::info!("old usage is kept on: {waits}");
            }
        }
        Err(error) => tracing::warn!(%error, "months of usage could not be looked after; they are at the next turn"),
    }
}
