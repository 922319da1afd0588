//! Bills that make themselves: every month that has ended is frozen for every tenant, by one node.

use crate::watch::turns;
use std::{sync::Arc, time::Duration};
use store::{Store, statements::Letterhead, time::now_us};
use tokio_util::sync::CancellationToken;

/// How often a node looks whether it is its turn.
const LOOK: Duration = Duration::from_secs(60);
/// How often one does it.
const EVERY_US: i64 = 600 * 1_000_000;

/// Freezes what is due, until `stop`.
pub async fn freeze(store: Store, letterhead: Arc<Letterhead>, stop: CancellationToken) {
    turns::every(LOOK, &stop, || async {
        match look(&store, &letterhead).await {
            Ok(0) => {}
            Ok(made) => tracing::info!(made, "statements were frozen"),
            Err(error) => tracing::warn!(%error, "statements could not be frozen"),
        }
    })
    .await;
}

async fn look(store: &Store, letterhead: &Letterhead) -> store::Result<u32> {
    if store.jobs().claim("statements", EVERY_US).await? {
        store.statements().freeze_due(letterhead, now_us()).await
    } else {
        Ok(0)
    }
}
