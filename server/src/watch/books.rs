//! Reconciles every hour and keeps what was found: pages show that, and do not wait for the next one.

use super::turns;
use std::{path::PathBuf, time::Duration};
use store::{
    Store,
    reconcile::{keep, reconcile},
};
use tokio_util::sync::CancellationToken;

/// How often it is looked whether it is time.
const LOOK: Duration = Duration::from_secs(60);
/// How often it is done, in microseconds.
const EVERY_US: i64 = 3_600 * 1_000_000;

/// Until `stop`: every hour, by one node, beside its own journal.
pub async fn watch(store: Store, data_dir: PathBuf, stop: CancellationToken) {
    turns::every(LOOK, &stop, || async {
        if let Err(error) = turn(&store, &data_dir).await {
            tracing::warn!(%error, "the books could not be compared; they are in an hour");
        }
    })
    .await;
}

async fn turn(store: &Store, data_dir: &std::path::Path) -> store::Result<()> {
    if !store.jobs().claim("reconciliation", EVERY_US).await? {
        return Ok(());
    }
    let report = reconcile(store.db(), data_dir).await?;
    if !report.is_clean() {
        tracing::error!(difference = %report.difference(), "the books do not add up: {report}");
    }
    keep(store.db(), &report).await
}
