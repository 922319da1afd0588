//! The one task that looks after this node's shares of budgets: returns what lies idle or is asked for by others, renews,
//! closes what lost nodes left.

use super::{node::NodeBudgets, purse::Purse, rows};
use crate::lease::rows as leases;
use std::{collections::HashSet, sync::Arc, time::Duration};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

/// Recalls are polled so often.
const TICK: Duration = Duration::from_millis(250);
const RENEW_MS: u64 = 30_000;
/// Tries again so soon after a failure.
const AGAIN_MS: u64 = 1_000;
/// A share nobody has asked for so long goes back.
const IDLE_MS: u64 = 5_000;

/// Runs until cancelled.
pub async fn keep(budgets: Arc<NodeBudgets>, lost_after: Duration, cancel: CancellationToken) {
    let mut tick = interval(TICK);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut renew_at = 0;
    loop {
        tokio::select! {
            () = cancel.cancelled() => return,
            _ = tick.tick() => {}
        }
        // Whatever is under way when the node stops may be dropped: every step can be repeated.
        tokio::select! {
            () = cancel.cancelled() => return,
            kept = once(&budgets, lost_after, &mut renew_at) => {
                if let Err(error) = kept {
                    tracing::debug!(%error, "budgets could not be looked after");
                }
            }
        }
    }
}

async fn once(budgets: &NodeBudgets, lost_after: Duration, renew_at: &mut u64) -> crate::Result<()> {
    let now = budgets.now_ms();
    let purses = budgets.all();
    if now >= *renew_at {
        *renew_at = now + AGAIN_MS;
        if !purses.is_empty() {
            rows::renew(budgets.db(), budgets.holder()).await?;
        }
        rows::expire(budgets.db(), i64::try_from(lost_after.as_micros()).unwrap_or(i64::MAX)).await?;
        *renew_at = now + RENEW_MS;
    }
    if purses.is_empty() {
        return Ok(());
    }
    let wanted: HashSet<_> = leases::recalled(budgets.db(), &budgets.holder().node).await?.into_iter().collect();
    for purse in &purses {
        let over = budgets.is_over(purse);
        if over || purse.idle_ms(now) >= IDLE_MS || wanted.contains(&purse.tenant) || owes(purse) {
            budgets.give_back(purse).await?;
        }
        if over || purse.idle_ms(now) >= IDLE_MS {
            budgets.forget(purse);
        }
    }
    Ok(())
}

/// Whether the database does not know yet what was returned.
fn owes(purse: &Purse) -> bool {
    purse.books.try_lock().is_ok_and(|books| !books.told)
}
