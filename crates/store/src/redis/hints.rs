//! Hints between nodes: one that has changed something says so, and the others look at once instead of at their next look.

use super::{AWAY, Redis};
use crate::Store;
use futures::StreamExt as _;
use redis::AsyncTypedCommands as _;
use tokio_util::sync::CancellationToken;

/// Where they are told.
const CHANNEL: &str = "turnpike:changes";

/// Tells this node's changes and hears the others', until `stop`.
pub async fn hear(redis: Redis, store: Store, stop: CancellationToken) {
    let telling = tell(&redis, &store);
    let hearing = listen(&redis, &store);
    tokio::select! {
        () = stop.cancelled() => {}
        () = telling => {}
        () = hearing => {}
    }
}

async fn tell(redis: &Redis, store: &Store) {
    let Ok(mut connection) = redis.connection().await else { return std::future::pending().await };
    loop {
        store.changed().await;
        // A hint that is lost costs the others a quarter of a second.
        let _ = connection.publish(CHANNEL, "1").await;
    }
}

async fn listen(redis: &Redis, store: &Store) {
    loop {
        if let Ok(mut subscription) = redis.0.get_async_pubsub().await
            && subscription.subscribe(CHANNEL).await.is_ok()
        {
            let mut hints = subscription.on_message();
            while hints.next().await.is_some() {
                store.nudge_self();
            }
        }
        tokio::time::sleep(AWAY).await;
    }
}
