//! One tenant's lease as this node spends it: holds are an atomic subtraction, without a lock or an allocation.
//!
//! In memory: granted = available + held + settled (of it, undrained: pending) + returned. Whatever talks to the database
//! about a pool does so under its one async mutex, so grants and returns come one after another. An evicted pool holds
//! [`RETIRED`] as its available amount: whoever still has it looks the tenant up again.

use domain::{ids::TenantId, money::NanoUsd, ports::HoldRefused};
use parking_lot::RwLock;
use std::{
    collections::HashMap,
    hash::{BuildHasher as _, RandomState},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering},
    },
};

const RETIRED: i64 = i64::MIN / 2;

/// What is known to the database, changed under the pool's mutex only.
#[derive(Debug, Default)]
pub struct Books {
    /// A draw whose answer was lost: asked again under its id, before anything else.
    pub in_doubt: Option<[u8; 16]>,
    /// Whether this pool ever drew; the lease may have been its predecessor's.
    pub drawn: bool,
    /// Returned so far, in total.
    pub returned: i64,
    /// Whether the database knows that total.
    pub returned_known: bool,
    /// When a request last had to wait for a draw (in the leases' milliseconds), and what it got.
    pub last_draw: Option<(u64, i64)>,
}

/// A draw that came to nothing.
#[derive(Debug, Clone, Copy)]
pub struct Refusal {
    /// Which draw, counted from 1.
    pub draw: u64,
    /// For how much.
    pub need: i64,
    /// Why.
    pub why: HoldRefused,
}

impl Refusal {
    /// The same answer for a request that needs `need` and was queued when `seen` draws had begun: it would have been told
    /// the same, had its turn come first.
    pub fn answers(&self, seen: u64, need: i64) -> Option<HoldRefused> {
        match self.why {
            _ if self.draw <= seen => None,
            HoldRefused::Insufficient { .. } if self.need > need => None,
            HoldRefused::Insufficient { .. } => Some(HoldRefused::Insufficient { needed: NanoUsd(need) }),
            other => Some(other),
        }
    }
}

/// A tenant's money on this node.
#[derive(Debug)]
pub struct Pool {
    /// Whose.
    pub tenant: TenantId,
    available: AtomicI64,
    held: AtomicI64,
    pending: AtomicI64,
    spent: AtomicI64,
    waiting: AtomicI64,
    used_ms: AtomicU64,
    recalled_until_ms: AtomicU64,
    frozen: AtomicBool,
    lost: AtomicBool,
    losses: AtomicU64,
    /// Draws begun so far.
    pub draws: AtomicU64,
    /// The last draw that came to nothing.
    pub refusal: parking_lot::Mutex<Option<Refusal>>,
    /// Taken by whoever asks the database.
    pub books: tokio::sync::Mutex<Books>,
    pace: parking_lot::Mutex<Pace>,
}

/// How fast a tenant spends.
#[derive(Debug, Clone, Copy, Default)]
struct Pace {
    spent: i64,
    per_second: i64,
}

impl Pool {
    fn new(tenant: TenantId) -> Self {
        Self {
            tenant,
            available: AtomicI64::new(0),
            held: AtomicI64::new(0),
            pending: AtomicI64::new(0),
            spent: AtomicI64::new(0),
            waiting: AtomicI64::new(0),
            used_ms: AtomicU64::new(0),
            recalled_until_ms: AtomicU64::new(0),
            frozen: AtomicBool::new(false),
            lost: AtomicBool::new(false),
            losses: AtomicU64::new(0),
            draws: AtomicU64::new(0),
            refusal: parking_lot::Mutex::default(),
            books: tokio::sync::Mutex::new(Books { returned_known: true, ..Books::default() }),
            pace: parking_lot::Mutex::default(),
        }
    }

    /// Sets `amount` aside, if so much is there.
    pub fn hold(&self, amount: i64, now_ms: u64) -> bool {
        self.used_ms.store(now_ms, Ordering::Relaxed);
        // Held first: an eviction that sees nothing held then finds money taken, or the other way round.
        self.held.fetch_add(amount, Ordering::SeqCst);
        let taken = self.available.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |available| {
            (available >= amount).then(|| available - amount)
        });
        if taken.is_err() {
            self.held.fetch_sub(amount, Ordering::SeqCst);
        }
        taken.is_ok()
    }

    /// Takes up to `amount` out of what is available; the caller puts it back or makes it held.
    pub fn claim(&self, amount: i64) -> i64 {
        let mut claimed = 0;
        let _ = self.available.fetch_update(Ordering::AcqRel, Ordering::Acquire, |available| {
            claimed = available.clamp(0, amount);
            (claimed > 0).then(|| available - claimed)
        });
        claimed
    }

    /// Puts claimed or drawn money where holds are made from.
    pub fn put(&self, amount: i64) {
        self.available.fetch_add(amount, Ordering::AcqRel);
    }

    /// Makes claimed money held.
    pub fn hold_claimed(&self, amount: i64) {
        self.held.fetch_add(amount, Ordering::AcqRel);
    }

    /// Ends a hold of `amount` with a charge of `sale`: what is left goes back, what is missing is taken if it is there.
    /// How much of the sale is covered.
    pub fn settle(&self, amount: i64, sale: i64) -> i64 {
        self.pending.fetch_add(sale, Ordering::AcqRel);
        self.spent.fetch_add(sale, Ordering::Relaxed);
        let covered = if sale <= amount {
            if !self.lost.load(Ordering::Acquire) {
                self.put(amount - sale);
            }
            sale
        } else {
            amount + self.claim(sale - amount)
        };
        let before = self.held.fetch_sub(amount, Ordering::AcqRel);
        if before == amount {
            // The last hold on a lease that was closed by others: from here on new money is sound.
            self.lost.store(false, Ordering::Release);
        }
        covered
    }

    /// A charge was posted.
    pub fn posted(&self, sale: i64) {
        let _ = self.pending.fetch_update(Ordering::AcqRel, Ordering::Acquire, |p| Some((p - sale).max(0)));
    }

    /// What holds can be made from.
    pub fn available(&self) -> i64 {
        self.available.load(Ordering::Acquire).max(0)
    }

    /// Set aside for running requests.
    pub fn held(&self) -> i64 {
        self.held.load(Ordering::Acquire)
    }

    /// Settled and not yet posted.
    pub fn pending(&self) -> NanoUsd {
        NanoUsd(self.pending.load(Ordering::Acquire))
    }

    /// Whether it was evicted.
    pub fn is_retired(&self) -> bool {
        self.available.load(Ordering::Acquire) < 0
    }

    /// Whether its tenant is frozen.
    pub fn is_frozen(&self) -> bool {
        self.frozen.load(Ordering::Acquire)
    }

    /// Freezes or thaws.
    pub fn set_frozen(&self, frozen: bool) {
        self.frozen.store(frozen, Ordering::Release);
    }

    /// Whether its lease was closed by others and holds on it still run.
    pub fn is_lost(&self) -> bool {
        self.lost.load(Ordering::Acquire)
    }

    /// The database closed its lease: what was available is not ours any more.
    pub fn lose(&self) {
        self.losses.fetch_add(1, Ordering::AcqRel);
        self.lost.store(true, Ordering::Release);
        self.claim(i64::MAX);
        if self.held() == 0 {
            self.lost.store(false, Ordering::Release);
        }
    }

    /// How often that happened.
    pub fn losses(&self) -> u64 {
        self.losses.load(Ordering::Acquire)
    }

    /// Others need its money: until then draw no more than needed.
    pub fn recall_until(&self, ms: u64) {
        self.recalled_until_ms.fetch_max(ms, Ordering::AcqRel);
    }

    /// Whether others need its money.
    pub fn is_recalled(&self, now_ms: u64) -> bool {
        self.recalled_until_ms.load(Ordering::Acquire) > now_ms
    }

    /// Milliseconds since a hold was last asked for.
    pub fn idle_ms(&self, now_ms: u64) -> u64 {
        now_ms.saturating_sub(self.used_ms.load(Ordering::Relaxed))
    }

    /// What the requests queued for a draw need together.
    pub fn waiting(&self) -> i64 {
        self.waiting.load(Ordering::Acquire)
    }

    /// Counts a queued request's need; give it back with the negative amount.
    pub fn wait_for(&self, need: i64) {
        self.waiting.fetch_add(need, Ordering::AcqRel);
    }

    /// Measures the spend since the last call; `elapsed_ms` since then.
    pub fn measure(&self, elapsed_ms: u64) {
        let mut pace = self.pace.lock();
        let spent = self.spent.load(Ordering::Relaxed);
        let elapsed = i64::try_from(elapsed_ms.max(1)).unwrap_or(i64::MAX);
        let now = spent.saturating_sub(pace.spent).saturating_mul(1000) / elapsed;
        pace.spent = spent;
        // Quickly up, so that a lease lasts through an outage soon after traffic began; slowly down.
        pace.per_second += (now - pace.per_second) / if now > pace.per_second { 2 } else { 16 };
    }

    /// What it should hold: `seconds` of its spend, and room for as many holds again as run now.
    pub fn target(&self, seconds: i64) -> i64 {
        let pace = self.pace.lock().per_second;
        pace.saturating_mul(seconds).saturating_add(self.held())
    }

    /// Evicts it, if nothing is in it; the caller holds its books.
    pub fn retire(&self) -> bool {
        let empty = self.held() == 0 && self.pending.load(Ordering::Acquire) == 0 && self.waiting() == 0;
        let free = self.available.compare_exchange(0, RETIRED, Ordering::SeqCst, Ordering::SeqCst);
        if !empty || self.is_frozen() || free.is_err() {
            if free.is_ok() {
                self.available.fetch_sub(RETIRED, Ordering::SeqCst);
            }
            return false;
        }
        if self.held.load(Ordering::SeqCst) != 0 {
            // A hold took the last of it just now.
            self.available.fetch_sub(RETIRED, Ordering::SeqCst);
            return false;
        }
        true
    }
}

const SHARDS: usize = 64;

/// The pools of this node, by tenant.
#[derive(Debug)]
pub struct Pools {
    shards: Vec<RwLock<HashMap<TenantId, Arc<Pool>>>>,
    hasher: RandomState,
}

impl Default for Pools {
    fn default() -> Self {
        Self { shards: (0..SHARDS).map(|_| RwLock::default()).collect(), hasher: RandomState::new() }
    }
}

impl Pools {
    fn shard(&self, tenant: TenantId) -> Option<&RwLock<HashMap<TenantId, Arc<Pool>>>> {
        let hash = self.hasher.hash_one(tenant) % SHARDS as u64;
        self.shards.get(usize::try_from(hash).unwrap_or(0))
    }

    /// The tenant's pool, if it has one.
    pub fn find(&self, tenant: TenantId) -> Option<Arc<Pool>> {
        self.shard(tenant)?.read().get(&tenant).cloned()
    }

    /// The tenant's pool, made if needed.
    pub fn get(&self, tenant: TenantId) -> Arc<Pool> {
        if let Some(pool) = self.find(tenant) {
            return pool;
        }
        let Some(shard) = self.shard(tenant) else { return Arc::new(Pool::new(tenant)) };
        shard.write().entry(tenant).or_insert_with(|| Arc::new(Pool::new(tenant))).clone()
    }

    /// All of them.
    pub fn all(&self) -> Vec<Arc<Pool>> {
        self.shards.iter().flat_map(|shard| shard.read().values().cloned().collect::<Vec<_>>()).collect()
    }

    /// Takes a retired pool out.
    pub fn remove(&self, pool: &Arc<Pool>) {
        if let Some(shard) = self.shard(pool.tenant) {
            let mut shard = shard.write();
            if shard.get(&pool.tenant).is_some_and(|other| Arc::ptr_eq(other, pool)) {
                shard.remove(&pool.tenant);
            }
        }
    }
}
