//! Rolls usage up further when an hour, a day or a month is over. One node does it for all.

use super::turns;
use std::time::Duration;
use store::{Store, rollups::keep, time::now_us};
use tokio_util::sync::CancellationToken;

/// How often it is looked whether it is time.
const LOOK: Duration = Duration::from_secs(30);
/// How often it is done, in microseconds.
const EVERY_US: i64 = 60 * 1_000_000;

/// Until `stop`: every minute, wherever it is time first.
pub async fn watch(store: Store, stop: CancellationToken) {
    // Stopped in the middle it rolls back.
    turns::every(LOOK, &stop, || async {
        if let Err(error) = turn(&store).await {
            tracing::warn!(%error, "usage could not be rolled up; it is at the next turn");
        }
    })
    .await;
}

async fn turn(store: &Store) -> store::Result<()> {
    if !store.jobs().claim("usage_rollups", EVERY_US).await? {
        return Ok(());
    }
    while keep(store.db(), now_us()).await? > 0 {}
    Ok(())
}
