//! Leases: money this node has drawn from wallets, so that a hold needs no database.
//!
//! The fast path is one atomic subtraction ([`pool::Pool::hold`]). A pool that is short draws once more; requests behind
//! that draw wait for its mutex and share its answer, so that a crowd at an empty wallet is refused together. Where others
//! hold leases on the wallet, a short draw asks for their idle fragments and waits a second at most. The keeper
//! ([`keeper`]) draws ahead, renews, and returns what lies idle. Past the deadline (a monotonic clock, counted from before
//! the last renewal was asked for) nothing is admitted: from then on the database may give the money to others.

#![deny(clippy::float_arithmetic)]

pub mod keeper;
pub mod pool;
pub mod rows;

use crate::db::Db;
use domain::{ids::TenantId, money::NanoUsd, ports::HoldRefused};
use pool::{Books, Pool, Pools, Refusal};
use rows::{Draw, Drawn, Holder};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

/// A node stops admitting so long before the end of the life of leases that it last asked to renew.
const MARGIN: Duration = Duration::from_secs(5);
/// A short draw waits so long for other nodes' fragments.
pub(crate) const RECALL_WAIT: Duration = Duration::from_secs(1);
/// Between two looks at the wallet while waiting.
pub(crate) const RECALL_LOOK: Duration = Duration::from_millis(200);

/// How much is leased.
#[derive(Debug, Clone)]
pub struct LeaseConfig {
    /// Never less than this is drawn, while there is as much.
    pub minimum: NanoUsd,
    /// How many seconds of recent spend a lease covers.
    pub spend_seconds: u32,
    /// How long a lease lives without a renewal.
    pub lifetime: Duration,
    /// How long after its lease ran out a node is given up.
    pub lost_node_after: Duration,
}

impl LeaseConfig {
    fn lifetime_us(&self) -> i64 {
        i64::try_from(self.lifetime.as_micros()).unwrap_or(i64::MAX)
    }

    fn lifetime_ms(&self) -> u64 {
        u64::try_from(self.lifetime.as_millis()).unwrap_or(u64::MAX)
    }

    /// How long holds may be made after a renewal was asked for.
    fn deadline_ms(&self) -> u64 {
        u64::try_from(self.lifetime.saturating_sub(MARGIN).as_millis()).unwrap_or(u64::MAX)
    }
}

/// This node's leases.
#[derive(Debug)]
pub struct Leases {
    db: Db,
    holder: Holder,
    config: LeaseConfig,
    /// By tenant.
    pub pools: Pools,
    started: Instant,
    deadline_ms: AtomicU64,
}

impl Leases {
    /// No leases yet.
    pub fn new(db: Db, holder: Holder, config: LeaseConfig) -> Self {
        Self {
            db,
            holder,
            pools: Pools::default(),
            started: Instant::now(),
            deadline_ms: AtomicU64::new(config.deadline_ms()),
            config,
        }
    }

    /// Whose leases they are.
    pub fn holder(&self) -> &Holder {
        &self.holder
    }

    /// Milliseconds since this node started, monotonic.
    pub fn now_ms(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Whether holds may be made: the last renewal is not too long ago.
    pub fn are_live(&self) -> bool {
        self.now_ms() < self.deadline_ms.load(Ordering::Acquire)
    }

    /// Counts the deadline from `asked_ms`, when a renewal that succeeded was asked for.
    fn renewed(&self, asked_ms: u64) {
        self.deadline_ms.fetch_max(asked_ms.saturating_add(self.config.deadline_ms()), Ordering::AcqRel);
    }

    /// Sets `amount` of the tenant's money aside.
    ///
    /// # Errors
    /// Why not.
    pub async fn hold(&self, tenant: TenantId, amount: NanoUsd) -> Result<(), HoldRefused> {
        let amount = amount.0.max(0);
        loop {
            let pool = self.pools.get(tenant);
            if pool.is_frozen() {
                return Err(HoldRefused::Frozen);
            }
            let now = self.now_ms();
            if now >= self.deadline_ms.load(Ordering::Acquire) {
                return Err(HoldRefused::Unavailable);
            }
            if amount == 0 || pool.hold(amount, now) {
                return Ok(());
            }
            if let Some(answer) = self.queue(&pool, amount).await {
                return answer;
            }
            // Evicted meanwhile: the tenant has another pool now.
        }
    }

    /// Waits for its turn to draw. `None`: the pool was evicted.
    async fn queue(&self, pool: &Arc<Pool>, need: i64) -> Option<Result<(), HoldRefused>> {
        let seen = pool.draws.load(Ordering::Acquire);
        let _waiting = Waiting::new(pool, need);
        let mut books = pool.books.lock().await;
        if pool.is_retired() {
            return None;
        }
        if pool.hold(need, self.now_ms()) {
            return Some(Ok(()));
        }
        let last = *pool.refusal.lock();
        if let Some(same) = last.and_then(|refusal| refusal.answers(seen, need)) {
            return Some(Err(same));
        }
        let answer = self.draw_and_hold(pool, &mut books, need).await;
        if let Err(why) = answer {
            *pool.refusal.lock() = Some(Refusal { draw: pool.draws.load(Ordering::Acquire), need, why });
        }
        Some(answer)
    }

    /// Claims what is there, draws what is missing, and holds both; or puts the claim back.
    async fn draw_and_hold(&self, pool: &Pool, books: &mut Books, need: i64) -> Result<(), HoldRefused> {
        pool.draws.fetch_add(1, Ordering::AcqRel);
        let mut claim = Claim::new(pool).more(need);
        let mut asked_others = false;
        let started = Instant::now();
        loop {
            if claim.amount >= need {
                claim.hold(need);
                return Ok(());
            }
            match self.draw(pool, books, need - claim.amount).await {
                Ok(Drawn::Granted { amount, .. }) => claim = claim.and_drawn(amount),
                Ok(Drawn::Frozen) => return Err(HoldRefused::Frozen),
                Ok(Drawn::Short { elsewhere }) => {
                    let insufficient = HoldRefused::Insufficient { needed: NanoUsd(need) };
                    if !elsewhere {
                        return Err(insufficient);
                    }
                    // Two nodes that both sit on half of the last hold would both be refused: put it where both look.
                    let idle = std::mem::take(&mut claim.amount);
                    books.returned += idle;
                    books.returned_known &= idle == 0;
                    let others_ask = !asked_others && pool.is_recalled(self.now_ms());
                    if self.ask_others(pool, books, asked_others || others_ask).await.is_err() {
                        return Err(HoldRefused::Unavailable);
                    }
                    if others_ask || started.elapsed() >= RECALL_WAIT {
                        return Err(insufficient);
                    }
                    asked_others = true;
                    tokio::time::sleep(RECALL_LOOK).await;
                    claim = claim.more(need);
                }
                Err(error) => {
                    tracing::debug!(%error, "no draw");
                    return Err(HoldRefused::Unavailable);
                }
            }
        }
    }

    /// Returns what is owed to the wallet, and asks other nodes for what lies idle there.
    async fn ask_others(&self, pool: &Pool, books: &mut Books, asked: bool) -> crate::Result<()> {
        if !books.returned_known {
            rows::give_back(&self.db, &self.holder, pool.tenant, books.returned).await?;
            books.returned_known = true;
        }
        if !asked {
            pool.recall_until(self.now_ms() + 1000);
            rows::recall(&self.db, pool.tenant, &self.holder.node).await?;
        }
        Ok(())
    }

    /// One draw, after any whose answer was lost.
    async fn draw(&self, pool: &Pool, books: &mut Books, need: i64) -> crate::Result<Drawn> {
        if pool.is_lost() {
            return Err(crate::Error::Unavailable(None));
        }
        let minimum = self.config.minimum.0;
        let now = self.now_ms();
        let (want, at_least) = if pool.is_recalled(now) && need > 0 {
            (0, 0)
        } else {
            let target = pool.target(i64::from(self.config.spend_seconds));
            // Used up within a second, before the keeper could measure how fast: twice as much.
            let ramp = books
                .last_draw
                .filter(|(at, _)| need > 0 && now < at + 1000)
                .map_or(0, |(_, last)| last.saturating_mul(2));
            (pool.waiting().max(ramp).max(target.saturating_sub(pool.available())), minimum)
        };
        let drawn = self.ask(books, self.new_draw(pool, need, want, at_least)).await?;
        if let Drawn::Granted { amount, returned } = drawn {
            self.told_returned(pool, books, returned);
            books.drawn = true;
            if pool.is_lost() {
                // Not mixed with what is not ours any more.
                books.returned += amount;
                books.returned_known = false;
                return Err(crate::Error::Unavailable(None));
            }
            if need > 0 {
                books.last_draw = Some((now, amount));
            }
        }
        metrics::counter!("turnpike_lease_draws_total").increment(1);
        Ok(drawn)
    }

    fn new_draw(&self, pool: &Pool, need: i64, want: i64, at_least: i64) -> Draw {
        let lifetime_us = self.config.lifetime_us();
        Draw { id: [0; 16], tenant: pool.tenant, need, want, at_least, lifetime_us, again: false }
    }

    /// The database says how much of a lease was returned. More than this node returned: others took it for lost and closed
    /// the lease, so what the pool has of it is not ours any more.
    fn told_returned(&self, pool: &Pool, books: &mut Books, returned: i64) {
        if books.drawn && returned > books.returned {
            tracing::error!(tenant = %pool.tenant, "others took this node for lost and closed its lease");
            metrics::counter!("turnpike_leases_lost_total").increment(1);
            pool.lose();
        }
        books.returned = books.returned.max(returned);
    }

    /// Asks for a draw, under the id of one whose answer was lost, if there is one.
    async fn ask(&self, books: &mut Books, draw: Draw) -> crate::Result<Drawn> {
        let again = books.in_doubt.is_some();
        let id = *books.in_doubt.get_or_insert_with(rand::random);
        let drawn = rows::draw(&self.db, &self.holder, Draw { id, again, ..draw }).await?;
        // A new draw that was refused was not made. One asked again may be on its way yet.
        if !again || matches!(drawn, Drawn::Granted { .. }) {
            books.in_doubt = None;
        }
        Ok(drawn)
    }

    /// Returns what is available in the pool over `keep`, unless a draw is under way.
    ///
    /// # Errors
    /// The database's; the amount stays taken out, and is told again by the keeper.
    pub async fn give_back(&self, pool: &Pool, keep: i64) -> crate::Result<()> {
        let Ok(mut books) = pool.books.try_lock() else { return Ok(()) };
        if books.in_doubt.is_some() {
            // Makes the smallest draw there is, if it was never made.
            let draw = Draw { again: true, ..self.new_draw(pool, 1, 0, 0) };
            if let Drawn::Granted { amount, returned } = self.ask(&mut books, draw).await? {
                self.told_returned(pool, &mut books, returned);
                pool.put(amount);
            }
        }
        let idle = pool.claim((pool.available() - keep).max(0));
        if idle == 0 && books.returned_known {
            return Ok(());
        }
        books.returned += idle;
        books.returned_known = false;
        rows::give_back(&self.db, &self.holder, pool.tenant, books.returned).await?;
        books.returned_known = true;
        Ok(())
    }

    /// A tenant was frozen or thawed.
    pub fn set_frozen(&self, tenant: TenantId, frozen: bool) {
        let pool = if frozen { Some(self.pools.get(tenant)) } else { self.pools.find(tenant) };
        if let Some(pool) = pool {
            pool.set_frozen(frozen);
        }
    }
}

/// Money taken out of a pool on the way to a hold; goes back when dropped.
struct Claim<'a> {
    pool: &'a Pool,
    amount: i64,
    /// How often the pool had lost its lease when this was taken.
    losses: u64,
}

impl<'a> Claim<'a> {
    fn new(pool: &'a Pool) -> Self {
        Self { pool, amount: 0, losses: pool.losses() }
    }

    /// With what was just drawn; what was taken out before a loss is void.
    fn and_drawn(mut self, amount: i64) -> Self {
        if self.is_void() {
            self.amount = 0;
            self.losses = self.pool.losses();
        }
        self.amount += amount;
        self
    }

    fn is_void(&self) -> bool {
        self.losses != self.pool.losses()
    }

    /// Takes what is missing to `need`, as far as it is there.
    fn more(mut self, need: i64) -> Self {
        self.amount += self.pool.claim((need - self.amount).max(0));
        self
    }

    fn hold(mut self, need: i64) {
        self.pool.hold_claimed(need);
        self.amount -= need;
    }
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        if self.amount != 0 && !self.is_void() {
            self.pool.put(self.amount);
        }
    }
}

/// Counts a request that waits for a draw.
struct Waiting<'a>(&'a Pool, i64);

impl<'a> Waiting<'a> {
    fn new(pool: &'a Pool, need: i64) -> Self {
        pool.wait_for(need);
        Self(pool, need)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.wait_for(-self.1);
    }
}
