//! A model of accounts, budgets, leases and holds in plain memory, driven by random operations together with the real store.
//!
//! The model knows only what must be true: what each wallet was given, what each request was charged, what nobody could
//! pay, what was spent in each window of a budget. Whatever leases and drains do in between, wallets and windows must come
//! to that, and the books must add up all the time.

use crate::{bed::*, support::Bed, windows::Windows};
use domain::{
    ids::{RequestId, TenantId},
    money::NanoUsd,
    ports::{Hold, HoldRefused, Ledger as _},
    record::Opened,
};
use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use std::{collections::HashMap, path::PathBuf};
use store::{Db, Error, ledger::changes, reconcile::audit};
use tokio::task::JoinSet;

#[derive(Debug, Clone, Copy, Default)]
struct Wallet {
    given: i64,
    limit: i64,
    charged: i64,
    held: i64,
}

impl Wallet {
    /// What requests could still be admitted for, if all leases were in one place.
    fn free(&self) -> i64 {
        self.given + self.limit - self.charged - self.held
    }
}

/// A running request: where, whose, its hold, and the sale of its last checkpoint.
struct Running {
    node: usize,
    tenant: TenantId,
    opened: Opened,
    hold: Hold,
    counted: i64,
}

struct World {
    db: Db,
    rng: StdRng,
    dirs: Vec<PathBuf>,
    nodes: Vec<Node>,
    tenants: Vec<TenantId>,
    wallets: HashMap<TenantId, Wallet>,
    windows: Windows,
    running: Vec<Running>,
    expected: HashMap<RequestId, i64>,
    changes: u64,
    steps: u64,
}

impl World {
    async fn new(bed: &Bed, nodes: usize, seed: u64) -> Self {
        let dirs: Vec<_> = (0..nodes).map(|n| bed.node_dir(&format!("n{n}"))).collect();
        let mut world = Self {
            nodes: dirs.iter().map(|dir| Node::start(&bed.db, dir)).collect(),
            db: bed.db.clone(),
            rng: StdRng::seed_from_u64(seed),
            dirs,
            tenants: Vec::new(),
            wallets: HashMap::new(),
            windows: Windows::new(&bed.db),
            running: Vec::new(),
            expected: HashMap::new(),
            changes: 0,
            steps: 0,
        };
        for _ in 0..4 {
            let given = world.rng.random_range(0..200_000);
            let id = tenant(&bed.db, given).await;
            // Half of them have budgets.
            if world.tenants.len() % 2 == 1 {
                world.windows.limit(id, &mut world.rng).await;
            }
            world.tenants.push(id);
            world.wallets.insert(id, Wallet { given, ..Wallet::default() });
        }
        world
    }

    fn some_tenant(&mut self) -> TenantId {
        self.tenants[self.rng.random_range(0..self.tenants.len())]
    }

    async fn step(&mut self) {
        self.steps += 1;
        match self.rng.random_range(0..100) {
            0..45 => self.admit().await,
            45..50 => self.extend().await,
            50..55 => self.count(),
            55..92 => self.settle().await,
            92..97 => self.adjust().await,
            97..98 => self.limit().await,
            98..99 => self.crash().await,
            _ => self.look().await,
        }
    }

    async fn admit(&mut self) {
        let (node, tenant) = (self.rng.random_range(0..self.nodes.len()), self.some_tenant());
        // Some hold nothing at first, and may ask for more.
        let amount = self.rng.random_range(-500..5_000).max(0);
        let wallet = self.wallets[&tenant];
        let opened = opened(tenant, amount);
        let request = opened.request;
        match self.nodes[node].hold_within(&self.windows.of(tenant), opened).await {
            Ok((opened, hold)) => {
                assert!(amount <= wallet.free(), "overspent: {amount} of {wallet:?}");
                self.windows.held(hold.windows(), amount);
                self.wallets.get_mut(&tenant).unwrap().held += amount;
                self.running.push(Running { node, tenant, opened, hold, counted: 0 });
            }
            Err(HoldRefused::Insufficient { .. }) => {
                // What other requests' ends left on other nodes is asked back, so one node alone never refuses in error.
                assert!(self.nodes.len() > 1 || amount > wallet.free(), "refused {amount} of {wallet:?}");
                if self.rng.random_range(0..4) > 0 {
                    self.change(tenant, 300_000).await;
                }
            }
            Err(HoldRefused::Budget { period, .. }) => {
                if self.nodes.len() == 1 {
                    self.windows.refused(tenant, period, request, amount);
                }
                if self.rng.random_range(0..4) > 0 {
                    self.windows.raise(tenant, period, 100_000).await;
                }
            }
            Err(other) => panic!("{other}"),
        }
    }

    async fn extend(&mut self) {
        if self.running.is_empty() {
            return;
        }
        let at = self.rng.random_range(0..self.running.len());
        let more = self.rng.random_range(0..2_000);
        let running = &mut self.running[at];
        if self.nodes[running.node].ledger.extend(&mut running.hold, NanoUsd(more)).await.is_ok() {
            let wallet = self.wallets.get_mut(&running.tenant).unwrap();
            assert!(more <= wallet.free(), "overspent by an extension");
            wallet.held += more;
            self.windows.held(running.hold.windows(), more);
        }
    }

    fn count(&mut self) {
        if let Some(running) = self.running.last_mut() {
            running.counted = running.hold.amount().0 / 2;
            let counted = checkpoint(running.opened.request, running.counted);
            self.nodes[running.node].ledger.checkpoint(&mut running.hold, &counted);
        }
    }

    async fn settle(&mut self) {
        if self.running.is_empty() {
            return;
        }
        let at = self.rng.random_range(0..self.running.len());
        let Running { node, tenant, opened, hold, .. } = self.running.swap_remove(at);
        let amount = hold.amount().0;
        let sale = self.rng.random_range(0..=amount);
        let wallet = self.wallets.get_mut(&tenant).unwrap();
        wallet.held -= amount;
        wallet.charged += sale;
        self.windows.ended(hold.windows(), amount, sale);
        self.expected.insert(opened.request, sale);
        self.nodes[node].settle((opened, hold), sale).await;
    }

    async fn adjust(&mut self) {
        let tenant = self.some_tenant();
        let amount = self.rng.random_range(-20_000..20_000);
        // One that does not fit waits for leases for two seconds: rarely.
        let fits = self.wallets[&tenant].free() + amount >= 0;
        if amount != 0 && (fits || self.rng.random_range(0..20) == 0) {
            self.change(tenant, amount).await;
        }
    }

    async fn change(&mut self, tenant: TenantId, amount: i64) {
        self.changes += 1;
        let key = self.changes.to_string();
        let wallet = self.wallets.get_mut(&tenant).unwrap();
        let fits = amount > 0 || wallet.free() + amount >= 0;
        let change = || changes::adjust(&self.db, tenant, NanoUsd(amount), "model", &key);
        if taken(fits, change).await {
            wallet.given += amount;
        }
    }

    async fn limit(&mut self) {
        let tenant = self.some_tenant();
        let limit = self.rng.random_range(0..10_000);
        let wallet = self.wallets.get_mut(&tenant).unwrap();
        let fits = limit >= wallet.limit || wallet.free() - wallet.limit + limit >= 0;
        if !fits && !self.rng.random_ratio(1, 20) {
            return;
        }
        let change = || changes::set_credit_limit(&self.db, tenant, NanoUsd(limit));
        if taken(fits, change).await {
            wallet.limit = limit;
        }
    }

    /// One node dies and starts again: its running requests are charged at their last checkpoint.
    async fn crash(&mut self) {
        let node = self.rng.random_range(0..self.nodes.len());
        let (died, live): (Vec<_>, _) = std::mem::take(&mut self.running).into_iter().partition(|it| it.node == node);
        self.running = live;
        let mut lost = Vec::new();
        for running in died {
            let wallet = self.wallets.get_mut(&running.tenant).unwrap();
            wallet.held -= running.hold.amount().0;
            wallet.charged += running.counted;
            self.windows.ended(running.hold.windows(), running.hold.amount().0, running.counted);
            self.expected.insert(running.opened.request, running.counted);
            lost.push(running.hold);
        }
        self.nodes.remove(node).die().await;
        // Nobody hears of them any more.
        drop(lost);
        let started = std::time::Instant::now();
        let again = Node::start(&self.db, &self.dirs[node]);
        again.ledger.recovered().await;
        assert!(started.elapsed().as_secs() < 10, "recovered in {:?}", started.elapsed());
        self.nodes.insert(node, again);
    }

    async fn look(&mut self) {
        let books = audit(&self.db).await.unwrap();
        assert!(books.holds(), "{books:?}");
        // It reads everything there is: twice as rarely when there is twice as much.
        if self.rng.random_range(0..self.steps) < 100 {
            for node in &self.nodes {
                let report = node.reconcile().await;
                assert!(report.is_clean(), "{report}");
            }
        }
    }

    /// Everything ends and comes to what it must; how many requests that were.
    async fn finish(mut self) -> usize {
        while !self.running.is_empty() {
            self.settle().await;
        }
        for node in self.nodes {
            let dir = node.dir.clone();
            node.stop().await;
            assert_clean(&self.db, &dir).await;
        }
        self.windows.finish().await;
        for (tenant, wallet) in &self.wallets {
            let mut tx = self.db.begin().await.unwrap();
            let row = store::ledger::accounts::lock_wallet(&mut tx, *tenant).await.unwrap();
            assert_eq!((row.posted.0, row.leased.0), (wallet.given - wallet.charged, 0), "{wallet:?}");
        }
        for (request, sale) in &self.expected {
            let row = store::usage::get(&self.db, *request).await.unwrap().expect("every request has a row");
            assert_eq!(row.sale.0, *sale);
        }
        assert_eq!(number(&self.db, "SELECT posted FROM accounts WHERE kind = 'writeoff'").await, 0);
        let rows = usize::try_from(number(&self.db, "SELECT COUNT(*) FROM usage_events").await).unwrap();
        assert_eq!(rows, self.expected.len());
        rows
    }
}

/// Makes the change, which `fits` or does not. On a machine too busy to return a lease within two seconds one that fits may
/// be refused; not for long, though.
async fn taken<T, F: Future<Output = Result<T, Error>>>(fits: bool, change: impl Fn() -> F) -> bool {
    let begun = std::time::Instant::now();
    loop {
        match change().await {
            Ok(_) => {
                assert!(fits, "took what is not there");
                return true;
            }
            Err(Error::Insufficient { .. }) if !fits => return false,
            Err(Error::Insufficient { available }) => {
                assert!(begun.elapsed().as_secs() < 15, "kept what is there: {available}");
            }
            Err(error) => panic!("{error}"),
        }
    }
}

/// Worlds of their own run at once, each with its seed and its database, since one mostly waits for its journal.
async fn run<F: Future<Output = Bed>>(nodes: usize, bed: impl Fn() -> F) {
    // Two nodes wait a second for each other's fragments whenever a wallet ends.
    let operations = size("MODEL_OPERATIONS", 1_500) / if nodes == 1 { 1 } else { 5 };
    let worlds = size("MODEL_WORLDS", 1);
    let first = size("MODEL_SEED", 1);
    let (mut running, mut seeds) = (JoinSet::new(), HashMap::new());
    for seed in first..first + worlds {
        let bed = bed().await;
        let world = running.spawn(async move {
            let mut world = World::new(&bed, nodes, seed as u64).await;
            for step in 0..operations / worlds {
                if step % 5_000 == 0 {
                    println!("seed {seed}: {step} operations");
                }
                world.step().await;
            }
            world.finish().await
        });
        seeds.insert(world.id(), seed);
    }
    let mut requests = 0;
    while let Some(world) = running.join_next_with_id().await {
        requests += world.unwrap_or_else(|error| panic!("seed {}: {error}", seeds[&error.id()])).1;
    }
    println!(
        "M3, {nodes} node(s): {operations} operations in {worlds} worlds, {requests} requests charged, 0 differences"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn random_operations_come_to_what_the_model_says_on_sqlite() {
    run(1, Bed::sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn random_operations_come_to_what_the_model_says_on_postgres() {
    run(1, Bed::postgres).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn random_operations_on_two_nodes_come_to_what_the_model_says() {
    run(2, Bed::postgres).await;
}
