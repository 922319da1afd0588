//! M2: a crowd at a wallet's end is admitted exactly as far as the money goes.

use crate::{bed::*, support::Bed};
use domain::{money::NanoUsd, ports::HoldRefused};
use futures::future::join_all;
use store::Db;

/// 500 requests at once on these nodes, at a wallet for exactly ten holds; those admitted spend all of their hold.
async fn crowd(db: &Db, nodes: &[Node], hold: i64) {
    let payer = tenant(db, 10 * hold).await;
    let asking = (0..500).map(|i| {
        let node = &nodes[i % nodes.len()];
        async move {
            match node.hold(payer, hold).await {
                Ok(held) => {
                    node.settle(held, hold).await;
                    true
                }
                Err(refused) => {
                    assert_eq!(refused, HoldRefused::Insufficient { needed: NanoUsd(hold) });
                    false
                }
            }
        }
    });
    let admitted = join_all(asking).await.into_iter().filter(|admitted| *admitted).count();
    assert_eq!(admitted, 10, "at {hold}");
    for node in nodes {
        node.ledger.flush().await;
    }
    let balance = nodes[0].balance(payer).await;
    assert_eq!((balance.posted, balance.leased), (NanoUsd(0), NanoUsd(0)), "at {hold}");
}

async fn finish(bed: &Bed, nodes: Vec<Node>) {
    for node in nodes {
        let dir = node.dir.clone();
        node.stop().await;
        assert_clean(&bed.db, &dir).await;
    }
}

/// Of the smallest draw: a tenth, more than a fifth (so that fragments are left on both nodes), and larger than it.
const HOLDS: [i64; 3] = [1_000_000, 3_000_000, 70_000_000];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn exactly_ten_of_five_hundred_on_sqlite() {
    let bed = Bed::sqlite().await;
    let nodes = vec![Node::start(&bed.db, &bed.node_dir("a"))];
    for hold in HOLDS {
        for _ in 0..size("M2_REPETITIONS", 5) {
            crowd(&bed.db, &nodes, hold).await;
        }
    }
    finish(&bed, nodes).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn exactly_ten_of_five_hundred_on_two_nodes_with_postgres() {
    let bed = Bed::postgres().await;
    let other = Db::connect(&bed.url).await.unwrap();
    let nodes = vec![Node::start(&bed.db, &bed.node_dir("a")), Node::start(&other, &bed.node_dir("b"))];
    for hold in HOLDS {
        for _ in 0..size("M2_REPETITIONS", 5) {
            crowd(&bed.db, &nodes, hold).await;
        }
    }
    finish(&bed, nodes).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crowd_at_an_empty_wallet_is_refused_together() {
    let bed = Bed::postgres().await;
    let other = Db::connect(&bed.url).await.unwrap();
    let (one, two) = (Node::start(&bed.db, &bed.node_dir("a")), Node::start(&other, &bed.node_dir("b")));
    let payer = tenant(&bed.db, 1_000).await;
    // All of it runs on the other node: nothing comes back.
    let held = two.hold(payer, 1_000).await.unwrap();
    let started = std::time::Instant::now();
    let refused = join_all((0..500).map(|_| one.hold(payer, 600))).await;
    assert!(refused.iter().all(Result::is_err));
    assert!(started.elapsed().as_secs() < 4, "{:?}", started.elapsed());
    two.settle(held, 1).await;
    finish(&bed, vec![one, two]).await;
}
