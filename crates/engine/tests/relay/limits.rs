//! Limits of keys, as callers see them.

use crate::{
    JSON,
    support::{ASK, Setup, json, text},
    whole_stream,
};
use domain::channel::Limits;

fn limited(limits: Limits) -> Setup {
    Setup { key_limits: limits, ..Setup::scripts([json(JSON)]) }
}

#[tokio::test(start_paused = true)]
async fn what_is_left_is_told_and_the_next_request_is_refused_with_the_time_to_come_back() {
    let bed = limited(Limits { rpm: Some(1), tpm: Some(1_000), ..Limits::default() }).bed();
    let answer = bed.ask(ASK).await;
    let header = |name: &str| answer.headers.get(name).map(|value| value.to_str().unwrap().to_owned());
    assert_eq!(header("x-ratelimit-limit-requests").as_deref(), Some("1"));
    assert_eq!(header("x-ratelimit-remaining-requests").as_deref(), Some("0"));
    assert_eq!(header("x-ratelimit-reset-requests").as_deref(), Some("60000ms"));
    assert_eq!(header("x-ratelimit-limit-tokens").as_deref(), Some("1000"));
    let answer = bed.ask(ASK).await;
    assert_eq!(answer.status, 429);
    assert_eq!(answer.headers["retry-after"], "60");
    assert_eq!(answer.headers["x-ratelimit-remaining-requests"], "0");
    let body = text(answer).await;
    assert!(body.contains("rate_limit_exceeded") && body.contains("1 requests a minute"), "{body}");
    bed.assert_settled(1).await;
}

#[tokio::test(start_paused = true)]
async fn a_place_at_once_is_free_again_when_the_stream_has_ended() {
    let setup = limited(Limits { concurrency: Some(1), ..Limits::default() });
    let bed = Setup { scripts: vec![whole_stream()], ..setup }.bed();
    let first = bed.ask(crate::ASK_STREAM).await;
    assert_eq!(bed.ask(crate::ASK_STREAM).await.status, 429);
    text(first).await;
    let again = bed.ask(crate::ASK_STREAM).await;
    assert_eq!(again.status, 200);
    text(again).await;
}

#[tokio::test(start_paused = true)]
async fn a_picture_is_not_counted_by_its_bytes() {
    // What is set aside is by its bytes: nobody knows better beforehand.
    let setup = limited(Limits { tpm: Some(10_000), ..Limits::default() });
    let bed = Setup { balance: 1_000_000_000_000, ..setup }.bed();
    let picture = "iVBORw0KGgo/+AAA".repeat(64 << 10);
    let body = format!(
        r#"{{"model":"m","max_tokens":100,"messages":[{{"role":"user","content":[
            {{"type":"image_url","image_url":{{"url":"data:image/png;base64,{picture}"}}}}]}}]}}"#
    );
    let answer = bed.ask(Box::leak(body.into_boxed_str())).await;
    assert_eq!(answer.status, 200);
}
