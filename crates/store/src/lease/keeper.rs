//! The one task that looks after leases: draws ahead, returns what lies idle, renews, heeds recalls, expires lost nodes.

use super::{Leases, pool::Pool, rows};
use futures::StreamExt as _;
use std::{sync::Arc, time::Duration};
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

/// Recalls are polled, and pools measured, so often.
const TICK: Duration = Duration::from_millis(250);
/// A lease is renewed so many times in its life.
const RENEWALS: u64 = 4;
/// A pool nobody has held from for so long gives its money back.
const IDLE_MS: u64 = 30_000;
/// Between two looks for idle pools, and two tries of a failed renewal.
const LOOK_MS: u64 = 1_000;
const TIDY_MS: u64 = 600_000;
/// Draws and returns at a time.
const AT_ONCE: usize = 4;

/// When things were last done, in the leases' milliseconds.
#[derive(Debug, Default)]
struct Times {
    measured: u64,
    looked: u64,
    renew_at: u64,
    tidied: u64,
}

/// Runs until cancelled.
pub async fn keep(leases: Arc<Leases>, cancel: CancellationToken) {
    let mut tick = interval(TICK);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut times = Times::default();
    loop {
        tokio::select! {
            () = cancel.cancelled() => return,
            _ = tick.tick() => {}
        }
        // Whatever is under way when the node stops may be dropped: every step can be repeated.
        tokio::select! {
            () = cancel.cancelled() => return,
            () = once(&leases, &mut times) => {}
        }
    }
}

async fn once(leases: &Leases, times: &mut Times) {
    let now = leases.now_ms();
    if now >= times.renew_at {
        match renew(leases, now).await {
            Ok(()) => times.renew_at = now + leases.config.lifetime_ms() / RENEWALS,
            Err(error) => {
                tracing::debug!(%error, "leases could not be renewed");
                times.renew_at = now + LOOK_MS;
            }
        }
    }
    let pools = leases.pools.all();
    let elapsed = now.saturating_sub(std::mem::replace(&mut times.measured, now));
    pools.iter().for_each(|pool| pool.measure(elapsed));
    if let Err(error) = heed_recalls(leases, now).await {
        // Everything else would find the same, one pool after the other.
        tracing::debug!(%error, "the database is away");
        return;
    }
    if leases.are_live() {
        draw_ahead(leases, &pools, now).await;
    }
    if now >= times.looked + LOOK_MS {
        times.looked = now;
        return_idle(leases, &pools, now).await;
    }
    if now >= times.tidied + TIDY_MS {
        times.tidied = now;
        report(rows::tidy(&leases.db).await, "old draws could not be deleted");
    }
}

fn report(done: crate::Result<()>, what: &str) {
    if let Err(error) = done {
        tracing::debug!(%error, what, "the database is away or busy");
    }
}

/// Renews all leases now, asked at `now`.
pub(crate) async fn renew(leases: &Leases, now: u64) -> crate::Result<()> {
    let lifetime_us = leases.config.lifetime_us();
    let (live, clock_offset_us) = rows::renew(&leases.db, leases.holder(), lifetime_us).await?;
    // A metric, in seconds as Prometheus wants it; no money.
    let offset = Duration::from_micros(clock_offset_us.unsigned_abs()).as_secs_f64();
    metrics::gauge!("turnpike_clock_offset_seconds").set(offset);
    if offset > 1.0 {
        tracing::warn!(offset, "this node's clock differs from the database's by more than a second");
    }
    // Past the deadline others may have closed leases, and nobody draws: what is under way ends soon.
    let was_away = !leases.are_live();
    for pool in leases.pools.all() {
        let ours = pool.available() > 0 || pool.held() > 0;
        let mut books = match pool.books.try_lock() {
            Ok(books) => books,
            Err(_) if ours && was_away => pool.books.lock().await,
            // The draw that is under way finds out itself.
            Err(_) => continue,
        };
        // A lease drawn since the renewal is not in its answer.
        let returned = match live.get(&pool.tenant) {
            Some(returned) => Some(*returned),
            None if ours => rows::closed(&leases.db, leases.holder(), pool.tenant).await?,
            None => None,
        };
        if let Some(returned) = returned {
            leases.told_returned(&pool, &mut books, returned);
        }
    }
    // Only now: what others have closed is no longer held from.
    leases.renewed(now);
    let lost_after = i64::try_from(leases.config.lost_node_after.as_micros()).unwrap_or(i64::MAX);
    rows::expire(&leases.db, lost_after).await.map(drop)
}

async fn heed_recalls(leases: &Leases, now: u64) -> crate::Result<()> {
    let tenants = rows::recalled(&leases.db, &leases.holder().node).await?;
    let pools = tenants.into_iter().filter_map(|tenant| leases.pools.find(tenant));
    futures::stream::iter(pools)
        .for_each_concurrent(AT_ONCE, |pool| async move {
            pool.recall_until(now + 1000);
            report(leases.give_back(&pool, 0).await, "a recalled lease could not be returned");
        })
        .await;
    Ok(())
}

/// Pools that would run short within half of their target get more before a request has to wait for it.
async fn draw_ahead(leases: &Leases, pools: &[Arc<Pool>], now: u64) {
    let seconds = i64::from(leases.config.spend_seconds);
    let thirsty = pools.iter().filter(|pool| {
        let wants = pool.available() < pool.target(seconds) / 4 * 3;
        wants && !pool.is_frozen() && !pool.is_lost() && !pool.is_recalled(now) && !pool.is_retired()
    });
    futures::stream::iter(thirsty)
        .for_each_concurrent(AT_ONCE, |pool| async move {
            let Ok(mut books) = pool.books.try_lock() else { return };
            match leases.draw(pool, &mut books, 0).await {
                Ok(rows::Drawn::Granted { amount, .. }) => pool.put(amount),
                Ok(_) => {}
                Err(error) => tracing::debug!(%error, "no draw ahead"),
            }
        })
        .await;
}

async fn return_idle(leases: &Leases, pools: &[Arc<Pool>], now: u64) {
    futures::stream::iter(pools)
        .for_each_concurrent(AT_ONCE, |pool| async move {
            let idle = pool.idle_ms(now) >= IDLE_MS;
            let owed = pool.books.try_lock().is_ok_and(|books| books.in_doubt.is_some() || !books.returned_known);
            if (idle && pool.available() > 0) || pool.is_frozen() || owed {
                let keep = if idle || pool.is_frozen() { 0 } else { pool.available() };
                report(leases.give_back(pool, keep).await, "an idle lease could not be returned");
            }
            if idle
                && let Ok(books) = pool.books.try_lock()
                && books.in_doubt.is_none()
                && books.returned_known
                && pool.retire()
            {
                leases.pools.remove(pool);
            }
        })
        .await;
}
