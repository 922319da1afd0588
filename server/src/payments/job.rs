//! Looks after orders and refunds that nobody told the end of: a webhook may be missed, a call may break off.

use super::Payments;
use std::{sync::Arc, time::Duration};
use store::{Error, time};
use tokio_util::sync::CancellationToken;

/// Looks again and again, one node at a time, until told to stop.
pub async fn watch(payments: Arc<Payments>, stop: CancellationToken) {
    let mut every = tokio::time::interval(Duration::from_secs(u64::from(payments.config.look_seconds)));
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = every.tick() => {}
        }
        if let Err(error) = payments.look_after().await {
            tracing::warn!(%error, "pending payments could not be looked at");
        }
    }
}

impl Payments {
    async fn look_after(&self) -> Result<(), Error> {
        let every_us = i64::from(self.config.look_seconds) * 1_000_000;
        if self.providers().next().is_none() || !self.store.jobs().claim("payments", every_us / 2).await? {
            return Ok(());
        }
        let before_us = time::now_us() - every_us;
        for order in self.store.topups().to_look_at(before_us).await? {
            self.look_now(order).await?;
        }
        for (refund, order) in self.store.topups().refunds_to_ask(before_us).await? {
            self.ask_back(&refund, &order).await?;
        }
        Ok(())
    }
}
