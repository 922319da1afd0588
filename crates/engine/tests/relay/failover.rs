//! What is broken is left alone and found again: breakers, cooldowns, dead credentials, fallbacks, stickiness.

use crate::{
    JSON, ROLE, STOP,
    support::{ASK, ASK_STREAM, Bed, Script, Setup, Step, change_channels, chat, error, json, stream, text},
    whole_stream,
};
use domain::{
    channel::{ChannelSettings, Limits, Snapshot},
    route::Route,
};
use http::StatusCode;
use std::{sync::Arc, time::Duration};
use tokio::time::advance;

const RATE: &str = r#"{"error":{"message":"slow down","type":"rate_limit_error"}}"#;
const REFUSED: &str = r#"{"error":{"message":"bad key","code":"invalid_api_key"}}"#;
const MISSING: &str =
    r#"{"error":{"message":"The model `x` does not exist","type":"invalid_request_error","code":"model_not_found"}}"#;
const TOO_LONG: &str = r#"{"error":{"message":"This model's maximum context length is 10 tokens.","type":"invalid_request_error","code":"context_length_exceeded"}}"#;

fn failing() -> Script {
    error(500, "{}")
}

/// Three channels, 1 first, all well.
fn well() -> Bed {
    Setup::scripts([json(JSON)]).bed()
}

fn equals(snapshot: &mut Snapshot) {
    change_channels(snapshot, |channel| channel.priority = 0);
}

async fn ok(bed: &Bed) {
    let answer = bed.ask(ASK).await;
    assert_eq!(answer.status, 200);
}

#[tokio::test(start_paused = true)]
async fn a_failing_channel_is_out_after_five_failures_and_one_probe_brings_it_back() {
    let bed = well();
    bed.on(1, failing());
    for _ in 0..5 {
        ok(&bed).await;
        assert_eq!(bed.called(), [1, 2]);
    }
    for _ in 0..20 {
        ok(&bed).await;
    }
    assert!(!bed.called().contains(&1), "its breaker is open");
    // A second and the most jitter later one request may see.
    advance(Duration::from_millis(1_250)).await;
    ok(&bed).await;
    ok(&bed).await;
    assert_eq!(bed.called(), [1, 2, 2], "it failed again: two seconds this time");
    bed.on(1, json(JSON));
    advance(Duration::from_millis(2_500)).await;
    for _ in 0..3 {
        ok(&bed).await;
    }
    assert_eq!(bed.called(), [1, 1, 1]);
}

#[tokio::test(start_paused = true)]
async fn of_many_requests_only_one_is_the_probe() {
    let bed = well();
    bed.on(1, failing());
    for _ in 0..5 {
        ok(&bed).await;
    }
    advance(Duration::from_secs(2)).await;
    bed.called();
    bed.on(1, stream(vec![Step::Wait(Duration::from_millis(50)), Step::Send(crate::HELLO), Step::Send(STOP)]));
    let answers = futures::future::join_all((0..20).map(|_| bed.ask(ASK_STREAM))).await;
    for answer in answers {
        text(answer).await;
    }
    assert_eq!(bed.called().iter().filter(|channel| **channel == 1).count(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_caller_whose_whole_answer_is_the_probe_waits_no_longer_than_for_a_first_token() {
    let bed = well();
    bed.on(1, failing());
    for _ in 0..5 {
        ok(&bed).await;
    }
    bed.on(1, Script::Hang);
    advance(Duration::from_secs(2)).await;
    let begun = tokio::time::Instant::now();
    ok(&bed).await;
    assert_eq!(begun.elapsed(), Duration::from_secs(30));
}

#[tokio::test(start_paused = true)]
async fn a_limit_is_waited_out_until_the_reset_it_names() {
    let bed = well();
    bed.on(1, Script::WithHeader(429, "retry-after", "7", RATE));
    ok(&bed).await;
    for _ in 0..10 {
        ok(&bed).await;
    }
    assert_eq!(bed.called().iter().filter(|channel| **channel == 1).count(), 1);
    bed.on(1, json(JSON));
    advance(Duration::from_millis(6_900)).await;
    ok(&bed).await;
    assert_eq!(bed.called(), [2]);
    advance(Duration::from_millis(200)).await;
    ok(&bed).await;
    assert_eq!(bed.called(), [1]);
}

#[tokio::test(start_paused = true)]
async fn a_failure_that_says_when_to_come_back_is_believed_even_of_the_only_one() {
    let bed = Setup { channels: 1, ..Setup::scripts([json(JSON)]) }.bed();
    bed.on(1, Script::WithHeader(503, "retry-after", "3", "{}"));
    assert_eq!(bed.ask(ASK).await.status, 502);
    let answer = bed.ask(ASK).await;
    assert_eq!(
        (answer.status, answer.headers["retry-after"].to_str().unwrap()),
        (StatusCode::SERVICE_UNAVAILABLE, "3")
    );
    assert_eq!(bed.called(), [1]);
    bed.on(1, json(JSON));
    advance(Duration::from_secs(3)).await;
    ok(&bed).await;
}

#[tokio::test(start_paused = true)]
async fn when_all_are_at_their_limit_the_caller_is_told_the_soonest_and_nobody_is_asked() {
    let bed = well();
    for (channel, after) in [(1, "70"), (2, "50"), (3, "60")] {
        bed.on(channel, Script::WithHeader(429, "retry-after", after, RATE));
    }
    // Three candidates are tried at most, so each was asked once.
    let answer = bed.ask(ASK).await;
    assert_eq!((answer.status, answer.headers["retry-after"].to_str().unwrap()), (StatusCode::TOO_MANY_REQUESTS, "50"));
    bed.called();
    advance(Duration::from_secs(20)).await;
    let answer = bed.ask(ASK).await;
    assert_eq!((answer.status, answer.headers["retry-after"].to_str().unwrap()), (StatusCode::TOO_MANY_REQUESTS, "30"));
    assert!(text(answer).await.contains("upstream_rate_limited"));
    assert_eq!(bed.called(), [0; 0]);
    bed.assert_settled(2).await;
}

#[tokio::test(start_paused = true)]
async fn a_refused_credential_is_off_after_two_confirmations_and_tried_again_after_a_minute() {
    let bed = well();
    bed.on(1, error(401, REFUSED));
    for confirmations in [1, 1, 0] {
        for _ in 0..10 {
            ok(&bed).await;
        }
        assert_eq!(bed.called().iter().filter(|channel| **channel == 1).count(), confirmations);
        advance(Duration::from_secs(5)).await;
    }
    bed.on(1, json(JSON));
    advance(Duration::from_secs(60)).await;
    for _ in 0..3 {
        ok(&bed).await;
    }
    assert_eq!(bed.called(), [1, 1, 1]);
}

#[tokio::test(start_paused = true)]
async fn when_every_credential_is_off_the_caller_learns_that_it_is_not_their_key() {
    let bed = well();
    for channel in 1..=3 {
        bed.on(channel, error(401, REFUSED));
    }
    for _ in 0..4 {
        advance(Duration::from_secs(5)).await;
        let answer = bed.ask(ASK).await;
        assert_eq!(answer.status, 502);
        assert!(text(answer).await.contains("upstream_credentials_exhausted"));
    }
    assert_eq!(bed.called().len(), 6, "two each, and no more");
}

#[tokio::test(start_paused = true)]
async fn a_model_that_an_upstream_has_not_is_not_asked_for_again() {
    let bed = well();
    bed.on(1, error(404, MISSING));
    for _ in 0..10 {
        ok(&bed).await;
    }
    assert_eq!(bed.called().iter().filter(|channel| **channel == 1).count(), 1);
}

#[tokio::test(start_paused = true)]
async fn when_all_fail_upstreams_are_asked_little_and_the_caller_told_when_to_come_back() {
    let bed = well();
    for channel in 1..=3 {
        bed.on(channel, failing());
    }
    let mut told_when = 0;
    for round in 0..100 {
        let answers = futures::future::join_all((0..10).map(|_| bed.ask(ASK))).await;
        for answer in answers {
            if round > 0 && answer.status == 503 {
                assert!(answer.headers.contains_key("retry-after"));
                told_when += 1;
            }
        }
    }
    let calls = bed.called().len();
    assert!(calls <= 1_200, "{calls} upstream requests for 1000");
    assert!(told_when > 800, "{told_when}");
    bed.assert_settled(1_000).await;
}

#[tokio::test(start_paused = true)]
async fn a_single_candidate_is_never_fully_shut() {
    let bed = Setup { channels: 1, ..Setup::scripts([failing()]) }.bed();
    for _ in 0..20 {
        assert_eq!(bed.ask(ASK).await.status, 502);
    }
    assert_eq!(bed.called().len(), 20);
    bed.on(1, json(JSON));
    ok(&bed).await;
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_breaks_off_counts_against_its_channel() {
    let bed = Setup::scripts([whole_stream()]).bed();
    bed.on(1, stream(vec![Step::Send(ROLE), Step::Send(crate::HELLO), Step::Break]));
    for _ in 0..5 {
        text(bed.ask(ASK_STREAM).await).await;
    }
    bed.called();
    text(bed.ask(ASK_STREAM).await).await;
    assert_eq!(bed.called(), [2]);
}

fn with_fallback(snapshot: &mut Snapshot) {
    let mut other = snapshot.models["m"].clone();
    other.offers = other.offers.split_off(2);
    let own = snapshot.models.get_mut("m").unwrap();
    own.offers.truncate(2);
    own.route = Some(Arc::new(Route { fallbacks: vec!["gone".into(), "large".into()], ..Route::default() }));
    snapshot.models.insert("large".into(), other);
}

#[tokio::test(start_paused = true)]
async fn a_fallback_serves_when_the_model_itself_does_not_and_at_the_models_own_price() {
    let bed = Setup { shape: with_fallback, ..Setup::scripts([json(JSON)]) }.bed();
    for channel in [1, 2] {
        bed.on(channel, failing());
    }
    ok(&bed).await;
    assert_eq!(bed.called(), [1, 2, 3]);
    assert_eq!(bed.last().sale, crate::COST);
    assert!(bed.last().decision.contains("balanced"));
    bed.assert_settled(1).await;
}

#[tokio::test(start_paused = true)]
async fn a_request_over_the_window_goes_to_a_fallback_and_else_back_to_the_caller() {
    let bed = Setup { shape: with_fallback, ..Setup::scripts([json(JSON)]) }.bed();
    bed.on(1, error(400, TOO_LONG));
    ok(&bed).await;
    assert_eq!(bed.called(), [1, 3], "another channel of the same model has the same window");
    bed.on(3, error(400, TOO_LONG));
    let answer = bed.ask(ASK).await;
    assert_eq!(answer.status, 400);
    assert!(text(answer).await.contains("maximum context length"));
    let bed = well();
    bed.on(1, error(400, TOO_LONG));
    assert_eq!(bed.ask(ASK).await.status, 400);
    assert_eq!(bed.called(), [1]);
}

/// Everybody fits in once.
fn narrow(snapshot: &mut Snapshot) {
    change_channels(snapshot, |channel| {
        let limits = Limits { concurrency: Some(1), ..Limits::default() };
        channel.settings = ChannelSettings { limits, ..ChannelSettings::default() };
    });
}

#[tokio::test(start_paused = true)]
async fn a_full_channel_spills_to_the_next_and_the_last_is_waited_for_briefly() {
    let bed = Setup { shape: narrow, ..Setup::scripts([json(JSON)]) }.bed();
    let slow = |ms| {
        stream(vec![
            Step::Wait(Duration::from_millis(ms)),
            Step::Send(crate::HELLO),
            Step::Send(STOP),
            Step::Send(crate::DONE),
        ])
    };
    for (channel, ms) in [(1, 50), (2, 5_000), (3, 5_000)] {
        bed.on(channel, slow(ms));
    }
    let answers = futures::future::join_all((0..3).map(|_| bed.ask(ASK_STREAM)));
    let late = async {
        tokio::time::sleep(Duration::from_millis(10)).await;
        let answers = [bed.ask(ASK_STREAM).await.status, bed.ask(ASK_STREAM).await.status];
        (answers, bed.called())
    };
    // The first of the three is read to its end, so that its place becomes free.
    let reading = async {
        let mut all = Vec::new();
        for answer in answers.await {
            all.push(text(answer).await);
        }
        all
    };
    let (_, (answers, called)) = tokio::join!(reading, late);
    assert_eq!(called.get(..3), Some(&[1, 2, 3][..]));
    assert_eq!(answers.iter().filter(|status| **status == 503).count(), 2, "{answers:?}");
}

#[tokio::test(start_paused = true)]
async fn a_long_conversation_stays_where_its_prompt_is_cached() {
    let bed = Setup { shape: equals, ..Setup::scripts([json(JSON)]) }.bed();
    let turns = |count: usize| -> &'static str {
        let turn = |n: usize| format!(r#"{{"role":"user","content":"{n} {}"}}"#, "x".repeat(5_000));
        let turns: Vec<String> = (0..count).map(turn).collect();
        format!(r#"{{"model":"m","max_tokens":100,"messages":[{}]}}"#, turns.join(",")).leak()
    };
    for count in 1..=30 {
        assert_eq!(bed.relay.answer(chat(turns(count))).await.status, 200);
    }
    let called = bed.called();
    assert!(called.iter().all(|channel| *channel == called[0]), "{called:?}");
    // It is preferred, never required.
    bed.on(called[0], failing());
    assert_eq!(bed.relay.answer(chat(turns(31))).await.status, 200);
    // Without one, requests spread.
    for _ in 0..30 {
        ok(&bed).await;
    }
    let called = bed.called();
    assert!((1..=3).all(|channel| called.contains(&channel)), "{called:?}");
}

#[tokio::test(start_paused = true)]
async fn the_caller_may_ask_for_another_order_and_is_told_of_one_that_is_none() {
    let bed = well();
    let ask = |strategy: &str| {
        let mut received = chat(ASK);
        received.headers.insert("x-turnpike-route", strategy.parse().unwrap());
        bed.relay.answer(received)
    };
    assert_eq!(ask("cost").await.status, 200);
    assert!(bed.last().decision.contains("\"strategy\":\"cost\""), "{}", bed.last().decision);
    let answer = ask("cheap").await;
    assert_eq!(answer.status, 400);
    assert!(text(answer).await.contains("must be cost, performance, balanced or availability"));
}
