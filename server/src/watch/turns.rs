//! Jobs that look every so often whether it is their turn.

use std::{future::Future, time::Duration};
use tokio_util::sync::CancellationToken;

/// Takes turns until `stop`; one that is stopped in the middle is dropped where it is.
pub async fn every<F: Future<Output = ()>>(look: Duration, stop: &CancellationToken, mut turn: impl FnMut() -> F) {
    let mut turns = tokio::time::interval(look);
    turns.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let taken = async {
        loop {
            turns.tick().await;
            turn().await;
        }
    };
    tokio::select! {
        () = stop.cancelled() => {}
        () = taken => {}
    }
}
