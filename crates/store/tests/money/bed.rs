//! Nodes of one database, tenants with money, and the check that everything adds up.

use crate::support::Bed;
use domain::{
    budget::Budgets,
    dialect::Dialect,
    ids::{ChannelId, KeyId, PriceId, RequestId, TenantId},
    money::NanoUsd,
    ports::{Hold, HoldRefused, Ledger as _},
    record::{Attempt, Checkpoint, EndState, Opened, Settlement},
    usage::{Usage, UsageSource},
};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};
use store::{
    Db,
    journal::disk::{Disk, RealDisk},
    ledger::{Balance, LedgerConfig, NodeLedger, accounts, changes},
    reconcile::{Report, audit, reconcile},
    sql,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub const KEY: KeyId = KeyId(77);
pub const CHANNEL: ChannelId = ChannelId(88);

/// One node: its ledger and its data directory.
pub struct Node {
    pub ledger: Arc<NodeLedger>,
    pub dir: PathBuf,
    db: Db,
    tasks: TaskTracker,
    cancel: CancellationToken,
}

/// Small segments, so that tests meet their ends.
pub fn config() -> LedgerConfig {
    LedgerConfig { segment_bytes: 64 << 10, drain_yields: false, ..LedgerConfig::default() }
}

impl Node {
    pub fn start(db: &Db, dir: &Path) -> Self {
        Self::start_with(db, dir, config(), Arc::new(RealDisk))
    }

    pub fn start_with(db: &Db, dir: &Path, config: LedgerConfig, disk: Arc<dyn Disk>) -> Self {
        let (tasks, cancel) = (TaskTracker::new(), CancellationToken::new());
        let ledger = NodeLedger::start_on(disk, db.clone(), dir, config, tasks.clone(), cancel.clone()).unwrap();
        Self { ledger, dir: dir.to_owned(), db: db.clone(), tasks, cancel }
    }

    /// Ends in order.
    pub async fn stop(self) {
        self.ledger.shutdown().await;
        self.tasks.close();
        self.tasks.wait().await;
    }

    /// Dies without returning or posting anything more.
    pub async fn die(self) {
        self.cancel.cancel();
        self.tasks.close();
        self.tasks.wait().await;
        // A dead process writes nothing more: its threads may not outlive it, kept by holds that the test forgot.
        self.ledger.shutdown().await;
    }

    /// Ends drain and keeper; holds and settlements go on.
    pub async fn stop_drain(&self) {
        self.cancel.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }

    pub async fn hold(&self, tenant: TenantId, amount: i64) -> Result<(Opened, Hold), HoldRefused> {
        self.hold_within(&Budgets::default(), opened(tenant, amount)).await
    }

    pub async fn hold_within(&self, budgets: &Budgets, opened: Opened) -> Result<(Opened, Hold), HoldRefused> {
        let hold = self.ledger.hold(&opened, budgets).await?;
        Ok((opened, hold))
    }

    pub async fn settle(&self, (opened, hold): (Opened, Hold), sale: i64) {
        self.ledger.settle(hold, opened, settlement(sale)).await.unwrap();
    }

    /// A whole request.
    pub async fn request(&self, tenant: TenantId, hold: i64, sale: i64) -> RequestId {
        let held = self.hold(tenant, hold).await.unwrap();
        let id = held.0.request;
        self.settle(held, sale).await;
        id
    }

    pub async fn balance(&self, tenant: TenantId) -> Balance {
        self.ledger.balance(tenant).await.unwrap()
    }

    pub async fn reconcile(&self) -> Report {
        self.reconcile_on(&self.db).await
    }

    /// The same, by another way to the database.
    pub async fn reconcile_on(&self, db: &Db) -> Report {
        reconcile(db, &self.dir).await.unwrap()
    }

    /// Everything adds up, with nothing pending.
    pub async fn assert_clean(&self) {
        self.ledger.flush().await;
        assert_clean(&self.db, &self.dir).await;
    }
}

/// Everything in the database adds up, and so does this node's journal.
pub async fn assert_clean(db: &Db, dir: &Path) {
    let books = audit(db).await.unwrap();
    assert!(books.holds(), "{books:?}");
    let report = reconcile(db, dir).await.unwrap();
    assert!(report.is_clean() && report.to_string().starts_with("difference 0"), "{report}");
    assert_eq!((report.pending_requests, report.pending), (0, NanoUsd::ZERO), "{report}");
}

/// A tenant with so much in its wallet.
pub async fn tenant(db: &Db, posted: i64) -> TenantId {
    let id = TenantId(store::ids::next());
    let mut tx = db.begin().await.unwrap();
    let insert = "INSERT INTO tenants (id, name, frozen, created) VALUES ($1, $2, 0, 0)";
    tx.execute(sql!(insert, id, id.to_string())).await.unwrap();
    accounts::create(&mut tx, id, NanoUsd::ZERO).await.unwrap();
    tx.commit().await.unwrap();
    if posted > 0 {
        changes::adjust(db, id, NanoUsd(posted), "first", "first").await.unwrap();
    }
    id
}

/// The channel of [`settlement`], of provider `openai`.
pub async fn channel(db: &Db) {
    let insert = "INSERT INTO channels (id, name, provider, base_url, dialects, priority, weight, enabled, timeouts, \
                  allow_private_network, created) VALUES ($1, 'one', 'openai', '', '[]', 0, 1, 1, '{}', 0, 0)";
    db.execute(sql!(insert, CHANNEL)).await.unwrap();
}

pub fn opened(tenant: TenantId, hold: i64) -> Opened {
    Opened {
        request: store::ids::next_request(),
        tenant,
        key: KEY,
        model: "gpt-4o-mini".into(),
        dialect: Dialect::OpenaiChat,
        stream: true,
        sale_price: PriceId(5),
        unit_prices: "input=0.15;output=0.6".into(),
        hold: NanoUsd(hold),
    }
}

pub fn settlement(sale: i64) -> Settlement {
    Settlement {
        end_state: EndState::Complete,
        status: 200,
        error_code: String::new(),
        channel: Some(CHANNEL),
        credential: None,
        cost_price: Some(PriceId(6)),
        usage: Usage { input: 11, cache_read: 2, output: 7, reasoning: 3, ..Usage::default() },
        usage_source: UsageSource::Reported,
        sale: NanoUsd(sale),
        cost: NanoUsd(sale / 2),
        latency_us: 123_456,
        ttft_us: Some(45_678),
        overhead_us: 99,
        attempts: vec![Attempt {
            channel: CHANNEL,
            credential: None,
            status: 200,
            error: String::new(),
            start_us: 10,
            took_us: 123_000,
            spent: None,
        }],
        decision: "one".into(),
        client_request_id: None,
        unit_prices: None,
    }
}

pub fn checkpoint(request: RequestId, sale: i64) -> Checkpoint {
    Checkpoint {
        request,
        channel: Some(CHANNEL),
        credential: None,
        cost_price: Some(PriceId(6)),
        usage: Usage { input: 11, output: 3, ..Usage::default() },
        sale: NanoUsd(sale),
        cost: NanoUsd(sale / 2),
        attempts: 1,
        unit_prices: None,
    }
}

/// As if nothing of a node's journal had ever been posted: drained files too are read again.
pub async fn never_posted(db: &Db, dir: &Path) {
    db.execute(sql!("DELETE FROM journal_segments")).await.unwrap();
    for file in std::fs::read_dir(dir.join("journal")).unwrap().flatten() {
        std::fs::rename(file.path(), file.path().with_extension("journal")).unwrap();
    }
}

/// One number from the database.
pub async fn number(db: &Db, text: &'static str) -> i64 {
    db.fetch_one(sql!(text)).await.unwrap().int(0).unwrap()
}

/// Looks until it is so: for what another task does in its own time. Panics after ten seconds.
pub async fn until<F: Future<Output = bool>>(what: &str, so: impl Fn() -> F) {
    let looking = async {
        while !so().await {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(10), looking).await.unwrap_or_else(|_| panic!("never: {what}"));
}

impl Bed {
    /// A data directory for one more node.
    pub fn node_dir(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }
}

/// The number in `TURNPIKE_TEST_<name>` (`make storm` sets full sizes), or `short`.
#[expect(clippy::disallowed_methods, reason = "a test's size is no configuration of the server")]
pub fn size(name: &str, short: usize) -> usize {
    std::env::var(format!("TURNPIKE_TEST_{name}")).ok().and_then(|text| text.parse().ok()).unwrap_or(short)
}

/// An id made at that time.
pub fn request_of(us: i64) -> RequestId {
    let mut id = store::ids::next_request();
    id.0[..6].copy_from_slice(&(us / 1_000).to_be_bytes()[2..]);
    id
}

/// A whole request that came at `us`.
pub async fn request_at(node: &Node, tenant: TenantId, us: i64, sale: i64) -> RequestId {
    let mut opened = opened(tenant, sale.max(1));
    opened.request = request_of(us);
    let request = opened.request;
    let hold = node.ledger.hold(&opened, &Budgets::default()).await.unwrap();
    node.ledger.settle(hold, opened, settlement(sale)).await.unwrap();
    request
}
