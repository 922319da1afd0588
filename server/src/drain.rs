//! Stopping without a caller noticing: refuse no one at first, then accept no one, then wait for streams, then settle.

use crate::{config::Config, listener::Stages, signals::Stops};
use tokio::time::{sleep, timeout};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// Waits for the first stop signal, then drains: returns when every connection and every pump has ended.
pub async fn drain(
    mut stops: Stops,
    config: &Config,
    stages: &Stages,
    connections: &TaskTracker,
    work: &TaskTracker,
    end_streams: &CancellationToken,
) {
    stops.next().await;
    tracing::info!("draining");
    stages.draining.cancel();
    // Load balancers see `/readyz` fail before the door closes.
    let again = tokio::select! {
        () = sleep(config.relay.drain_grace) => false,
        () = stops.next() => true,
    };
    stages.closed.cancel();
    connections.close();
    if !again {
        tokio::select! {
            () = connections.wait() => {}
            () = sleep(config.relay.drain) => {}
            () = stops.next() => {}
        }
    }
    end_streams.cancel();
    // Ended streams still have to be written to their callers, who may not read.
    let _ = timeout(config.server.write_stall, connections.wait()).await;
    work.close();
    let _ = timeout(config.relay.caller_left, work.wait()).await;
}
