//! By which rates a request is charged: the tier that the answer tells, the length of its input, the group's multiplier.

use crate::support::{ASK, Script, Setup, Step, json, stream, text};
use domain::{
    channel::{ChannelSettings, GroupTerms, Overrides, Snapshot},
    ids::PriceId,
    money::{Multiplier, NanoUsd},
    price::{Price, Tariff},
};
use std::sync::Arc;

/// $1 in and $2 out; flex at a half, priority at the double, and all of a long request dearer.
const TARIFF: &str = r#"{"input":"1","output":"2","tiers":[{"above":100,"input":"3"}],
    "service_tiers":{"flex":{"input":"0.5","output":"1"},"priority":{"input":"2","output":"4"}}}"#;
const ASK_FLEX: &str = r#"{"model":"m","service_tier":"flex","messages":[{"role":"user","content":"hi"}]}"#;

fn tiered(snapshot: &mut Snapshot) {
    let tariff: Tariff = serde_json::from_str(TARIFF).unwrap();
    let price = Arc::new(Price::new(PriceId(7), tariff));
    let model = snapshot.models.get_mut("m").unwrap();
    model.sale = price.clone().into();
    model.offers.iter_mut().for_each(|offer| offer.cost = price.clone().into());
}

fn multiplied(snapshot: &mut Snapshot) {
    tiered(snapshot);
    snapshot.groups.insert(String::new(), GroupTerms { multiplier: Multiplier(1_500_001), models: None });
}

const PLAIN: &str = r#"{"choices":[{"index":0,"message":{"content":"Hello"},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":3}}"#;
const FLEX: &str = r#"{"service_tier":"flex","choices":[{"index":0,"message":{"content":"Hello"},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":3}}"#;
const DEFAULT: &str = r#"{"service_tier":"default","choices":[{"index":0,"message":{"content":"Hello"},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":3}}"#;
const LONG: &str = r#"{"choices":[{"index":0,"message":{"content":"Hello"},"finish_reason":"stop"}],"usage":{"prompt_tokens":101,"completion_tokens":3,"prompt_tokens_details":{"cached_tokens":50}}}"#;

async fn charged(shape: fn(&mut Snapshot), ask: &'static str, script: Script) -> (NanoUsd, NanoUsd, Option<String>) {
    let bed = Setup { shape, ..Setup::scripts([script]) }.bed();
    text(bed.ask(ask).await).await;
    bed.assert_settled(1).await;
    let last = bed.last();
    (last.sale, last.cost, last.unit_prices.map(String::from))
}

#[tokio::test(start_paused = true)]
async fn the_tier_that_the_answer_tells_counts_else_the_one_asked_for() {
    let flex = Some("input=0.5;output=1;service_tier=flex".to_owned());
    let half = NanoUsd(7_500);
    assert_eq!(charged(tiered, ASK, json(PLAIN)).await, (NanoUsd(15_000), NanoUsd(15_000), None));
    assert_eq!(charged(tiered, ASK, json(FLEX)).await, (half, half, flex.clone()));
    assert_eq!(charged(tiered, ASK_FLEX, json(PLAIN)).await, (half, half, flex));
    assert_eq!(charged(tiered, ASK_FLEX, json(DEFAULT)).await.0, NanoUsd(15_000), "it was served as usual");
}

#[tokio::test(start_paused = true)]
async fn a_channels_own_parameter_asks_last() {
    let shape = |snapshot: &mut Snapshot| {
        tiered(snapshot);
        let offers = &mut snapshot.models.get_mut("m").unwrap().offers;
        for offer in offers {
            let set = [("service_tier".to_owned(), serde_json::json!("priority"))].into();
            let params = Overrides { set, ..Overrides::default() };
            let settings = ChannelSettings { params, ..ChannelSettings::default() };
            offer.channel = Arc::new(domain::channel::Channel { settings, ..(*offer.channel).clone() });
        }
    };
    assert_eq!(charged(shape, ASK_FLEX, json(PLAIN)).await.0, NanoUsd(30_000));
}

#[tokio::test(start_paused = true)]
async fn a_long_request_is_charged_whole_at_its_tier_and_multiplied_before_the_one_rounding() {
    let dearer = "input=3;output=2;above=100";
    let pico = 101 * 3_000_000 + 3 * 2_000_000;
    let plain = NanoUsd(pico / 1_000);
    assert_eq!(charged(tiered, ASK, json(LONG)).await, (plain, plain, Some(dearer.to_owned())), "cached input counts");
    let exact = (i128::from(pico) * 1_500_001 + 500_000_000) / 1_000_000_000;
    let (sale, cost, told) = charged(multiplied, ASK, json(LONG)).await;
    assert_eq!((i128::from(sale.0), cost), (exact, plain), "what it costs us is not multiplied");
    assert_eq!(told.unwrap(), format!("{dearer};multiplier=1.500001"));
}

#[tokio::test(start_paused = true)]
async fn a_stream_tells_its_tier_in_its_chunks() {
    const CHUNK: &str = "data: {\"service_tier\":\"priority\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hello\"},\"finish_reason\":\"stop\"}]}\n\n";
    let ask = r#"{"model":"m","stream":true,"messages":[{"role":"user","content":"hi"}]}"#;
    let script = stream([CHUNK, crate::USAGE, crate::DONE].map(Step::Send).to_vec());
    assert_eq!(charged(tiered, ask, script).await.0, NanoUsd(30_000));
}

#[tokio::test(start_paused = true)]
async fn a_group_that_may_not_call_a_model_does_not_know_it() {
    let shape = |snapshot: &mut Snapshot| {
        let terms = GroupTerms { models: Some(["other".to_owned()].into()), ..GroupTerms::default() };
        snapshot.groups.insert(String::new(), terms);
    };
    let bed = Setup { shape, ..Setup::scripts([json(PLAIN)]) }.bed();
    let answer = bed.ask(ASK).await;
    assert_eq!(answer.status, 404);
    assert!(text(answer).await.contains("model_not_found"));
    assert!(bed.upstream.calls.lock().is_empty());
}
