//! How a request ends on this node: what was set aside for it goes back to where it was taken from.

use crate::{
    budgets::node::NodeBudgets,
    journal::{Journal, record},
    lease::Leases,
};
use domain::{
    budget::Window,
    ids::TenantId,
    money::NanoUsd,
    ports::{Abandoned, Hold},
};
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

/// What ends a request on this node.
#[derive(Debug)]
pub(super) struct Ends {
    pub journal: Arc<Journal>,
    pub leases: Arc<Leases>,
    pub budgets: Arc<NodeBudgets>,
    /// How many ended so far.
    pub count: AtomicU64,
}

impl Ends {
    /// Puts a hold of `amount` back, where it was taken from, but for a charge of `sale`; how much of that the lease covers.
    pub fn settle(&self, tenant: TenantId, amount: NanoUsd, windows: &[Window], sale: NanoUsd) -> NanoUsd {
        self.budgets.end(windows, amount.0, sale.0);
        NanoUsd(self.leases.pools.get(tenant).settle(amount.0, sale.0))
    }

    /// The same at the end of a request.
    pub fn end(&self, tenant: TenantId, amount: NanoUsd, windows: &[Window], sale: NanoUsd) -> NanoUsd {
        self.count.fetch_add(1, Ordering::Relaxed);
        self.settle(tenant, amount, windows, sale)
    }
}

impl Abandoned for Ends {
    fn abandoned(&self, hold: &Hold) {
        metrics::counter!("turnpike_hold_dropped_total").increment(1);
        tracing::error!(request = %hold.request, "a hold was dropped without an end");
        let covered = self.end(hold.tenant, hold.amount(), hold.windows(), hold.counted());
        self.journal.abandoned(record::Abandoned { request: hold.request, hold: hold.amount(), covered });
    }
}

/// Taken from a lease, then from budgets, on the way to a hold: goes back where the way ends, also with a caller who leaves.
pub(super) struct Claim<'a> {
    pub ends: &'a Ends,
    pub tenant: TenantId,
    pub amount: NanoUsd,
    pub windows: Vec<Window>,
}

impl Claim<'_> {
    /// It is a hold now, in these windows.
    pub fn kept(mut self) -> Vec<Window> {
        self.amount = NanoUsd::ZERO;
        std::mem::take(&mut self.windows)
    }
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        if self.amount > NanoUsd::ZERO || !self.windows.is_empty() {
            self.ends.settle(self.tenant, self.amount, &self.windows, NanoUsd::ZERO);
        }
    }
}
