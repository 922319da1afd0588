//! Charges, balances, adjustments, freezing, and what reconciliation finds.

use crate::{bed::*, support::Bed};
use domain::{
    money::NanoUsd,
    ports::{HoldRefused, Ledger as _},
};
use store::{
    Error, Moment, Sql,
    ledger::changes,
    reconcile::{keep, last, reconcile},
    sql,
};

const USD: i64 = 1_000_000_000;

on_both! {
    async fn what_a_reconciliation_found_is_kept_and_the_last_one_is_told(bed) {
        assert_eq!(last(&bed.db).await.unwrap(), None);
        let payer = tenant(&bed.db, 1_000_000).await;
        let node = Node::start(&bed.db, &bed.node_dir("n"));
        node.request(payer, 9_000, 500).await;
        node.ledger.flush().await;
        let (first, day_us) = (node.reconcile().await, 86_400_000_000);
        keep(&bed.db, &first).await.unwrap();
        bed.db.execute(sql!("UPDATE accounts SET posted = posted + 7 WHERE id = 1")).await.unwrap();
        let mut wrong = node.reconcile().await;
        assert!(!wrong.is_clean());
        keep(&bed.db, &wrong).await.unwrap();
        assert_eq!(last(&bed.db).await.unwrap(), Some(wrong.clone()));
        assert_eq!(number(&bed.db, "SELECT COUNT(*) FROM reconciliations").await, 2);
        wrong.time_us += 91 * day_us;
        keep(&bed.db, &wrong).await.unwrap();
        assert_eq!(number(&bed.db, "SELECT COUNT(*) FROM reconciliations").await, 1, "not for ever");
        node.stop().await;
    }

    async fn a_charge_is_posted_and_everything_adds_up(bed) {
        channel(&bed.db).await;
        let payer = tenant(&bed.db, 10 * USD).await;
        let node = Node::start(&bed.db, &bed.node_dir("n"));
        node.request(payer, 5_000, 1_234).await;
        node.request(payer, 5_000, 0).await;
        node.request(payer, 5_000, 4_000).await;
        node.ledger.flush().await;
        let balance = node.balance(payer).await;
        assert_eq!(balance.posted, NanoUsd(10 * USD - 5_234));
        assert_eq!(balance.pending, NanoUsd::ZERO);
        assert_eq!(number(&bed.db, "SELECT COUNT(*) FROM usage_events").await, 3);
        assert_eq!(number(&bed.db, "SELECT CAST(SUM(amount) AS BIGINT) FROM transfers WHERE kind = 'usage'").await, 5_234);
        let owed = "SELECT posted FROM accounts WHERE kind = 'payable' AND provider = 'openai'";
        assert_eq!(number(&bed.db, owed).await, 2_617);
        node.assert_clean().await;
        let dir = node.dir.clone();
        node.stop().await;
        assert_eq!(number(&bed.db, "SELECT CAST(SUM(leased) AS BIGINT) FROM accounts").await, 0);
        assert_clean(&bed.db, &dir).await;
    }

    async fn many_requests_over_many_segments_and_tenants_add_up(bed) {
        let mut payers = Vec::new();
        for _ in 0..40 {
            payers.push(tenant(&bed.db, 10 * USD).await);
        }
        let node = Node::start(&bed.db, &bed.node_dir("n"));
        for round in 0..40 {
            let all = payers.iter().map(|payer| node.request(*payer, 9_000, round * 100));
            futures::future::join_all(all).await;
        }
        node.assert_clean().await;
        assert_eq!(number(&bed.db, "SELECT COUNT(*) FROM usage_events").await, 1600);
        let drained = std::fs::read_dir(node.dir.join("journal")).unwrap().flatten();
        let drained = drained.filter(|file| file.path().extension().is_some_and(|e| e == "drained")).count();
        assert!(drained > 3, "{drained}");
        for payer in payers {
            assert_eq!(node.balance(payer).await.posted, NanoUsd(10 * USD - 78_000));
        }
        node.stop().await;
    }

    async fn the_listing_runs_the_balance(bed) {
        let payer = tenant(&bed.db, USD).await;
        let node = Node::start(&bed.db, &bed.node_dir("n"));
        node.request(payer, 100, 60).await;
        node.ledger.flush().await;
        changes::adjust(&bed.db, payer, NanoUsd(-40), "less", "2").await.unwrap();
        let lines = Moment::now(&bed.db).await.unwrap().transfers(payer, None, 10).await.unwrap();
        let shown: Vec<_> = lines.iter().map(|it| (it.line, it.kind.as_str(), it.amount.0, it.balance.0)).collect();
        assert_eq!(shown, [
            (3, "adjustment", -40, USD - 100),
            (2, "usage", -60, USD - 60),
            (1, "adjustment", USD, USD),
        ]);
        assert_eq!(Moment::now(&bed.db).await.unwrap().transfers(payer, Some(2), 10).await.unwrap().len(), 1);
        node.stop().await;
    }

    async fn an_adjustment_happens_once(bed) {
        let payer = tenant(&bed.db, 0).await;
        let both = [5, 7].map(|amount| changes::adjust(&bed.db, payer, NanoUsd(amount), "r", "same"));
        let made = futures::future::join_all(both).await;
        assert_eq!(made[0].as_ref().unwrap(), made[1].as_ref().unwrap());
        assert_eq!(number(&bed.db, "SELECT COUNT(*) FROM transfers").await, 1);
        assert!(matches!(changes::adjust(&bed.db, payer, NanoUsd(0), "r", "x").await, Err(Error::Invalid { .. })));
    }

    async fn taking_away_recalls_idle_leases_and_refuses_what_is_held(bed) {
        let payer = tenant(&bed.db, 1_000).await;
        let node = Node::start(&bed.db, &bed.node_dir("n"));
        node.request(payer, 1_000, 100).await;
        let held = node.hold(payer, 400).await.unwrap();
        node.ledger.flush().await;
        assert_eq!(node.balance(payer).await.available, NanoUsd(0), "all is leased");
        let refused = changes::adjust(&bed.db, payer, NanoUsd(-501), "r", "1").await;
        assert!(matches!(refused, Err(Error::Insufficient { available: NanoUsd(500) })), "{refused:?}");
        changes::adjust(&bed.db, payer, NanoUsd(-500), "r", "2").await.unwrap();
        assert_eq!(node.balance(payer).await.available, NanoUsd(0));
        node.settle(held, 400).await;
        node.assert_clean().await;
        assert_eq!(node.balance(payer).await.posted, NanoUsd(0));
        node.stop().await;
    }

    async fn a_credit_limit_lets_a_wallet_go_below_zero_and_no_further(bed) {
        let payer = tenant(&bed.db, 0).await;
        changes::set_credit_limit(&bed.db, payer, NanoUsd(500)).await.unwrap();
        let node = Node::start(&bed.db, &bed.node_dir("n"));
        node.request(payer, 500, 300).await;
        assert!(matches!(node.hold(payer, 201).await, Err(HoldRefused::Insufficient { needed: NanoUsd(201) })));
        node.request(payer, 200, 200).await;
        node.ledger.flush().await;
        assert_eq!(node.balance(payer).await.posted, NanoUsd(-500));
        let refused = changes::set_credit_limit(&bed.db, payer, NanoUsd(499)).await;
        assert!(matches!(refused, Err(Error::Insufficient { .. })), "{refused:?}");
        node.assert_clean().await;
        node.stop().await;
    }

    async fn a_frozen_tenant_gets_no_hold_and_its_idle_lease_goes_back(bed) {
        let payer = tenant(&bed.db, USD).await;
        let node = Node::start(&bed.db, &bed.node_dir("n"));
        let held = node.hold(payer, 100).await.unwrap();
        node.ledger.set_frozen(payer, true);
        assert!(matches!(node.hold(payer, 1).await, Err(HoldRefused::Frozen)));
        until("the idle lease is back", || async { node.balance(payer).await.leased == NanoUsd(100) }).await;
        node.settle(held, 70).await;
        node.ledger.set_frozen(payer, false);
        node.request(payer, 10, 10).await;
        bed.db.execute(sql!("UPDATE tenants SET frozen = 1")).await.unwrap();
        assert!(matches!(node.hold(payer, USD / 2).await, Err(HoldRefused::Frozen)), "a draw looks too");
        node.assert_clean().await;
        node.stop().await;
    }

    async fn what_neither_lease_nor_wallet_covers_is_written_off(bed) {
        let payer = tenant(&bed.db, 1_000).await;
        let node = Node::start(&bed.db, &bed.node_dir("n"));
        let first = node.hold(payer, 600).await.unwrap();
        let second = node.hold(payer, 400).await.unwrap();
        node.settle(first, 900).await;
        node.settle(second, 400).await;
        node.ledger.flush().await;
        let balance = node.balance(payer).await;
        assert_eq!((balance.posted, balance.leased), (NanoUsd(0), NanoUsd(0)));
        assert_eq!(number(&bed.db, "SELECT posted FROM accounts WHERE kind = 'writeoff'").await, -300);
        assert_eq!(number(&bed.db, "SELECT CAST(SUM(amount) AS BIGINT) FROM transfers WHERE kind = 'usage'").await, 1_300);
        node.assert_clean().await;
        node.stop().await;
    }

    async fn an_extension_sets_more_aside(bed) {
        let payer = tenant(&bed.db, 1_000).await;
        let node = Node::start(&bed.db, &bed.node_dir("n"));
        let (opened, mut hold) = node.hold(payer, 300).await.unwrap();
        node.ledger.extend(&mut hold, NanoUsd(700)).await.unwrap();
        let refused = node.ledger.extend(&mut hold, NanoUsd(1)).await;
        assert_eq!(refused, Err(HoldRefused::Insufficient { needed: NanoUsd(1) }));
        node.settle((opened, hold), 950).await;
        node.ledger.flush().await;
        assert_eq!(number(&bed.db, "SELECT hold FROM usage_events").await, 1_000);
        node.assert_clean().await;
        node.stop().await;
    }

    async fn transfers_cannot_be_changed(bed) {
        tenant(&bed.db, 5).await;
        assert!(bed.db.execute(sql!("UPDATE transfers SET amount = 6")).await.is_err());
        assert!(bed.db.execute(sql!("DELETE FROM transfers")).await.is_err());
    }

    async fn reconciliation_finds_every_planted_difference(bed) {
        let payer = tenant(&bed.db, USD).await;
        let node = Node::start(&bed.db, &bed.node_dir("n"));
        for sale in [100, 200, 300] {
            node.request(payer, 500, sale).await;
        }
        node.ledger.flush().await;
        let (dir, tampered) = (node.dir.clone(), bed.db.clone());
        node.stop().await;
        assert_clean(&tampered, &dir).await;
        let thaw = if tampered.is_sqlite() {
            "DROP TRIGGER transfers_no_update"
        } else {
            "ALTER TABLE transfers DISABLE TRIGGER ALL"
        };
        tampered.execute(Sql::new(thaw)).await.unwrap();
        let plants = [
            ("UPDATE usage_events SET sale = sale + 1 WHERE sale = 100", "UPDATE usage_events SET sale = 100 WHERE sale = 101"),
            ("UPDATE usage_events SET cost = cost + 1 WHERE sale = 100", "UPDATE usage_events SET cost = cost - 1 WHERE sale = 100"),
            ("UPDATE usage_events SET tenant = tenant + 1 WHERE sale = 200", "UPDATE usage_events SET tenant = tenant - 1 WHERE sale = 200"),
            ("UPDATE usage_events SET key_id = key_id + 1 WHERE sale = 200", "UPDATE usage_events SET key_id = key_id - 1 WHERE sale = 200"),
            ("UPDATE usage_events SET channel = 3 WHERE sale = 200", "UPDATE usage_events SET channel = 88 WHERE sale = 200"),
            ("UPDATE usage_hours SET sale = sale - 5", "UPDATE usage_hours SET sale = sale + 5"),
            ("UPDATE usage_hours SET requests = requests + 1", "UPDATE usage_hours SET requests = requests - 1"),
            ("UPDATE accounts SET posted = posted + 7 WHERE kind = 'wallet'", "UPDATE accounts SET posted = posted - 7 WHERE kind = 'wallet'"),
            ("UPDATE accounts SET leased = leased + 7 WHERE kind = 'wallet'", "UPDATE accounts SET leased = leased - 7 WHERE kind = 'wallet'"),
            ("UPDATE transfers SET amount = amount + 1 WHERE kind = 'usage'", "UPDATE transfers SET amount = amount - 1 WHERE kind = 'usage'"),
            ("UPDATE transfers SET amount = amount + 1 WHERE kind = 'cost'", "UPDATE transfers SET amount = amount - 1 WHERE kind = 'cost'"),
            ("UPDATE journal_segments SET sale = sale + 1", "UPDATE journal_segments SET sale = sale - 1"),
            ("UPDATE journal_segments SET records = records + 1", "UPDATE journal_segments SET records = records - 1"),
        ];
        for (plant, undo) in plants {
            tampered.execute(Sql::new(plant)).await.unwrap();
            let report = reconcile(&tampered, &dir).await.unwrap();
            assert!(!report.is_clean() && report.difference() > NanoUsd::ZERO, "{plant}: {report}");
            tampered.execute(Sql::new(undo)).await.unwrap();
            let report = reconcile(&tampered, &dir).await.unwrap();
            assert!(report.is_clean(), "{plant}: {report}");
        }
        tampered.execute(sql!("DELETE FROM usage_events WHERE sale = 300")).await.unwrap();
        let report = reconcile(&tampered, &dir).await.unwrap();
        assert!(report.differences.iter().any(|it| it.what.contains("usage row of")), "{report}");
    }
}

#[tokio::test]
async fn a_data_directory_has_one_process() {
    let bed = Bed::sqlite().await;
    let dir = bed.node_dir("n");
    let node = Node::start(&bed.db, &dir);
    let again = store::ledger::NodeLedger::start(
        bed.db.clone(),
        &dir,
        config(),
        tokio_util::task::TaskTracker::new(),
        tokio_util::sync::CancellationToken::new(),
    );
    assert!(matches!(again, Err(Error::File(..))));
    node.stop().await;
}
