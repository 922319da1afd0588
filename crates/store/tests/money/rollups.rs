//! Roll-ups by the hour, the day and the month answer as the hours do, whatever comes late.

use crate::bed::*;
use domain::ids::TenantId;
use store::{
    Db, Moment,
    retention::month_us,
    rollups::keep,
    sql,
    time::now_us,
    usage::{Durations, Filter, GroupBy, Line, Of},
};

const HOUR_US: i64 = 3_600_000_000;
const DAY_US: i64 = 24 * HOUR_US;
const USD: i64 = 1_000_000_000;

/// Everything that is asked of roll-ups, of one moment.
type Answers = Vec<(Vec<Line>, Vec<(String, Durations)>)>;

async fn answers(db: &Db, tenant: TenantId) -> Answers {
    let (own, key) = (Some(tenant), Some(KEY));
    let (month, odd) = (month_us(now_us(), -2), now_us() - 40 * DAY_US);
    let filters = [
        Filter::default(),
        Filter { tenant: own, ..Filter::default() },
        Filter { key, from_us: Some(month + 5 * HOUR_US), ..Filter::default() },
        Filter { from_us: Some(odd), to_us: Some(odd + 38 * DAY_US), ..Filter::default() },
        Filter { model: Some("a/b".into()), channel: Some(CHANNEL), ..Filter::default() },
    ];
    let groups: [&[GroupBy]; 9] = [
        &[],
        &[GroupBy::Model],
        &[GroupBy::Key],
        &[GroupBy::Tenant],
        &[GroupBy::Channel, GroupBy::Day],
        &[GroupBy::Model, GroupBy::Hour],
        &[GroupBy::Slot(6 * HOUR_US)],
        &[GroupBy::Tenant, GroupBy::Channel, GroupBy::Model],
        &[GroupBy::Key, GroupBy::Model],
    ];
    let mut moment = Moment::now(db).await.unwrap();
    let mut all = Vec::new();
    for filter in &filters {
        for groups in groups {
            let mut lines = moment.summary(filter, groups).await.unwrap();
            lines.sort_by_key(|line| told(&line.of));
            let durations = moment.durations(filter, groups).await.unwrap();
            let mut durations: Vec<_> = durations.into_iter().map(|(of, it)| (told(&of), it)).collect();
            durations.sort_by(|a, b| a.0.cmp(&b.0));
            all.push((lines, durations));
        }
    }
    all
}

fn told(of: &Of) -> String {
    format!("{of:?}")
}

async fn rolled_up(db: &Db) -> usize {
    let mut slots = 0;
    loop {
        match keep(db, now_us()).await.unwrap() {
            0 => return slots,
            more => slots += more,
        }
    }
}

fn requests(answers: &Answers) -> i64 {
    answers[0].0.iter().map(|line| line.requests).sum()
}

on_both! {
    async fn answers_are_the_same_with_and_without_roll_ups(bed) {
        channel(&bed.db).await;
        let payer = tenant(&bed.db, USD).await;
        let other = tenant(&bed.db, USD).await;
        let node = Node::start(&bed.db, &bed.node_dir("n"));
        let now = now_us();
        for (n, day) in [95, 70, 69, 40, 33, 3, 1, 0, 0].into_iter().enumerate() {
            let n = i64::try_from(n).unwrap();
            request_at(&node, payer, now - day * DAY_US - n * HOUR_US, 100 + n).await;
            request_at(&node, other, now - day * DAY_US, 10).await;
        }
        node.ledger.flush().await;
        let before = answers(&bed.db, payer).await;
        assert_eq!(requests(&before), 18);
        assert!(rolled_up(&bed.db).await > 20);
        assert!(number(&bed.db, "SELECT COUNT(*) FROM usage_rollups WHERE span = 2").await > 0);
        assert_eq!(answers(&bed.db, payer).await, before);
        assert_eq!(rolled_up(&bed.db).await, 0, "once");

        // What comes late is in every answer at once, and is rolled up again.
        request_at(&node, payer, now - 70 * DAY_US, 7).await;
        node.ledger.flush().await;
        let late = answers(&bed.db, payer).await;
        assert_eq!(requests(&late), 19);
        assert_eq!(rolled_up(&bed.db).await, 3, "its hour, its day, its month");
        assert_eq!(answers(&bed.db, payer).await, late);
        node.assert_clean().await;
        node.stop().await;
    }

    async fn what_is_posted_while_slots_are_rolled_up_is_not_lost(bed) {
        channel(&bed.db).await;
        let payer = tenant(&bed.db, USD).await;
        let node = Node::start(&bed.db, &bed.node_dir("n"));
        let old = now_us() - 40 * DAY_US;
        for round in 1..=10 {
            let post = async {
                request_at(&node, payer, old, 7).await;
                node.ledger.flush().await;
            };
            tokio::join!(post, rolled_up(&bed.db), rolled_up(&bed.db));
            let found = answers(&bed.db, payer).await;
            assert_eq!(requests(&found), round);
            rolled_up(&bed.db).await;
            assert_eq!(answers(&bed.db, payer).await, found);
        }
        node.assert_clean().await;
        node.stop().await;
    }

    async fn reconciliation_finds_a_roll_up_that_is_not_the_sum_of_its_hours(bed) {
        channel(&bed.db).await;
        let payer = tenant(&bed.db, USD).await;
        let node = Node::start(&bed.db, &bed.node_dir("n"));
        request_at(&node, payer, now_us() - 40 * DAY_US, 7).await;
        node.ledger.flush().await;
        rolled_up(&bed.db).await;
        node.assert_clean().await;
        for (plant, undo) in [
            ("sale = sale + 5 WHERE axis = 6 AND span = 2", "sale = sale - 5 WHERE axis = 6 AND span = 2"),
            ("requests = 2 WHERE axis = 0 AND span = 0", "requests = 1 WHERE axis = 0 AND span = 0"),
            ("slot_us = slot_us - 1 WHERE axis = 4 AND span = 1", "slot_us = slot_us + 1 WHERE axis = 4 AND span = 1"),
        ] {
            bed.db.execute(store::Sql::built(format!("UPDATE usage_rollups SET {plant}"))).await.unwrap();
            let report = node.reconcile().await;
            assert!(!report.is_clean(), "{plant}: {report}");
            bed.db.execute(store::Sql::built(format!("UPDATE usage_rollups SET {undo}"))).await.unwrap();
            node.assert_clean().await;
        }
        bed.db.execute(sql!("DELETE FROM usage_rollups WHERE axis = 3 AND span = 1")).await.unwrap();
        assert!(!node.reconcile().await.is_clean(), "one that is missing");
        node.stop().await;
    }
}
