//! How fast: microseconds a journal record costs its producer, rows a second the drain posts. Run by hand, in release:
//! `cargo test --release -p store --test money -- --ignored --nocapture rate`.

use crate::{bed::*, support::Bed};
use domain::{budget::Budgets, ids::KeyId, ports::Ledger as _};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use store::{
    journal::{Durability, Journal, JournalConfig, disk::RealDisk, node},
    ledger::LedgerConfig,
};

const REQUESTS: usize = 200_000;

fn cpu() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.try_into().unwrap(), time.tv_nsec.try_into().unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement"]
async fn a_journal_record() {
    let dir = tempfile::tempdir().unwrap();
    let node = node::Node::start(dir.path()).unwrap();
    let config = JournalConfig { durability: Durability::Process, segment_bytes: 64 << 20 };
    let journal = Journal::start(dir.path(), &node, config, Arc::new(RealDisk)).unwrap();
    let request = opened(domain::ids::TenantId(1), 1_000);
    let started = Instant::now();
    for _ in 0..REQUESTS {
        journal.open(&request).unwrap();
    }
    println!("open record, producer only: {:?} each", started.elapsed() / 200_000);
    let end = settlement(1_000);
    for waiting in [1, 32, 256] {
        let (started, before) = (Instant::now(), cpu());
        let workers = (0..waiting).map(|_| async {
            for _ in 0..40_000 / waiting {
                journal.settled(&request, &end, end.sale).await.unwrap();
            }
        });
        futures::future::join_all(workers).await;
        let (took, used) = (started.elapsed() / 40_000, (cpu() - before) / 40_000);
        println!("settled record, {waiting} at once: {took:?} each, {used:?} of CPU");
    }
}

async fn drain(bed: Bed, name: &str) {
    let mut payers = Vec::new();
    for _ in 0..20 {
        payers.push(tenant(&bed.db, 1_000_000_000_000).await);
    }
    let config = LedgerConfig { drain_yields: false, ..LedgerConfig::default() };
    let dir = bed.node_dir("n");
    let node = Node::start_with(&bed.db, &dir, config.clone(), Arc::new(RealDisk));
    node.stop_drain().await;
    let (started, before) = (Instant::now(), cpu());
    let workers = (0..50).map(|worker| {
        let (node, payers) = (&node, &payers);
        async move {
            for i in 0..REQUESTS / 50 {
                let mut opened = opened(payers[(worker + i) % 20], 10_000);
                opened.key = KeyId(i64::try_from(i % 5).unwrap());
                let hold = node.ledger.hold(&opened, &Budgets::default()).await.unwrap();
                node.ledger.settle(hold, opened, settlement(5_000)).await.unwrap();
            }
        }
    });
    futures::future::join_all(workers).await;
    println!("{name}: hold and settle {:?} each, {:?} of CPU", started.elapsed() / 200_000, (cpu() - before) / 200_000);
    node.die().await;
    let (started, before) = (Instant::now(), cpu());
    let node = Node::start_with(&bed.db, &dir, config, Arc::new(RealDisk));
    node.ledger.recovered().await;
    let (took, used) = (started.elapsed(), cpu() - before);
    let per_second = 200_000 * 1_000 / took.as_millis();
    println!("{name}: drained {per_second} rows/s, {:?} of CPU a row", used / 200_000);
    node.assert_clean().await;
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement"]
async fn the_drain_on_sqlite() {
    drain(Bed::sqlite().await, "SQLite").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement"]
async fn the_drain_on_postgres() {
    drain(Bed::postgres().await, "PostgreSQL").await;
}
