//! What a request has learnt, it does not ask again: one channel's other credentials, one slot twice, a second probe.

use crate::{
    JSON,
    support::{ASK, ASK_STREAM, Bed, Setup, Step, change_channels, error, json, stream, text},
};
use domain::{
    channel::{Credential, Limits, Snapshot},
    ids::CredentialId,
    route::{Route, Rule, Then},
};
use std::{sync::Arc, time::Duration};
use tokio::time::advance;

const REFUSED: &str = r#"{"error":{"message":"bad key","code":"invalid_api_key"}}"#;
const MISSING: &str =
    r#"{"error":{"message":"The model `x` does not exist","type":"invalid_request_error","code":"model_not_found"}}"#;
/// An error event after a 200: too long, and refused by a filter.
const LATE_TOO_LONG: &str = "data: {\"error\":{\"message\":\"too long\",\"type\":\"invalid_request_error\",\"code\":\"context_length_exceeded\"}}\n\n";

/// Channel 1 has three credentials.
fn three_keys(snapshot: &mut Snapshot) {
    change_channels(snapshot, |channel| {
        if channel.id.0 == 1 {
            let more = (101..103).map(CredentialId);
            let like = channel.credentials.first().cloned().unwrap();
            channel.credentials.extend(more.map(|id| Credential { id, ..like.clone() }));
        }
    });
}

fn bed(shape: fn(&mut Snapshot)) -> Bed {
    Setup { shape, ..Setup::scripts([json(JSON)]) }.bed()
}

#[tokio::test(start_paused = true)]
async fn one_request_makes_one_probe_and_then_goes_where_all_is_well() {
    let bed = bed(three_keys);
    bed.on(1, error(401, REFUSED));
    // Each refusal shuts one of them; three tries are all that a request has.
    for _ in 0..3 {
        bed.ask(ASK).await;
    }
    bed.called();
    for wait in [10, 61, 121] {
        advance(Duration::from_secs(wait)).await;
        assert_eq!(bed.ask(ASK).await.status, 200, "a healthy channel waits while three credentials are due");
        let called = bed.called();
        assert!(called.iter().filter(|channel| **channel == 1).count() <= 1, "{called:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_model_that_a_channel_lacks_is_asked_for_with_one_of_its_credentials() {
    let bed = bed(three_keys);
    bed.on(1, error(404, MISSING));
    assert_eq!(bed.ask(ASK).await.status, 200);
    assert_eq!(bed.called(), [1, 2]);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_is_too_long_is_the_callers_also_when_it_is_said_inside_the_answer() {
    let bed = bed(|_| ());
    bed.on(1, stream(vec![Step::Send(LATE_TOO_LONG)]));
    for _ in 0..10 {
        let answer = bed.ask(ASK_STREAM).await;
        assert_eq!(answer.status, 400);
        assert!(text(answer).await.contains("context_length"));
        assert_eq!(bed.called(), [1], "no other is tried, and its breaker stays closed");
    }
}

#[tokio::test(start_paused = true)]
async fn a_rules_model_that_is_also_a_fallback_is_asked_once() {
    let bed = bed(|snapshot| {
        let route = Route {
            fallbacks: vec!["other".into()],
            rules: vec![Rule { then: Then { model: Some("other".into()), ..Then::default() }, ..Rule::default() }],
            ..Route::default()
        };
        let other = snapshot.models.get("m").cloned().unwrap();
        snapshot.models.insert("other".into(), other);
        snapshot.models.get_mut("m").unwrap().route = Some(Arc::new(route));
    });
    for channel in 1..=3 {
        bed.on(channel, error(500, "{}"));
    }
    assert_eq!(bed.ask(ASK).await.status, 502);
    let mut called = bed.called();
    called.sort_unstable();
    assert_eq!(called, [1, 2, 3]);
}

#[tokio::test(start_paused = true)]
async fn a_channel_that_cools_uses_none_of_its_own_limit_up() {
    let bed = Setup {
        channels: 1,
        shape: |snapshot| {
            change_channels(snapshot, |channel| {
                channel.settings.limits = Limits { rpm: Some(3), ..Limits::default() };
            });
        },
        ..Setup::scripts([json(JSON)])
    }
    .bed();
    bed.on(1, crate::support::Script::WithHeader(429, "retry-after", "10", "{}"));
    for _ in 0..9 {
        assert_eq!(bed.ask(ASK).await.status, 429, "what is in the way is the upstream's limit");
    }
    bed.on(1, json(JSON));
    advance(Duration::from_millis(10_100)).await;
    for _ in 0..2 {
        assert_eq!(bed.ask(ASK).await.status, 200);
    }
}
