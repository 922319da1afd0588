//! Bills that make themselves: every month that has ended is frozen for every tenant, by one node.

use std::{sync::Arc, time::Duration};
use store::{Store, statements::Letterhead, time::now_us};
use tokio_util::sync::CancellationToken;

/// How often a node looks whether it is its turn.
const LOOK: Duration = Duration::from_secs(60);
/// How often one does it.
const EVERY_US: i64 = 600 * 1_000_000;

/// Freezes what is due, until `stop`.
pub async fn freeze(store: Store, letterhead: Arc<Letterhead>, stop: CancellationToken) {
    let mut looks = tokio::time::interval(LOOK);
    looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = looks.tick() => {}
        }
        let looked = tokio::select! {
            () = stop.cancelled() => return,
            looked = look(&store, &letterhead) => looked,
        };
        match looked {
            Ok(0) => {}
            Ok(made) => tracing::info!(made, "statements were frozen"),
            Err(error) => tracing::warn!(%error, "statements could not be frozen"),
        }
    }
}

async fn look(store: &Store, letterhead: &Letterhead) -> store::Result<u32> {
    if store.jobs().claim("statements", EVERY_US).await? {
        store.statements().freeze_due(letterhead, now_us()).await
    } else {
        Ok(0)
    }
}
