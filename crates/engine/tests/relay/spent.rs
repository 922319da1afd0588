//! What an attempt has used that failed: known by what its upstream told, a cost of its channel, never the caller's.

use crate::{
    COST, HELLO, JSON, ROLE, STOP, USAGE,
    support::{ASK, ASK_STREAM, Bed, Setup, Step, error, json, stream, text},
};
use domain::{
    channel::Snapshot,
    ids::PriceId,
    money::NanoUsd,
    price::{Price, Tariff},
    record::{EndState, Spent},
};
use std::{sync::Arc, time::Duration};

/// $1 in and $2 out, at priority the double.
const TARIFF: &str = r#"{"input":"1","output":"2","service_tiers":{"priority":{"input":"2","output":"4"}}}"#;
/// Nothing was said, and it was counted all the same.
const EMPTY: &str = r#"{"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":3}}"#;
const EMPTY_PRIORITY: &str =
    r#"{"service_tier":"priority","choices":[],"usage":{"prompt_tokens":9,"completion_tokens":3}}"#;
const BROKE: &str = "data: {\"error\":{\"message\":\"overloaded\",\"type\":\"server_error\"}}\n\n";

fn costs(snapshot: &mut Snapshot) {
    let tariff: Tariff = serde_json::from_str(TARIFF).unwrap();
    let price = Arc::new(Price::new(PriceId(7), tariff));
    let model = snapshot.models.get_mut("m").unwrap();
    model.offers.iter_mut().for_each(|offer| offer.cost = price.clone().into());
}

fn bed() -> Bed {
    Setup { shape: costs, ..Setup::scripts([json(JSON)]) }.bed()
}

/// What the attempts of the last request have used in vain, in order.
async fn spent(bed: &Bed) -> Vec<Option<Spent>> {
    bed.assert_settled(1).await;
    let told = bed.last().attempts.into_iter().filter(|attempt| attempt.spent.is_some());
    assert!(told.map(|attempt| attempt.status).all(|status| status == 200), "an answer had begun");
    bed.last().attempts.into_iter().map(|attempt| attempt.spent.map(|spent| *spent)).collect()
}

fn told(spent: &Option<Spent>) -> (u64, u64, NanoUsd) {
    let Spent { usage, cost_price, cost } = spent.as_ref().expect("it told what it used");
    assert_eq!(*cost_price, Some(PriceId(7)));
    (usage.input, usage.output, *cost)
}

#[tokio::test(start_paused = true)]
async fn an_empty_answer_that_was_counted_is_a_cost_of_its_channel() {
    let bed = bed();
    bed.on(1, json(EMPTY));
    assert_eq!(bed.ask(ASK).await.status, 200);
    let spent = spent(&bed).await;
    assert_eq!((told(&spent[0]), &spent[1]), ((9, 3, COST), &None));
    assert_eq!((bed.last().sale, bed.last().cost), (COST, COST), "one answer is charged");
    assert_eq!(bed.last().spent_in_vain(), COST);
}

#[tokio::test(start_paused = true)]
async fn it_costs_what_the_tier_costs_that_served_it() {
    let bed = bed();
    bed.on(1, json(EMPTY_PRIORITY));
    assert_eq!(bed.ask(ASK).await.status, 200);
    assert_eq!(told(&spent(&bed).await[0]), (9, 3, NanoUsd(2 * COST.0)));
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_broke_before_it_began_tells_what_it_told() {
    for rest in [vec![Step::Send(BROKE)], vec![Step::Break], vec![], vec![Step::Wait(Duration::from_secs(3_600))]] {
        let bed = bed();
        let begun = vec![Step::Send(ROLE), Step::Send(USAGE)];
        bed.on(1, stream([begun, rest.clone()].concat()));
        bed.on(2, stream(vec![Step::Send(HELLO), Step::Send(STOP), Step::Send(USAGE), Step::Send(crate::DONE)]));
        text(bed.ask(ASK_STREAM).await).await;
        let spent = spent(&bed).await;
        assert_eq!((told(&spent[0]), &spent[1]), ((9, 3, COST), &None), "{rest:?}");
        assert_eq!((bed.last().sale, bed.last().end_state), (COST, EndState::Complete));
    }
}

#[tokio::test(start_paused = true)]
async fn where_all_fail_nobody_is_charged_and_every_channel_has_its_cost() {
    let bed = bed();
    for channel in [1, 2, 3] {
        bed.on(channel, json(EMPTY));
    }
    assert_eq!(bed.ask(ASK).await.status, 502);
    assert!(spent(&bed).await.iter().all(|spent| told(spent) == (9, 3, COST)));
    assert_eq!((bed.last().sale, bed.last().cost), (NanoUsd::ZERO, NanoUsd::ZERO));
    assert_eq!(bed.last().spent_in_vain(), NanoUsd(3 * COST.0));
}

#[tokio::test(start_paused = true)]
async fn what_was_not_told_is_not_guessed() {
    for script in [error(500, "{}"), json(r#"{"choices":[]}"#), stream(vec![Step::Break])] {
        let bed = bed();
        bed.on(1, script);
        bed.ask(ASK).await;
        assert_eq!(spent(&bed).await, [None, None]);
    }
}
