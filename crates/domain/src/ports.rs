//! The traits between the relay (`engine`) and its store: who may call, and who pays. `server` wires the two.

use crate::{
    budget::{BudgetOf, Budgets, Period, Window},
    channel::Snapshot,
    ids::{RequestId, TenantId},
    key::KeyRecord,
    money::NanoUsd,
    record::{Checkpoint, Opened, Settlement},
    secret::SecretHash,
};
use std::{fmt, future::Future, sync::Arc};

/// The main database did not answer and memory does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the database is away")]
pub struct Unavailable;

/// Keys, prices and routes. Answers from memory wherever it can.
pub trait Catalog: Send + Sync + 'static {
    /// Models, channels and prices as of the last change seen.
    fn snapshot(&self) -> Arc<Snapshot>;

    /// The key with this hash, from memory if it was seen before; `None`: there is none.
    fn key(&self, hash: SecretHash) -> impl Future<Output = Result<Option<Arc<KeyRecord>>, Unavailable>> + Send;
}

/// Why no hold was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HoldRefused {
    /// The wallet cannot cover it.
    #[error("the wallet cannot cover {needed} USD")]
    Insufficient {
        /// What the hold needs.
        needed: NanoUsd,
    },
    /// A budget cannot cover it.
    #[error("the {period} budget of the {of} cannot cover {needed} USD")]
    Budget {
        /// Whose budget.
        of: BudgetOf,
        /// Of which period.
        period: Period,
        /// What the hold needs.
        needed: NanoUsd,
    },
    /// The tenant is frozen.
    #[error("the tenant is frozen")]
    Frozen,
    /// The database is away and the lease does not reach.
    #[error("the database is away and the lease does not reach")]
    Unavailable,
    /// The journal has no room for the request's end, or failed.
    #[error("the journal cannot take the request")]
    JournalFull,
}

/// The settlement could not be made durable; the caller must not see the answer's end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the journal failed")]
pub struct JournalFailed;

/// Told of holds that were dropped without an end.
pub trait Abandoned: Send + Sync + fmt::Debug {
    /// The request that had this hold ended without a word: its task panicked, or forgot.
    fn abandoned(&self, hold: &Hold);
}

/// Money set aside for one running request. It ends exactly once, by [`Ledger::settle`]; dropping it otherwise is a
/// defect that is counted (`turnpike_hold_dropped_total`), and the request is charged at its last checkpoint, as if its
/// node had died.
#[must_use = "a hold ends by settling it"]
#[derive(Debug)]
pub struct Hold {
    /// Whose request.
    pub request: RequestId,
    /// Who pays.
    pub tenant: TenantId,
    amount: NanoUsd,
    /// The windows of budgets it is held in as well.
    windows: Vec<Window>,
    counted: NanoUsd,
    ended: bool,
    owner: Arc<dyn Abandoned>,
}

impl Hold {
    /// Made by the ledger only, after the amount was taken from a lease.
    pub fn new(request: RequestId, tenant: TenantId, amount: NanoUsd, owner: Arc<dyn Abandoned>) -> Self {
        Self { request, tenant, amount, windows: Vec::new(), counted: NanoUsd::ZERO, ended: false, owner }
    }

    /// Made by the ledger only, after the amount was taken from these windows too.
    pub fn within(mut self, windows: Vec<Window>) -> Self {
        self.windows = windows;
        self
    }

    /// The windows of budgets it is held in.
    pub fn windows(&self) -> &[Window] {
        &self.windows
    }

    /// How much is set aside.
    pub fn amount(&self) -> NanoUsd {
        self.amount
    }

    /// Made by the ledger only, after more was taken from a lease.
    pub fn grow(&mut self, more: NanoUsd) {
        self.amount = self.amount.saturating_add(more);
    }

    /// The ledger has a checkpoint of this sale.
    pub fn count(&mut self, sale: NanoUsd) {
        self.counted = sale;
    }

    /// The sale of its last checkpoint.
    pub fn counted(&self) -> NanoUsd {
        self.counted
    }

    /// Ends the hold: called by the ledger, which puts the amount back or charges it, there and in these windows.
    pub fn end(mut self) -> (NanoUsd, Vec<Window>) {
        self.ended = true;
        (self.amount, std::mem::take(&mut self.windows))
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        if !self.ended {
            self.owner.abandoned(self);
        }
    }
}

/// The tenant's money, on this node: leases, holds and the journal.
pub trait Ledger: Send + Sync + 'static {
    /// Resolves when a queued checkpoint is written.
    type Written: Future<Output = Result<(), JournalFailed>> + Send + Unpin + 'static;

    /// Sets `opened.hold` aside in the wallet and in `budgets`, and queues the journal's `open` record. Waits for the
    /// database only near the end of a wallet or a budget.
    fn hold(&self, opened: &Opened, budgets: &Budgets) -> impl Future<Output = Result<Hold, HoldRefused>> + Send;

    /// Sets more aside for a running request.
    fn extend(&self, hold: &mut Hold, more: NanoUsd) -> impl Future<Output = Result<(), HoldRefused>> + Send;

    /// Queues a count of a running request. Who must know when it is written waits for the answer; dropping that is fine.
    fn checkpoint(&self, hold: &mut Hold, checkpoint: &Checkpoint) -> Self::Written;

    /// Ends the hold: charges `settlement.sale` and puts the rest back. Returns when the charge is written to the
    /// journal; only then may the caller see the end of its answer.
    fn settle(
        &self,
        hold: Hold,
        opened: Opened,
        settlement: Settlement,
    ) -> impl Future<Output = Result<(), JournalFailed>> + Send;
}
