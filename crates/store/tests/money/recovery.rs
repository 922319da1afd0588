//! Nodes that die, and what their next start makes of it.

use crate::{bed::*, support::Bed};
use domain::{ids::TenantId, money::NanoUsd, ports::Ledger as _, record::Checkpoint};
use store::{Db, Sql};

const USD: i64 = 1_000_000_000;
/// Other rates than those a request was quoted with.
const DEARER: &str = "input=0.3;output=1.2;above=200000";

async fn row(db: &Db, request: domain::ids::RequestId) -> Option<(i64, String, String)> {
    let row = store::usage::get(db, request).await.unwrap()?;
    Some((row.sale.0, row.end_state, row.usage_source))
}

/// A node that dies with one request settled and not drained, one at a checkpoint, one just opened.
async fn died(db: &Db, dir: &std::path::Path, payer: TenantId) -> [domain::ids::RequestId; 3] {
    let node = Node::start(db, dir);
    let settled = node.request(payer, 100, 60).await;
    let (opened, mut hold) = node.hold(payer, 100).await.unwrap();
    drop(node.ledger.checkpoint(&mut hold, &checkpoint(opened.request, 10)));
    let dearer = Checkpoint { unit_prices: Some(DEARER.into()), ..checkpoint(opened.request, 40) };
    drop(node.ledger.checkpoint(&mut hold, &dearer));
    let (fresh, fresh_hold) = node.hold(payer, 100).await.unwrap();
    // Their holds die with the process.
    let ids = [settled, opened.request, fresh.request];
    std::mem::forget((hold, fresh_hold));
    node.die().await;
    ids
}

on_both! {
    async fn a_start_posts_what_was_settled_and_charges_what_was_counted(bed) {
        let payer = tenant(&bed.db, USD).await;
        let dir = bed.node_dir("n");
        let [settled, counted, fresh] = died(&bed.db, &dir, payer).await;
        let node = Node::start(&bed.db, &dir);
        node.ledger.recovered().await;
        assert_eq!(row(&bed.db, settled).await, Some((60, "complete".into(), "reported".into())));
        assert_eq!(row(&bed.db, counted).await, Some((40, "interrupted".into(), "checkpoint".into())));
        assert_eq!(row(&bed.db, fresh).await, Some((0, "interrupted".into(), "checkpoint".into())));
        let counted = store::usage::get(&bed.db, counted).await.unwrap().unwrap();
        let fresh = store::usage::get(&bed.db, fresh).await.unwrap().unwrap();
        assert_eq!((counted.unit_prices, fresh.unit_prices), (DEARER.into(), opened(payer, 0).unit_prices));
        let balance = node.balance(payer).await;
        assert_eq!((balance.posted, balance.leased), (NanoUsd(USD - 100), NanoUsd(0)), "the old lease is back");
        node.assert_clean().await;
        node.request(payer, 100, 1).await;
        node.assert_clean().await;
        node.stop().await;
    }

    async fn positions_set_back_add_nothing_twice(bed) {
        let payer = tenant(&bed.db, USD).await;
        let dir = bed.node_dir("n");
        died(&bed.db, &dir, payer).await;
        let node = Node::start(&bed.db, &dir);
        node.ledger.recovered().await;
        for _ in 0..300 {
            node.request(payer, 100, 3).await;
        }
        node.ledger.flush().await;
        node.die().await;
        let sums = "SELECT CAST(SUM(sale) AS BIGINT) FROM usage_hours";
        let before = number(&bed.db, sums).await;
        never_posted(&bed.db, &dir).await;
        let node = Node::start(&bed.db, &dir);
        node.ledger.recovered().await;
        node.ledger.flush().await;
        assert_eq!(number(&bed.db, sums).await, before);
        assert_eq!(node.balance(payer).await.posted, NanoUsd(USD - before));
        node.assert_clean().await;
        node.stop().await;
    }

    async fn a_crash_at_any_byte_of_the_journal_loses_no_whole_record(bed) {
        let payer = tenant(&bed.db, USD).await;
        for cut in [1_u64, 5, 9, 60, 200, 333, 700, 1_200] {
            let dir = bed.node_dir(&format!("cut{cut}"));
            let settled = died(&bed.db, &dir, payer).await;
            let journal = std::fs::read_dir(dir.join("journal")).unwrap().flatten().map(|file| file.path());
            for path in journal.filter(|path| path.extension().is_some_and(|e| e == "journal")) {
                let segment = store::journal::segment::Segment::finished(&path, false).unwrap().unwrap();
                let file = std::fs::File::options().write(true).open(&path).unwrap();
                file.set_len(segment.written().saturating_sub(cut).max(64)).unwrap();
            }
            // What was posted before the cut stays posted; it may have been all, or nothing.
            let node = Node::start(&bed.db, &dir);
            node.ledger.recovered().await;
            node.request(payer, 100, 5).await;
            node.ledger.flush().await;
            let books = store::reconcile::audit(&bed.db).await.unwrap();
            assert!(books.holds(), "{books:?}");
            if let Some((sale, state, _)) = row(&bed.db, settled[0]).await {
                assert!((sale, state.as_str()) == (60, "complete") || (sale, state.as_str()) == (0, "interrupted"));
            }
            node.stop().await;
        }
        assert_eq!(number(&bed.db, "SELECT CAST(SUM(leased) AS BIGINT) FROM accounts").await, 0);
    }

    async fn what_is_not_drained_is_pending_not_a_difference(bed) {
        let payer = tenant(&bed.db, USD).await;
        let dir = bed.node_dir("n");
        let node = Node::start(&bed.db, &dir);
        node.request(payer, 100, 60).await;
        node.ledger.flush().await;
        // The drain stops; the journal goes on.
        node.stop_drain().await;
        node.request(payer, 100, 30).await;
        node.request(payer, 100, 31).await;
        let report = node.reconcile().await;
        assert!(report.is_clean(), "{report}");
        assert_eq!((report.pending_requests, report.pending), (2, NanoUsd(61)));
        assert_eq!(node.balance(payer).await.pending, NanoUsd(61));
        assert!(report.to_string().contains("pending 2 requests, 0.000000061 USD"), "{report}");
        node.die().await;
        let node = Node::start(&bed.db, &dir);
        node.ledger.recovered().await;
        node.assert_clean().await;
        node.stop().await;
    }

    async fn a_dropped_hold_goes_back_and_its_request_is_charged_at_its_last_checkpoint(bed) {
        let payer = tenant(&bed.db, 1_000).await;
        let node = Node::start(&bed.db, &bed.node_dir("n"));
        let (opened, mut hold) = node.hold(payer, 600).await.unwrap();
        drop(node.ledger.checkpoint(&mut hold, &checkpoint(opened.request, 150)));
        // As when its task panics.
        drop(hold);
        let (fresh, hold) = node.hold(payer, 850).await.expect("what was not counted is free again at once");
        drop(hold);
        // Nobody waits for such a record.
        until("both are posted", || async { row(&bed.db, fresh.request).await.is_some() }).await;
        node.ledger.flush().await;
        assert_eq!(row(&bed.db, opened.request).await, Some((150, "interrupted".into(), "checkpoint".into())));
        assert_eq!(row(&bed.db, fresh.request).await, Some((0, "interrupted".into(), "checkpoint".into())));
        assert_eq!(node.balance(payer).await.pending, NanoUsd::ZERO);
        assert_eq!(node.ledger.backlog().running, 0);
        node.assert_clean().await;
        let dir = node.dir.clone();
        node.die().await;
        let node = Node::start(&bed.db, &dir);
        node.ledger.recovered().await;
        assert_eq!(node.balance(payer).await.posted, NanoUsd(850), "nothing is charged twice");
        node.assert_clean().await;
        node.stop().await;
    }
}

/// SQLite may lose its latest transactions with the power, in which segments were put away.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_database_lost_of_its_end_is_posted_again_from_segments_put_away() {
    let bed = Bed::sqlite().await;
    let payer = tenant(&bed.db, USD).await;
    let dir = bed.node_dir("n");
    let node = Node::start(&bed.db, &dir);
    node.request(payer, 100, 3).await;
    node.ledger.flush().await;
    let copy = bed.dir.path().join("copy.db");
    bed.db.execute(Sql::built(format!("VACUUM INTO '{}'", copy.display()))).await.unwrap();
    let drained = || {
        let files = std::fs::read_dir(dir.join("journal")).unwrap().flatten();
        files.filter(|file| file.path().extension().is_some_and(|e| e == "drained")).count()
    };
    let mut requests = Vec::new();
    while drained() < 2 {
        requests.push(node.request(payer, 100, 3).await);
    }
    node.die().await;
    let restored = Db::connect(&format!("sqlite:{}", copy.display())).await.unwrap();
    let node = Node::start(&restored, &dir);
    node.ledger.recovered().await;
    node.ledger.flush().await;
    for request in &requests {
        assert_eq!(row(&restored, *request).await.map(|(sale, ..)| sale), Some(3));
    }
    let charged = 3 * (1 + i64::try_from(requests.len()).unwrap());
    assert_eq!(node.balance(payer).await.posted, NanoUsd(USD - charged));
    node.assert_clean().await;
    node.stop().await;
}
