//! One window of a budget as this node spends it: like a tenant's pool, an atomic subtraction while there is enough.

use super::window::Span;
use domain::{
    budget::{Budget, Window},
    ids::TenantId,
};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

/// What the database knows of it, changed under the purse's mutex only.
#[derive(Debug, Default)]
pub struct Books {
    /// Granted so far, in total; `None`: not asked yet.
    pub granted: Option<i64>,
    /// Returned so far, in total.
    pub returned: i64,
    /// Whether the database knows that, and nothing is on its way.
    pub told: bool,
    /// When something was last drawn (the node's milliseconds), and how much.
    pub last_draw: Option<(u64, i64)>,
    /// When so much was last refused.
    pub refused: Option<(u64, i64)>,
}

/// A node's share of a window.
#[derive(Debug)]
pub struct Purse {
    /// Of which budget.
    pub budget: Budget,
    /// Whose.
    pub tenant: TenantId,
    /// Which window.
    pub span: Span,
    available: AtomicI64,
    held: AtomicI64,
    /// Requests that run in it: one that holds nothing yet may ask for more.
    running: AtomicU64,
    used_ms: AtomicU64,
    /// Taken by whoever asks the database.
    pub books: tokio::sync::Mutex<Books>,
}

impl Purse {
    /// Nothing in it.
    pub fn new(budget: Budget, tenant: TenantId, span: Span) -> Self {
        Self {
            budget,
            tenant,
            span,
            available: AtomicI64::new(0),
            held: AtomicI64::new(0),
            running: AtomicU64::new(0),
            used_ms: AtomicU64::new(0),
            books: tokio::sync::Mutex::new(Books { told: true, ..Books::default() }),
        }
    }

    /// Which window.
    pub fn window(&self) -> Window {
        Window { budget: self.budget.id, start_us: self.span.start_us }
    }

    /// Sets `amount` aside, if so much is there.
    pub fn hold(&self, amount: i64, now_ms: u64) -> bool {
        self.used_ms.store(now_ms, Ordering::Relaxed);
        self.held.fetch_add(amount, Ordering::SeqCst);
        let enough = |available: i64| (available >= amount).then(|| available - amount);
        let taken = self.available.fetch_update(Ordering::SeqCst, Ordering::SeqCst, enough);
        if taken.is_err() {
            self.held.fetch_sub(amount, Ordering::SeqCst);
        }
        taken.is_ok()
    }

    /// A request runs in it from now on.
    pub fn enter(&self) {
        self.running.fetch_add(1, Ordering::SeqCst);
    }

    /// It does not any more.
    pub fn leave(&self) {
        self.running.fetch_sub(1, Ordering::SeqCst);
    }

    /// Ends a hold with what was used: the rest is there again; more is taken from what is there, and else nobody's: a budget
    /// may be overshot by a settlement.
    pub fn settle(&self, amount: i64, used: i64) {
        if used <= amount {
            self.put(amount - used);
        } else {
            self.claim(used - amount);
        }
        self.held.fetch_sub(amount, Ordering::SeqCst);
    }

    /// Puts drawn money in.
    pub fn put(&self, amount: i64) {
        self.available.fetch_add(amount, Ordering::SeqCst);
    }

    /// Takes up to `amount` out.
    pub fn claim(&self, amount: i64) -> i64 {
        let mut claimed = 0;
        let _ = self.available.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |available| {
            claimed = available.clamp(0, amount);
            (claimed > 0).then(|| available - claimed)
        });
        claimed
    }

    /// What holds can be made from.
    pub fn available(&self) -> i64 {
        self.available.load(Ordering::SeqCst)
    }

    /// Whether nothing is in it and nothing runs on it.
    pub fn is_empty(&self) -> bool {
        let held = self.held.load(Ordering::SeqCst);
        self.available() == 0 && held == 0 && self.running.load(Ordering::SeqCst) == 0
    }

    /// Milliseconds since it was last asked.
    pub fn idle_ms(&self, now_ms: u64) -> u64 {
        now_ms.saturating_sub(self.used_ms.load(Ordering::Relaxed))
    }
}
