//! This node's ledger: holds from leases, ends into the journal, the drain behind both. Implements [`domain::ports::Ledger`].

use super::{
    config::LedgerConfig,
    ends::{Claim, Ends},
};
use crate::{
    budgets::{self, node::NodeBudgets},
    db::Db,
    drain::{Drain, Progress, row::time_us},
    error::{Error, Result},
    journal::{
        Journal, JournalConfig, Written,
        disk::{Disk, RealDisk},
        node::Node,
        segment::HEADER,
    },
    lease::{LeaseConfig, Leases, keeper, rows::Holder},
    sql,
};
use domain::{
    budget::Budgets,
    ids::TenantId,
    money::NanoUsd,
    ports::{Hold, HoldRefused, JournalFailed, Ledger},
    record::{Checkpoint, Opened, Settlement},
};
use futures::FutureExt as _;
use std::{
    panic::AssertUnwindSafe,
    path::Path,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::sync::mpsc;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// A tenant's wallet, as seen from this node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Balance {
    /// Credits less debits.
    pub posted: NanoUsd,
    /// Drawn by nodes and neither charged nor returned.
    pub leased: NanoUsd,
    /// What can be drawn: posted and limit less leased.
    pub available: NanoUsd,
    /// Charged on this node and not yet posted; part of `leased`.
    pub pending: NanoUsd,
    /// How far below zero it may go.
    pub credit_limit: NanoUsd,
}

/// What the drain has before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backlog {
    /// Requests that ended since the start and are not posted.
    pub requests: u64,
    /// Requests that run.
    pub running: u64,
}

/// A request that ended, as the journal has it.
#[derive(Debug, Clone)]
pub struct Ended {
    /// How it began.
    pub opened: Opened,
    /// How it ended.
    pub settlement: Settlement,
}

/// How long a node that stops waits for the drain; what is left then is posted at the next start.
const SHUTDOWN: Duration = Duration::from_secs(15);
/// Between a panic of one of the node's tasks and its new beginning.
const BEGIN_ANEW: Duration = Duration::from_millis(500);
const HOUR: Duration = Duration::from_secs(3600);

/// This node's share of the ledger.
#[derive(Debug)]
pub struct NodeLedger {
    db: Db,
    journal: Arc<Journal>,
    leases: Arc<Leases>,
    budgets: Arc<NodeBudgets>,
    progress: Arc<Progress>,
    ends: Arc<Ends>,
    stopping: AtomicBool,
    observer: OnceLock<mpsc::Sender<Ended>>,
    /// Ends the drain and the keeper.
    stop: CancellationToken,
    tasks: TaskTracker,
    /// Keeps other processes out of the data directory.
    node: Node,
}

impl NodeLedger {
    /// Opens the journal in `data_dir` and starts the drain and the keeper. The database may be away.
    ///
    /// # Errors
    /// [`Error::File`] when the data directory cannot be used or another process has it.
    pub fn start(
        db: Db,
        data_dir: &Path,
        config: LedgerConfig,
        tasks: TaskTracker,
        cancel: CancellationToken,
    ) -> Result<Arc<Self>> {
        Self::start_on(Arc::new(RealDisk), db, data_dir, config, tasks, cancel)
    }

    /// [`NodeLedger::start`] on another disk: for tests.
    ///
    /// # Errors
    /// As [`NodeLedger::start`].
    pub fn start_on(
        disk: Arc<dyn Disk>,
        db: Db,
        data_dir: &Path,
        config: LedgerConfig,
        tasks: TaskTracker,
        cancel: CancellationToken,
    ) -> Result<Arc<Self>> {
        let file = |error| Error::File(data_dir.display().to_string(), error);
        let node = Node::start(data_dir).map_err(file)?;
        let kept = JournalConfig { durability: config.durability, segment_bytes: config.segment_bytes };
        let journal = Journal::start(data_dir, &node, kept, disk).map_err(file)?;
        let holder = Holder { node: node.id.clone(), epoch: i64::try_from(node.epoch).unwrap_or(i64::MAX) };
        let lease = LeaseConfig {
            minimum: config.lease_min,
            spend_seconds: config.lease_seconds,
            lifetime: config.lease_lifetime,
            lost_node_after: config.lost_node_after,
        };
        let budgets = Arc::new(NodeBudgets::new(db.clone(), holder.clone()));
        let leases = Arc::new(Leases::new(db.clone(), holder, lease));
        let progress = Arc::new(Progress::new(node.epoch));
        let stop = cancel.child_token();
        let drain = {
            let (db, journal, leases, progress) = (db.clone(), journal.clone(), leases.clone(), progress.clone());
            move || Drain::new(db.clone(), journal.clone(), leases.clone(), progress.clone(), config.drain_yields)
        };
        tasks.spawn(lasting("drain", stop.clone(), move |stop| drain().run(stop)));
        let kept = leases.clone();
        tasks.spawn(lasting("lease keeper", stop.clone(), move |stop| keeper::keep(kept.clone(), stop)));
        let (kept, lost_after) = (budgets.clone(), config.lost_node_after);
        let keep = move |stop| budgets::keeper::keep(kept.clone(), lost_after, stop);
        tasks.spawn(lasting("budget keeper", stop.clone(), keep));
        let old = journal.clone();
        let days = config.journal_days;
        tasks.spawn(lasting("deletion of old segments", stop.clone(), move |stop| delete_old(old.clone(), days, stop)));
        let ends = Ends {
            journal: journal.clone(),
            leases: leases.clone(),
            budgets: budgets.clone(),
            count: AtomicU64::new(0),
        };
        Ok(Arc::new(Self {
            db,
            journal,
            leases,
            budgets,
            progress,
            ends: Arc::new(ends),
            stopping: AtomicBool::new(false),
            observer: OnceLock::new(),
            stop,
            tasks,
            node,
        }))
    }

    /// This node's id, as leases carry it.
    pub fn node_id(&self) -> &str {
        &self.node.id
    }

    /// Tells `observer` of every request that ends from now on; while its queue is full they are left out and counted.
    /// The first observer stays.
    pub fn tell(&self, observer: mpsc::Sender<Ended>) {
        let _ = self.observer.set(observer);
    }

    /// Whether new requests can be admitted: the journal works and has room, the leases are renewed, nobody stops us.
    pub fn is_admitting(&self) -> bool {
        !self.stopping.load(Ordering::Acquire) && self.journal.admits() && self.leases.are_live()
    }

    /// A tenant was frozen or thawed: holds are refused from now on, and what lies idle of its lease goes back.
    pub fn set_frozen(&self, tenant: TenantId, frozen: bool) {
        self.leases.set_frozen(tenant, frozen);
    }

    /// A tenant's wallet.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is no such tenant.
    pub async fn balance(&self, tenant: TenantId) -> Result<Balance> {
        // Read before the database: a charge that is posted in between is missed, never counted twice.
        let pending = self.leases.pools.find(tenant).map_or(NanoUsd::ZERO, |pool| pool.pending());
        let text = "SELECT posted, leased, credit_limit FROM accounts WHERE tenant = $1 AND kind = 'wallet'";
        let row = self.db.fetch_optional(sql!(text, tenant)).await?.ok_or(Error::NotFound("tenant"))?;
        let (posted, leased, credit_limit) = (NanoUsd(row.int(0)?), NanoUsd(row.int(1)?), NanoUsd(row.int(2)?));
        let available = posted.saturating_add(credit_limit).saturating_sub(leased);
        Ok(Balance { posted, leased, available, pending: pending.min(leased), credit_limit })
    }

    /// What is not posted yet.
    pub fn backlog(&self) -> Backlog {
        let posted = self.progress.requests.load(Ordering::Relaxed);
        let requests = self.ends.count.load(Ordering::Relaxed).saturating_sub(posted);
        Backlog { requests, running: self.journal.open_requests() }
    }

    /// Waits until everything that is in the journal now is posted.
    pub async fn flush(&self) {
        let segments = self.journal.segments();
        if let Some(last) = segments.iter().rev().find(|segment| segment.written() > HEADER) {
            let place = (last.header.epoch, last.header.sequence, last.written());
            self.progress.posted_to(place).await;
        }
    }

    /// Renews this node's leases now; the keeper does so every 30 s.
    ///
    /// # Errors
    /// The database's.
    pub async fn renew_now(&self) -> Result<()> {
        keeper::renew(&self.leases, self.leases.now_ms()).await
    }

    /// Waits until what earlier starts of this node left is posted and their leases are closed.
    pub async fn recovered(&self) {
        self.progress.end_epochs(self.journal.epoch()).await;
    }

    /// Ends this node: no more holds, everything in the journal posted, all leases returned. Call it when no request runs.
    /// A database that is away is waited for 15 s; the next start then does what is left.
    pub async fn shutdown(&self) {
        self.stopping.store(true, Ordering::Release);
        let journal = self.journal.clone();
        // Joins two threads, which may write and sync first.
        let closed = self.tasks.spawn_blocking(move || journal.close()).await;
        if closed.is_ok() && !self.stop.is_cancelled() {
            let ended = self.progress.end_epochs(self.journal.epoch().saturating_add(1));
            if tokio::time::timeout(SHUTDOWN, ended).await.is_err() {
                tracing::warn!("the database is away; the journal will be posted at the next start");
            }
        }
        self.stop.cancel();
    }
}

/// Runs what must last as long as the node. Should it panic, which is a defect and counted, it begins anew after a moment:
/// a node whose drain had ended silently would charge nobody, and hold the leases for ever.
async fn lasting<F: Future<Output = ()>>(
    name: &'static str,
    stop: CancellationToken,
    begin: impl Fn(CancellationToken) -> F,
) {
    while AssertUnwindSafe(begin(stop.clone())).catch_unwind().await.is_err() && !stop.is_cancelled() {
        metrics::counter!("turnpike_task_panics_total").increment(1);
        tracing::error!(task = name, "a task panicked and begins anew");
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(BEGIN_ANEW) => {}
        }
    }
}

/// Deletes drained segments past their days, now and every hour.
async fn delete_old(journal: Arc<Journal>, days: u32, stop: CancellationToken) {
    loop {
        if let Err(error) = journal.delete_older_than(days) {
            tracing::warn!(%error, "old journal segments could not be deleted");
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(HOUR) => {}
        }
    }
}

impl Ledger for NodeLedger {
    type Written = Written;

    async fn hold(&self, opened: &Opened, budgets: &Budgets) -> Result<Hold, HoldRefused> {
        if self.stopping.load(Ordering::Acquire) || !self.journal.admits() {
            return Err(HoldRefused::JournalFull);
        }
        let (tenant, amount) = (opened.tenant, opened.hold.max(NanoUsd::ZERO));
        self.leases.hold(tenant, amount).await?;
        let mut claim = Claim { ends: &self.ends, tenant, amount, windows: Vec::new() };
        claim.windows = self.budgets.hold(budgets, tenant, time_us(opened.request), amount.0).await?;
        fault!(HoldBeforeOpen);
        self.journal.open(opened).map_err(|JournalFailed| HoldRefused::JournalFull)?;
        let hold = Hold::new(opened.request, tenant, amount, self.ends.clone()).within(claim.kept());
        fault!(HoldAfterOpen);
        Ok(hold)
    }

    async fn extend(&self, hold: &mut Hold, more: NanoUsd) -> Result<(), HoldRefused> {
        let (tenant, amount) = (hold.tenant, more.max(NanoUsd::ZERO));
        self.leases.hold(tenant, amount).await?;
        let claim = Claim { ends: &self.ends, tenant, amount, windows: Vec::new() };
        self.budgets.extend(hold.windows(), amount.0).await?;
        claim.kept();
        hold.grow(amount);
        Ok(())
    }

    fn checkpoint(&self, hold: &mut Hold, checkpoint: &Checkpoint) -> Written {
        hold.count(checkpoint.sale.max(NanoUsd::ZERO));
        self.journal.checkpoint(checkpoint)
    }

    async fn settle(&self, hold: Hold, mut opened: Opened, mut settlement: Settlement) -> Result<(), JournalFailed> {
        fault!(SettleBeforeRecord);
        let (amount, windows) = hold.end();
        // No price is negative; should one be, it charges nothing rather than stopping the drain.
        settlement.sale = settlement.sale.max(NanoUsd::ZERO);
        settlement.cost = settlement.cost.max(NanoUsd::ZERO);
        opened.hold = amount;
        let covered = self.ends.end(opened.tenant, amount, &windows, settlement.sale);
        let written = self.journal.settled(&opened, &settlement, covered).await;
        if let Some(observer) = self.observer.get()
            && observer.try_send(Ended { opened, settlement }).is_err()
        {
            metrics::counter!("turnpike_spans_dropped_total").increment(1);
        }
        fault!(SettleAfterRecord);
        written
    }
}
