//! A database that falls silent under load, and comes back.

use crate::{
    bed::*,
    support::{Bed, silence::Silence},
};
use domain::money::NanoUsd;
use futures::future::join_all;
use std::time::{Duration, Instant};
use store::Db;

const USD: i64 = 1_000_000_000;

/// Requests from 16 callers, each 100 a second, for so long; how many.
async fn load(node: &Node, payer: domain::ids::TenantId, time: Duration) -> i64 {
    let started = Instant::now();
    let callers = (0..16).map(|_| async {
        let mut requests = 0;
        let mut pace = tokio::time::interval(Duration::from_millis(10));
        while started.elapsed() < time {
            pace.tick().await;
            node.request(payer, 10_000, 5_000).await;
            requests += 1;
        }
        requests
    });
    join_all(callers).await.into_iter().sum()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_go_on_while_the_database_is_silent_and_are_posted_when_it_speaks() {
    let bed = Bed::postgres().await;
    let payer = tenant(&bed.db, 1_000_000 * USD).await;
    let port = bed.url.rsplit_once(':').unwrap().1.split_once('/').unwrap().0.parse().unwrap();
    let way = Silence::before(port).await;
    let db = Db::connect(&bed.url.replace(&port.to_string(), &way.port.to_string())).await.unwrap();
    let node = Node::start(&db, &bed.node_dir("n"));
    let before = load(&node, payer, Duration::from_secs(2)).await;
    node.ledger.flush().await;
    way.set(true);
    let during = load(&node, payer, Duration::from_secs(3)).await;
    assert!(node.ledger.is_admitting());
    assert!(node.ledger.backlog().requests > 0);
    assert!(node.reconcile_on(&bed.db).await.is_clean(), "what is not drained is pending");
    way.set(false);
    let back = Instant::now();
    node.ledger.flush().await;
    println!("{before} requests before, {during} during; drained in {:?}", back.elapsed());
    node.assert_clean().await;
    assert_eq!(node.balance(payer).await.posted, NanoUsd(1_000_000 * USD - 5_000 * (before + during)));
    node.stop().await;
}
