//! Old usage: its rows go, its sums stay, and the books add up before, between and after.

use crate::{bed::*, support::Bed};
use domain::{ids::TenantId, money::NanoUsd};
use std::{future::Future, pin::pin, task::Poll};
use store::{
    Db, Sql,
    reconcile::reconcile,
    retention::{Kept, Waits, keep, month_us},
    sql,
    statements::Letterhead,
    time::now_us,
    usage,
};

const DAY_US: i64 = 86_400_000_000;

/// PostgreSQL: the partitions of the last months, as they were made ahead then.
pub async fn made_ahead(db: &Db) {
    keep(db, 0, now_us() - 100 * DAY_US).await.unwrap();
}

/// A node with a tenant's requests of `days` before now, three a day that cost 100, 200 and nothing.
pub async fn used(bed: &Bed, days: &[i64]) -> (Node, TenantId) {
    channel(&bed.db).await;
    let payer = tenant(&bed.db, 1_000_000_000).await;
    let node = Node::start(&bed.db, &bed.node_dir("n"));
    for day in days {
        for (hour, sale) in [(1, 100), (2, 200), (2, 0)] {
            let midnight = (now_us() - day * DAY_US) / DAY_US * DAY_US;
            request_at(&node, payer, midnight + hour * DAY_US / 24, sale).await;
        }
    }
    node.ledger.flush().await;
    (node, payer)
}

async fn frozen(db: &Db) -> (i64, i64) {
    let row = db.fetch_one(sql!(
        "SELECT CAST(COALESCE(SUM(requests), 0) AS BIGINT), CAST(COALESCE(SUM(sale), 0) AS BIGINT) FROM usage_days"
    ));
    let row = row.await.unwrap();
    (row.int(0).unwrap(), row.int(1).unwrap())
}

async fn live(db: &Db) -> i64 {
    number(db, "SELECT COUNT(*) FROM usage_events").await
}

/// Polls `work` so many times and drops it wherever it is then; whether it ended before.
async fn dropped_after<F: Future>(polls: usize, work: F) -> bool {
    let (mut work, mut left) = (pin!(work), polls);
    std::future::poll_fn(|context| {
        if work.as_mut().poll(context).is_ready() {
            return Poll::Ready(true);
        }
        left = left.saturating_sub(1);
        if left == 0 { Poll::Ready(false) } else { Poll::Pending }
    })
    .await
}

on_both! {
    async fn old_usage_goes_and_everything_adds_up_without_it(bed) {
        made_ahead(&bed.db).await;
        let (node, payer) = used(&bed, &[95, 94, 70, 40, 1, 0]).await;
        node.assert_clean().await;
        assert_eq!(keep(&bed.db, 0, now_us()).await.unwrap().frozen, 0, "kept for ever");
        let cutoff = month_us(now_us(), -1);
        let old = bed.db.fetch_one(sql!("SELECT COUNT(*) FROM usage_events WHERE time_us < $1", cutoff)).await.unwrap().int(0).unwrap();
        assert!((6..=12).contains(&old), "{old}");
        let kept = keep(&bed.db, 1, now_us()).await.unwrap();
        assert_eq!((kept.frozen, kept.waits), (old.unsigned_abs(), None));
        assert_eq!((frozen(&bed.db).await, live(&bed.db).await), ((old, old / 3 * 300), 18 - old));
        node.assert_clean().await;
        let report = node.reconcile().await;
        assert_eq!((report.requests, report.frozen_requests, report.charged), (18, old.unsigned_abs(), NanoUsd(1_800)));
        assert_eq!(keep(&bed.db, 1, now_us()).await.unwrap().frozen, 0, "once");

        // Sums of hours are kept; lists end where rows do.
        let mut moment = store::Moment::now(&bed.db).await.unwrap();
        let filter = usage::Filter { tenant: Some(payer), ..usage::Filter::default() };
        assert_eq!(moment.total(&filter).await.unwrap().requests, 18);
        let margins = usage::margins(&mut moment, &usage::Filter::default(), &[usage::GroupBy::Model]).await.unwrap();
        assert_eq!((margins.total.sale, margins.are_whole()), (NanoUsd(1_800), true), "margins reach back to all of it");
        assert_eq!(moment.requests(&filter, None, 100).await.unwrap().len(), usize::try_from(18 - old).unwrap());
        drop(moment);
        node.stop().await;
    }

    async fn rows_of_a_month_that_is_gone_are_added_to_their_days_once(bed) {
        made_ahead(&bed.db).await;
        let (node, payer) = used(&bed, &[70, 40, 0]).await;
        keep(&bed.db, 1, now_us()).await.unwrap();
        let (requests, sale) = frozen(&bed.db).await;
        // One transfer for rows of then and now: it stays exact, too.
        let late = now_us() - 70 * DAY_US;
        for at in [late, late, now_us()] {
            request_at(&node, payer, at, 1_000).await;
        }
        node.ledger.flush().await;
        node.assert_clean().await;
        assert_eq!(frozen(&bed.db).await, (requests, sale), "they are rows still");
        assert_eq!(keep(&bed.db, 1, now_us()).await.unwrap().frozen, 2);
        assert_eq!(frozen(&bed.db).await, (requests + 2, sale + 2_000));
        node.assert_clean().await;
        assert_eq!(keep(&bed.db, 1, now_us()).await.unwrap().frozen, 0);
        let (db, dir) = (bed.db.clone(), node.dir.clone());
        node.stop().await;
        db.execute(sql!("DELETE FROM usage_events WHERE sale = 1000")).await.unwrap();
        let report = reconcile(&db, &dir).await.unwrap();
        assert!(report.differences.iter().any(|it| it.what.contains("usage rows charged by")), "{report}");
    }

    async fn a_sum_that_was_changed_is_found(bed) {
        made_ahead(&bed.db).await;
        let (node, _) = used(&bed, &[70, 69, 0]).await;
        keep(&bed.db, 1, now_us()).await.unwrap();
        let (db, dir) = (bed.db.clone(), node.dir.clone());
        node.stop().await;
        assert_clean(&db, &dir).await;
        for (plant, undo) in [
            ("UPDATE usage_days SET sale = sale + 1", "UPDATE usage_days SET sale = sale - 1"),
            ("UPDATE usage_days SET cost = cost + 1", "UPDATE usage_days SET cost = cost - 1"),
            ("UPDATE usage_days SET requests = requests + 1", "UPDATE usage_days SET requests = requests - 1"),
            ("UPDATE usage_days SET output = output + 1", "UPDATE usage_days SET output = output - 1"),
            ("UPDATE usage_days SET tenant = tenant + 1", "UPDATE usage_days SET tenant = tenant - 1"),
            ("UPDATE usage_days SET day_us = day_us + 864000000000", "UPDATE usage_days SET day_us = day_us - 864000000000"),
            ("UPDATE usage_hours SET sale = sale - 5", "UPDATE usage_hours SET sale = sale + 5"),
        ] {
            db.execute(Sql::new(plant)).await.unwrap();
            let report = reconcile(&db, &dir).await.unwrap();
            assert!(!report.is_clean() && report.difference() > NanoUsd::ZERO, "{plant}: {report}");
            db.execute(Sql::new(undo)).await.unwrap();
            assert_clean(&db, &dir).await;
        }
        db.execute(sql!("DELETE FROM usage_days")).await.unwrap();
        assert!(!reconcile(&db, &dir).await.unwrap().is_clean());
    }

    async fn wherever_it_dies_rows_and_days_are_what_was_charged(bed) {
        made_ahead(&bed.db).await;
        let (node, payer) = used(&bed, &[95, 70, 69, 40, 0]).await;
        let (mut deaths, mut polls, mut charged) = (0, 1, 15);
        // It dies after one poll more each time, until it ends. How far a poll gets is up to the database's threads: where
        // few were enough, there is more to freeze.
        loop {
            let ended = dropped_after(polls, keep(&bed.db, 1, now_us())).await;
            // In one statement: a commit that was asked for goes on without who asked.
            let both = "SELECT CAST(COALESCE(SUM(requests), 0) AS BIGINT) + (SELECT COUNT(*) FROM usage_events) FROM usage_days";
            assert_eq!(number(&bed.db, both).await, charged, "after {polls} polls");
            node.assert_clean().await;
            polls += 1;
            deaths += usize::from(!ended);
            if ended && deaths > 2 {
                break;
            }
            if ended {
                request_at(&node, payer, now_us() - 70 * DAY_US, 5).await;
                node.ledger.flush().await;
                (polls, charged) = (1, charged + 1);
            }
        }
        keep(&bed.db, 1, now_us()).await.unwrap();
        assert_eq!(live(&bed.db).await + frozen(&bed.db).await.0, charged);
        node.assert_clean().await;
        node.stop().await;
    }

    async fn a_month_waits_for_a_node_that_is_away(bed) {
        made_ahead(&bed.db).await;
        let (node, _) = used(&bed, &[70, 0]).await;
        let away = "INSERT INTO journal_segments (segment, node_id, epoch, sequence, low_water, posted_to, complete, \
                    records, sale, hash, updated) VALUES ('s', 'away', 1, 1, 0, 0, 0, 0, 0, '', $1)";
        bed.db.execute(sql!(away, now_us() - 75 * DAY_US)).await.unwrap();
        let kept = keep(&bed.db, 1, now_us()).await.unwrap();
        assert_eq!((kept.frozen, kept.waits), (0, Some(Waits::Node("away".into()))));
        // It came back, and has posted everything.
        bed.db.execute(sql!("UPDATE journal_segments SET drained_us = $1 WHERE node_id = 'away'", now_us())).await.unwrap();
        let kept = keep(&bed.db, 1, now_us()).await.unwrap();
        assert_eq!((kept.frozen, kept.waits), (3, None));
        node.stop().await;
    }

    async fn a_month_waits_for_its_statements(bed) {
        made_ahead(&bed.db).await;
        let (node, _) = used(&bed, &[70, 0]).await;
        let billed = tenant(&bed.db, 0).await;
        let line = "INSERT INTO transfers (id, time, debit_account, credit_account, amount, kind, reference, idempotency_key, \
                    tenant, line, balance) SELECT 1, $1, 4, id, 1, 'bonus', '', 'old', tenant, 1, 1 FROM accounts \
                    WHERE tenant = $2 AND kind = 'wallet'";
        bed.db.execute(sql!(line, now_us() - 75 * DAY_US, billed)).await.unwrap();
        let kept = keep(&bed.db, 1, now_us()).await.unwrap();
        assert_eq!((kept.frozen, kept.waits), (0, Some(Waits::Statement(billed))));
        bed.store().statements().freeze_due(&Letterhead::default(), now_us()).await.unwrap();
        assert_eq!(keep(&bed.db, 1, now_us()).await.unwrap().frozen, 3);
        node.stop().await;
    }

    async fn a_drain_with_nothing_to_do_says_that_all_is_posted(bed) {
        let (node, _) = used(&bed, &[0]).await;
        until("a drained segment", || async { number(&bed.db, "SELECT MAX(drained_us) FROM journal_segments").await > 0 }).await;
        node.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_makes_months_ahead_and_refuses_no_row() {
    let bed = Bed::postgres().await;
    let (db, now) = (&bed.db, now_us());
    let in_default = || number(db, "SELECT COUNT(*) FROM usage_events_default");
    let (node, payer) = used(&bed, &[0]).await;
    // No partition yet; a clock ahead of its time, and one that is far off.
    request_at(&node, payer, now + 40 * DAY_US, 5).await;
    request_at(&node, payer, now + 4_000 * DAY_US, 6).await;
    node.ledger.flush().await;
    assert_eq!(in_default().await, 5);
    assert_eq!(keep(db, 0, now).await.unwrap(), Kept { made: 4, ..Kept::default() });
    assert_eq!(in_default().await, 1, "the others moved to their months");
    assert_eq!(keep(db, 0, now).await.unwrap().made, 0);
    request_at(&node, payer, now, 7).await;
    node.ledger.flush().await;
    assert_eq!((in_default().await, live(db).await), (1, 6));
    node.assert_clean().await;
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_takes_what_was_there_along_whatever_its_columns() {
    for days in [&[70, 40, 0, -40][..], &[]] {
        let bed = Bed::postgres().await;
        // As it was before, with a column that came in between.
        for undo in [
            "ALTER TABLE usage_events RENAME TO parted",
            "CREATE TABLE usage_events (LIKE parted INCLUDING ALL)",
            "DROP TABLE parted",
            "ALTER TABLE usage_events ADD COLUMN between_us BIGINT DEFAULT 3",
            "DROP TABLE usage_days",
            "DROP TABLE usage_frozen",
            "DROP TABLE usage_frozen_charges",
            "DELETE FROM schema_migrations WHERE number = 13",
        ] {
            bed.db.execute(Sql::new(undo)).await.unwrap();
        }
        let (node, payer) = used(&bed, days).await;
        bed.db.execute(sql!("ALTER TABLE journal_segments DROP COLUMN drained_us")).await.unwrap();
        bed.db.migrate().await.unwrap();
        node.assert_clean().await;
        let rows = i64::try_from(days.len()).unwrap() * 3;
        assert_eq!(live(&bed.db).await, rows);
        let ahead = number(&bed.db, "SELECT COUNT(*) FROM usage_events_default").await;
        assert_eq!(ahead, if days.contains(&-40) { 3 } else { 0 });
        assert_eq!(number(&bed.db, "SELECT COUNT(*) FROM usage_events WHERE between_us = 3").await, rows);
        bed.db.execute(sql!("ALTER TABLE usage_events ADD COLUMN later_us BIGINT NOT NULL DEFAULT 4")).await.unwrap();
        let late = now_us() - 70 * DAY_US;
        request_at(&node, payer, late, 5).await;
        request_at(&node, payer, now_us(), 6).await;
        let dir = node.dir.clone();
        node.stop().await;
        // In two months all of it is old, and it was one partition.
        let later = now_us() + 62 * DAY_US;
        bed.db.execute(sql!("UPDATE journal_segments SET drained_us = $1", later)).await.unwrap();
        bed.store().statements().freeze_due(&Letterhead::default(), later).await.unwrap();
        let kept = keep(&bed.db, 1, later).await.unwrap();
        assert_eq!((kept.frozen, kept.waits), ((rows + 2 - ahead).unsigned_abs(), None));
        assert_clean(&bed.db, &dir).await;
        assert_eq!(number(&bed.db, "SELECT COUNT(*) FROM usage_events WHERE later_us = 4").await, ahead);
    }
}

/// The draft is held where it has its snapshot and has not read its rows yet, while their month is to be dropped.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_month_is_not_dropped_while_a_statement_is_drafted_from_it() {
    let bed = Bed::postgres().await;
    made_ahead(&bed.db).await;
    let payer = tenant(&bed.db, 1_000_000_000).await;
    let node = Node::start(&bed.db, &bed.node_dir("n"));
    // It came ten weeks ago and is charged now: next month's statement of this month has it.
    request_at(&node, payer, now_us() - 70 * DAY_US, 100).await;
    node.ledger.flush().await;
    node.stop().await;
    let later = month_us(now_us(), 1) + DAY_US;
    let mut held = bed.db.begin().await.unwrap();
    held.execute(sql!("LOCK TABLE keys IN ACCESS EXCLUSIVE MODE")).await.unwrap();
    let store = bed.store();
    let letterhead = Letterhead::default();
    let (made, ()) = tokio::join!(store.statements().freeze_due(&letterhead, later), async {
        let waiting = "SELECT COUNT(*) FROM pg_locks WHERE NOT granted AND relation = to_regclass('keys')";
        until("the draft to read keys", async || number(&bed.db, waiting).await == 1).await;
        let dropped = keep(&bed.db, 1, later).await;
        assert!(dropped.is_err(), "{dropped:?}");
        held.rollback().await.unwrap();
    });
    assert_eq!(made.unwrap(), 1);
    let statements = bed.store().statements().list(payer, store::Page::first(10)).await.unwrap().rows;
    let lines = bed.store().statements().usage(statements[0].id, 0, 10).await.unwrap();
    let lines: Vec<_> = lines.iter().map(|line| (line.model.as_str(), line.key, line.requests, line.amount)).collect();
    assert_eq!(lines, [("gpt-4o-mini", Some(KEY), 1, NanoUsd(100))]);
    assert_eq!(keep(&bed.db, 1, later).await.unwrap().frozen, 1, "at the next turn");
}
