//! What failed attempts cost: booked once, to their own channel and its provider, and found again by reconciliation.

use super::retention::made_ahead;
use crate::{bed::*, support::Bed};
use domain::{
    budget::Budgets,
    ids::{ChannelId, PriceId, TenantId},
    money::NanoUsd,
    ports::Ledger as _,
    record::{Attempt, EndState, Settlement, Spent},
    usage::Usage,
};
use store::{
    Db, Moment, Sql,
    journal::record::{self, Record, Settled},
    reconcile::reconcile,
    retention::keep,
    sql,
    time::now_us,
    usage::{self, Filter, GroupBy},
};

const DAY_US: i64 = 86_400_000_000;
/// Where it failed, of provider `anthropic`.
const FIRST: ChannelId = ChannelId(87);

fn failed(cost: i64) -> Attempt {
    let usage = Usage { input: 9, ..Usage::default() };
    Attempt {
        channel: FIRST,
        credential: None,
        status: 200,
        error: "transient".into(),
        start_us: 1,
        took_us: 9,
        spent: Some(Box::new(Spent { usage, cost_price: Some(PriceId(6)), cost: NanoUsd(cost) })),
    }
}

/// Charged 100, which cost 50 where it served, after one that cost so much in vain.
fn after(cost: i64) -> Settlement {
    let served = settlement(100);
    Settlement { attempts: [vec![failed(cost)], served.attempts.clone()].concat(), ..served }
}

async fn place(bed: &Bed) -> (Node, TenantId) {
    channel(&bed.db).await;
    let insert = "INSERT INTO channels (id, name, provider, base_url, dialects, priority, weight, enabled, timeouts, \
                  allow_private_network, created) VALUES ($1, 'first', 'anthropic', '', '[]', 0, 1, 1, '{}', 0, 0)";
    bed.db.execute(sql!(insert, FIRST)).await.unwrap();
    (Node::start(&bed.db, &bed.node_dir("n")), tenant(&bed.db, 1_000_000).await)
}

/// A request of that time that ended so.
async fn ended(node: &Node, payer: TenantId, us: i64, end: Settlement) {
    let mut opened = opened(payer, 1_000);
    opened.request = request_of(us);
    let hold = node.ledger.hold(&opened, &Budgets::default()).await.unwrap();
    node.ledger.settle(hold, opened, end).await.unwrap();
}

/// Requests and cost of a channel.
async fn of_channel(db: &Db, channel: ChannelId, filter: Filter) -> (i64, i64) {
    let mut moment = Moment::now(db).await.unwrap();
    let line = moment.total(&Filter { channel: Some(channel), ..filter }).await.unwrap();
    (line.requests, line.cost.0)
}

async fn payable(db: &Db, provider: &str) -> i64 {
    let text = "SELECT posted FROM accounts WHERE kind = 'payable' AND provider = $1";
    db.fetch_optional(sql!(text, provider)).await.unwrap().map_or(0, |row| row.int(0).unwrap())
}

on_both! {
    async fn a_failed_attempt_is_a_cost_of_its_own_channel_and_never_the_callers(bed) {
        let (node, payer) = place(&bed).await;
        for cost in [7, 0, 9] {
            ended(&node, payer, now_us(), after(cost)).await;
        }
        // One that nobody served.
        let none = Settlement { end_state: EndState::Failed, status: 502, channel: None, sale: NanoUsd(0), cost: NanoUsd(0), ..after(4) };
        ended(&node, payer, now_us(), none).await;
        node.assert_clean().await;
        let db = &bed.db;
        assert_eq!((payable(db, "anthropic").await, payable(db, "openai").await), (20, 150));
        assert_eq!(node.balance(payer).await.posted, NanoUsd(1_000_000 - 300));
        assert_eq!(of_channel(db, FIRST, Filter::default()).await, (0, 20), "no request is its");
        assert_eq!(of_channel(db, CHANNEL, Filter::default()).await, (3, 150));

        // A part of an hour is summed from rows: the same comes of it.
        let part = Filter { from_us: Some(now_us() / 3_600_000_000 * 3_600_000_000 - DAY_US + 1), ..Filter::default() };
        assert_eq!(of_channel(db, FIRST, part).await, (0, 20));
        let mut moment = Moment::now(db).await.unwrap();
        let mut margins = usage::margins(&mut moment, &Filter::default(), &[GroupBy::Channel]).await.unwrap();
        assert_eq!((margins.total.margin(), margins.are_whole()), (NanoUsd(300 - 170), true));
        let lines: Vec<_> = margins.lines.iter().map(|line| (line.of.channel, line.margin())).collect();
        assert!(lines.contains(&(Some(FIRST), NanoUsd(-20))), "{lines:?}");
        margins.lines.retain(|line| line.of.channel != Some(FIRST));
        assert!(!margins.are_whole(), "its cost is missing");
        let rows = moment.requests(&Filter::default(), None, 10).await.unwrap();
        let spent = rows.iter().filter_map(|row| row.attempts[0].spent.as_ref()).map(|spent| spent.usage.input);
        assert_eq!(spent.collect::<Vec<_>>(), [9, 9, 9, 9], "its row tells what it used");
        drop(moment);
        node.stop().await;
    }

    async fn what_is_posted_again_is_booked_once(bed) {
        let (node, payer) = place(&bed).await;
        ended(&node, payer, now_us(), after(7)).await;
        node.ledger.flush().await;
        let (db, dir) = (bed.db.clone(), node.dir.clone());
        node.stop().await;
        never_posted(&db, &dir).await;
        let again = Node::start(&db, &dir);
        again.ledger.recovered().await;
        again.assert_clean().await;
        assert_eq!(payable(&db, "anthropic").await, 7);
        again.stop().await;
    }

    async fn it_is_frozen_with_its_request(bed) {
        made_ahead(&bed.db).await;
        let (node, payer) = place(&bed).await;
        for (days, cost) in [(70, 7), (70, 8), (40, 9), (0, 10)] {
            ended(&node, payer, now_us() - days * DAY_US, after(cost)).await;
        }
        node.assert_clean().await;
        assert!(keep(&bed.db, 1, now_us()).await.unwrap().frozen >= 2);
        let left = number(&bed.db, "SELECT CAST(SUM(cost) AS BIGINT) FROM attempt_costs").await;
        let frozen = number(&bed.db, "SELECT CAST(SUM(cost) AS BIGINT) FROM usage_days WHERE channel = 87").await;
        assert!(left + frozen == 34 && frozen >= 15, "{left} {frozen}");
        node.assert_clean().await;
        assert_eq!(of_channel(&bed.db, FIRST, Filter::default()).await, (0, 34));
        node.stop().await;
    }

    async fn one_that_was_changed_is_found(bed) {
        let (node, payer) = place(&bed).await;
        ended(&node, payer, now_us(), after(7)).await;
        node.ledger.flush().await;
        let (db, dir) = (bed.db.clone(), node.dir.clone());
        node.stop().await;
        db.execute(Sql::new("UPDATE attempt_costs SET cost = 8")).await.unwrap();
        let report = reconcile(&db, &dir).await.unwrap().to_string();
        for what in ["failed attempts, against transfers", "cost of failed attempts of", "less its roll-up"] {
            assert!(report.contains(what), "{what}: {report}");
        }
    }
}

#[test]
fn the_journal_keeps_it_beside_the_record() {
    let opened = opened(TenantId(5), 100);
    let settled = |unit_prices: Option<&str>| {
        let settlement = Settlement { unit_prices: unit_prices.map(Into::into), ..after(7) };
        Record::Settled(Box::new(Settled { opened: opened.clone(), settlement, covered: NanoUsd(60) }))
    };
    for end in [settled(None), settled(Some("input=1"))] {
        let mut bytes = Vec::new();
        record::encode((&end).into(), &mut bytes).unwrap();
        assert_eq!(record::decode(&bytes[record::FRAME..]), Some(end));
    }
}
