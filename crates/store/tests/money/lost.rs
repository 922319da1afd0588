//! Nodes that are lost: their leases turn suspect, are closed, and late settlements find what is left.

use crate::{bed::*, support::Bed};
use domain::money::NanoUsd;
use store::{Db, lease::rows, sql};

/// All leases ran out long ago.
async fn run_out(db: &Db) {
    db.execute(sql!("UPDATE leases SET expires_at = expires_at - 7200000000")).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_nodes_lease_goes_back_and_its_late_charge_takes_what_is_there() {
    let bed = Bed::postgres().await;
    let payer = tenant(&bed.db, 1_000).await;
    let dir = bed.node_dir("lost");
    let lost = Node::start(&bed.db, &dir);
    let settled = lost.hold(payer, 600).await.unwrap();
    // It settles into its journal and dies with its drain stopped.
    lost.stop_drain().await;
    lost.settle(settled, 500).await;
    lost.die().await;
    assert_eq!(rows::expire(&bed.db, 3_600_000_000).await.unwrap(), 0, "its lease still lives");
    run_out(&bed.db).await;
    assert_eq!(rows::expire(&bed.db, 3_600_000_000).await.unwrap(), 1);
    let other = Node::start(&bed.db, &bed.node_dir("other"));
    assert_eq!(other.balance(payer).await.available, NanoUsd(1_000));
    // Others spend most of it meanwhile.
    other.request(payer, 700, 700).await;
    other.ledger.flush().await;
    other.stop().await;
    let back = Node::start(&bed.db, &dir);
    back.ledger.recovered().await;
    let balance = back.balance(payer).await;
    assert_eq!((balance.posted, balance.leased), (NanoUsd(0), NanoUsd(0)), "never below its limit");
    assert_eq!(number(&bed.db, "SELECT posted FROM accounts WHERE kind = 'writeoff'").await, -200);
    back.assert_clean().await;
    back.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lease_that_ran_out_is_suspect_and_its_money_stays_leased() {
    let bed = Bed::postgres().await;
    let payer = tenant(&bed.db, 1_000).await;
    let node = Node::start(&bed.db, &bed.node_dir("n"));
    let held = node.hold(payer, 600).await.unwrap();
    // The first renewal, right after the start, may come in between.
    let suspect = || async {
        bed.db.execute(sql!("UPDATE leases SET expires_at = expires_at - 130000000")).await.unwrap();
        assert_eq!(rows::expire(&bed.db, 3_600_000_000).await.unwrap(), 0);
        let state = bed.db.fetch_one(sql!("SELECT state FROM leases")).await.unwrap();
        state.text(0).unwrap() == "suspect"
    };
    until("the lease is suspect", suspect).await;
    assert_eq!(node.balance(payer).await.leased, NanoUsd(1_000));
    let holder = rows::Holder { node: node.ledger.node_id().to_owned(), epoch: 1 };
    let (live, _) = rows::renew(&bed.db, &holder, 120_000_000).await.unwrap();
    assert_eq!(live.into_keys().collect::<Vec<_>>(), [payer], "a renewal makes it open again");
    node.settle(held, 600).await;
    node.assert_clean().await;
    node.stop().await;
}

on_both! {
    async fn asking_again_with_the_same_draw_gives_the_same_grant(bed) {
        let payer = tenant(&bed.db, 1_000).await;
        let holder = rows::Holder { node: "00".into(), epoch: 1 };
        let draw = rows::Draw { id: [7; 16], tenant: payer, need: 300, want: 0, at_least: 0, lifetime_us: 120_000_000, again: false };
        let granted = rows::Drawn::Granted { amount: 300, returned: 0 };
        assert_eq!(rows::draw(&bed.db, &holder, draw).await.unwrap(), granted);
        let again = rows::Draw { again: true, ..draw };
        assert_eq!(rows::draw(&bed.db, &holder, again).await.unwrap(), granted);
        assert_eq!(number(&bed.db, "SELECT CAST(SUM(leased) AS BIGINT) FROM accounts").await, 300);
        assert!(matches!(rows::draw(&bed.db, &holder, draw).await, Err(store::Error::Duplicate(_))));
        assert_eq!(number(&bed.db, "SELECT CAST(SUM(leased) AS BIGINT) FROM accounts").await, 300);
        let never = rows::Draw { id: [8; 16], need: 20, ..again };
        let made = rows::Drawn::Granted { amount: 20, returned: 0 };
        assert_eq!(rows::draw(&bed.db, &holder, never).await.unwrap(), made, "it was lost on its way there");
        for _ in 0..3 {
            rows::give_back(&bed.db, &holder, payer, 220).await.unwrap();
        }
        assert_eq!(number(&bed.db, "SELECT CAST(SUM(leased) AS BIGINT) FROM accounts").await, 100);
        rows::close_before(&bed.db, "00", 2).await.unwrap();
        rows::close_before(&bed.db, "00", 2).await.unwrap();
        assert!(store::reconcile::audit(&bed.db).await.unwrap().holds());
        assert_eq!(number(&bed.db, "SELECT CAST(SUM(leased) AS BIGINT) FROM accounts").await, 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_node_gives_its_idle_fragments() {
    let bed = Bed::postgres().await;
    let other = Db::connect(&bed.url).await.unwrap();
    let (one, two) = (Node::start(&bed.db, &bed.node_dir("a")), Node::start(&other, &bed.node_dir("b")));
    let payer = tenant(&bed.db, 1_000).await;
    two.request(payer, 1_000, 100).await;
    // The wallet is all leased to the other node, most of it idle.
    let held = one.hold(payer, 800).await.unwrap();
    one.settle(held, 800).await;
    one.ledger.flush().await;
    two.ledger.flush().await;
    assert_eq!(one.balance(payer).await.posted, NanoUsd(100));
    one.assert_clean().await;
    one.stop().await;
    two.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_whose_lease_was_closed_makes_no_holds_from_it() {
    let bed = Bed::postgres().await;
    let payer = tenant(&bed.db, 1_000).await;
    let node = Node::start(&bed.db, &bed.node_dir("n"));
    let held = node.hold(payer, 600).await.unwrap();
    // The first renewal, right after the start, may come in between; or the keeper may close it itself.
    let lose = || async {
        run_out(&bed.db).await;
        rows::expire(&bed.db, 3_600_000_000).await.unwrap();
        number(&bed.db, "SELECT COUNT(*) FROM leases WHERE state = 'closed'").await == 1
    };
    until("the lease is closed", lose).await;
    // What the next renewal finds out, or the one after where a draw is under way: a renewal does not wait for it.
    let noticed = || async {
        node.ledger.renew_now().await.unwrap();
        match node.hold(payer, 300).await {
            Err(_) => true,
            Ok(early) => {
                node.settle(early, 0).await;
                false
            }
        }
    };
    until("nothing is held until the old holds have ended", noticed).await;
    node.settle(held, 500).await;
    node.ledger.flush().await;
    node.request(payer, 500, 500).await;
    node.assert_clean().await;
    assert_eq!(node.balance(payer).await.posted, NanoUsd(0));
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_closed_lease_that_a_late_draw_opened_again_is_noticed_all_the_same() {
    let bed = Bed::postgres().await;
    let payer = tenant(&bed.db, 1_000).await;
    let node = Node::start(&bed.db, &bed.node_dir("n"));
    node.request(payer, 600, 0).await;
    let holder = rows::Holder { node: node.ledger.node_id().to_owned(), epoch: 1 };
    let close = || async {
        run_out(&bed.db).await;
        // The node's own keeper may be quicker.
        rows::expire(&bed.db, 3_600_000_000).await.unwrap();
        number(&bed.db, "SELECT COUNT(*) FROM leases WHERE state = 'closed'").await == 1
    };
    until("the lease is closed", close).await;
    // A draw that was on its way while others closed the lease: the lease lives again, for 20.
    let draw = rows::Draw {
        id: [9; 16],
        tenant: payer,
        need: 20,
        want: 0,
        at_least: 0,
        lifetime_us: 120_000_000,
        again: false,
    };
    let granted = rows::draw(&bed.db, &holder, draw).await.unwrap();
    assert!(matches!(granted, rows::Drawn::Granted { amount: 20, returned: 1_000 }), "{granted:?}");
    node.ledger.renew_now().await.unwrap();
    // The thousand it had is not its own any more: others take it, and it holds from what it draws.
    let other = Node::start(&bed.db, &bed.node_dir("other"));
    let taken = other.hold(payer, 980).await.unwrap();
    assert!(node.hold(payer, 500).await.is_err(), "not from a lease that was closed");
    other.settle(taken, 980).await;
    node.ledger.flush().await;
    other.ledger.flush().await;
    assert_eq!(number(&bed.db, "SELECT posted FROM accounts WHERE kind = 'writeoff'").await, 0);
    node.stop().await;
    other.assert_clean().await;
    other.stop().await;
}
