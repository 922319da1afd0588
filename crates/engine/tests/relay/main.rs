//! The life of a request against a scripted upstream: what the caller gets, what is charged, and that holds end once.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a failed expectation is a failed test")]

mod caching;
mod classes;
mod failover;
mod limits;
mod pointless;
mod priced;
mod spent;
mod support;
mod translated;

use domain::{money::NanoUsd, record::EndState, usage::UsageSource};
use engine::answer::AnswerBody;
use http_body_util::BodyExt;
use std::time::Duration;
use support::{ASK, ASK_STREAM, Script, Setup, Step, chat, error, json, stream, text};
use tokio::time::Instant;

const JSON: &str = r#"{"id":"c","object":"chat.completion","model":"upstream-model","choices":[{"index":0,"message":{"role":"assistant","content":"Hello"},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12}}"#;
const ROLE: &str = "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},\"finish_reason\":null}]}\n\n";
const HELLO: &str = "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hello\"},\"finish_reason\":null}]}\n\n";
const STOP: &str = "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
const USAGE: &str = "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":3,\"total_tokens\":12}}\n\n";
const DONE: &str = "data: [DONE]\n\n";
/// 9 input tokens at $1 and 3 output tokens at $2 per million.
const COST: NanoUsd = NanoUsd(9_000 + 6_000);

fn whole_stream() -> Script {
    stream([ROLE, HELLO, STOP, USAGE, DONE].map(Step::Send).to_vec())
}

#[tokio::test(start_paused = true)]
async fn a_json_answer_passes_byte_for_byte_and_is_charged_as_reported() {
    let bed = Setup::scripts([json(JSON)]).bed();
    let answer = bed.ask(ASK).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.headers["x-turnpike-cost-usd"], "0.000015");
    assert!(answer.headers.contains_key("x-request-id") && answer.headers.contains_key("x-turnpike-overhead-us"));
    assert_eq!(text(answer).await, JSON);
    assert_eq!(bed.last().sale, COST);
    assert_eq!(bed.upstream.calls.lock()[0].1, ASK.replace("\"m\"", "\"upstream-model\""));
    bed.assert_settled(1).await;
}

#[tokio::test(start_paused = true)]
async fn a_stream_passes_byte_for_byte_without_the_usage_nobody_asked_for() {
    let bed = Setup::scripts([whole_stream()]).bed();
    let answer = bed.ask(ASK_STREAM).await;
    assert_eq!(text(answer).await, [ROLE, HELLO, STOP, DONE].concat());
    let settlement = bed.last();
    assert_eq!((settlement.sale, settlement.usage_source), (COST, UsageSource::Reported));
    assert_eq!(settlement.end_state, EndState::Complete);
    bed.assert_settled(1).await;
}

#[tokio::test(start_paused = true)]
async fn what_fails_before_content_is_tried_elsewhere_and_costs_nothing() {
    let failures = [
        Script::Refuse,
        error(500, "{}"),
        error(429, r#"{"error":{"message":"slow down","type":"rate_limit_error"}}"#),
        error(401, r#"{"error":{"message":"bad key","code":"invalid_api_key"}}"#),
        json("{\"choices\":[]}"),
        json("<html>"),
        json(r#"{"error":{"message":"overloaded","type":"server_error"}}"#),
    ];
    for failure in failures {
        let bed = Setup::scripts([failure.clone(), json(JSON)]).bed();
        let answer = bed.ask(ASK).await;
        assert_eq!(answer.status, 200, "{failure:?}");
        let settlement = bed.last();
        assert_eq!((settlement.attempts.len(), settlement.sale), (2, COST), "{failure:?}");
        bed.assert_settled(1).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_fails_before_content_is_tried_elsewhere() {
    let failures = [
        stream(vec![]),
        stream(vec![Step::Send(ROLE), Step::Break]),
        stream(vec![Step::Send(ROLE), Step::Send(DONE)]),
        stream(vec![Step::Send(ROLE), Step::Forever]),
        stream(vec![Step::Send("data: {\"error\":{\"message\":\"overloaded\",\"type\":\"server_error\"}}\n\n")]),
        Script::Hang,
    ];
    for failure in failures {
        let bed = Setup::scripts([failure.clone(), whole_stream()]).bed();
        let answer = bed.ask(ASK_STREAM).await;
        assert_eq!(text(answer).await, [ROLE, HELLO, STOP, DONE].concat(), "{failure:?}");
        assert_eq!(bed.last().attempts.len(), 2, "{failure:?}");
        bed.assert_settled(1).await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_error_about_the_request_passes_and_is_not_retried() {
    let body = r#"{"error":{"message":"Invalid value for temperature","type":"invalid_request_error","param":"temperature","code":null}}"#;
    let bed = Setup::scripts([error(400, body)]).bed();
    let answer = bed.ask(ASK).await;
    assert_eq!(answer.status, 400);
    assert_eq!(text(answer).await, body);
    assert_eq!(bed.upstream.calls.lock().len(), 1);
    assert_eq!((bed.last().sale, bed.last().end_state), (NanoUsd::ZERO, EndState::Failed));
    bed.assert_settled(1).await;
}

#[tokio::test(start_paused = true)]
async fn when_every_candidate_fails_the_caller_learns_which_kind_of_failure_it_was() {
    let credential = error(401, r#"{"error":{"message":"bad key sk-live-1","code":"invalid_api_key"}}"#);
    let rate = error(429, r#"{"error":{"message":"slow down","type":"rate_limit_error"}}"#);
    let cases = [
        (vec![credential.clone()], 502, "upstream_credentials_exhausted"),
        (vec![rate.clone()], 429, "upstream_rate_limited"),
        (vec![error(500, "{}")], 502, "upstream_error"),
        (vec![rate, error(500, "{}")], 502, "upstream_error"),
        (vec![Script::Hang], 504, "upstream_timeout"),
    ];
    for (scripts, status, code) in cases {
        let bed = Setup::scripts(scripts).bed();
        let answer = bed.ask(ASK).await;
        assert_eq!(answer.status, status, "{code}");
        assert_eq!(answer.headers.contains_key("retry-after"), status == 429);
        let body = text(answer).await;
        assert!(body.contains(code) && !body.contains("sk-live") && !body.contains("upstream.test"), "{body}");
        assert!(bed.upstream.calls.lock().len() <= 3);
        bed.assert_settled(1).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_last_event_without_its_blank_line_is_still_the_end() {
    let bed = Setup::scripts([stream([ROLE, HELLO, STOP, USAGE, "data: [DONE]\n"].map(Step::Send).to_vec())]).bed();
    assert_eq!(text(bed.ask(ASK_STREAM).await).await, [ROLE, HELLO, STOP, "data: [DONE]\n"].concat());
    assert_eq!((bed.last().end_state, bed.last().sale), (EndState::Complete, COST));
    bed.assert_settled(1).await;
}

#[tokio::test(start_paused = true)]
async fn a_stream_cut_after_content_ends_with_an_error_event_and_is_charged_as_counted() {
    let ends = [
        vec![Step::Send(HELLO), Step::Break],
        vec![Step::Send(HELLO)],
        vec![Step::Send(HELLO), Step::Forever],
        vec![Step::Send(HELLO), Step::Send("data: {\"error\":{\"message\":\"boom\"}}\n\n")],
    ];
    for steps in ends {
        let bed = Setup::scripts([stream(steps.clone())]).bed();
        let body = text(bed.ask(ASK_STREAM).await).await;
        assert!(body.starts_with(HELLO) && body.contains("\"error\"") && !body.contains("[DONE]"), "{steps:?}: {body}");
        assert!(!body.contains("boom"), "an upstream's words about itself are not passed on");
        let settlement = bed.last();
        assert_eq!(settlement.end_state, EndState::Cut);
        assert!(
            settlement.usage.output >= 1 && settlement.sale > NanoUsd::ZERO && settlement.sale < COST,
            "{settlement:?}"
        );
        assert_eq!(bed.upstream.calls.lock().len(), 1, "nothing is retried after content");
        bed.assert_settled(1).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_leaves_a_stream_is_charged_what_the_upstream_reports_in_the_end() {
    let slow = vec![
        Step::Send(HELLO),
        Step::Wait(Duration::from_secs(20)),
        Step::Send(STOP),
        Step::Send(USAGE),
        Step::Send(DONE),
    ];
    let bed = Setup::scripts([stream(slow)]).bed();
    let AnswerBody::Stream(mut frames) = bed.ask(ASK_STREAM).await.body else { panic!("a stream") };
    frames.frame().await.unwrap().unwrap();
    drop(frames);
    bed.tracker.close();
    bed.tracker.wait().await;
    let settlement = bed.last();
    assert_eq!(
        (settlement.end_state, settlement.sale, settlement.usage_source),
        (EndState::ClientGone, COST, UsageSource::Reported)
    );
    bed.assert_settled(1).await;
}

#[tokio::test(start_paused = true)]
async fn an_upstream_that_goes_on_too_long_without_a_caller_is_cancelled_and_counted() {
    let began = Instant::now();
    let bed =
        Setup::scripts([stream(vec![Step::Send(HELLO), Step::Wait(Duration::from_secs(60)), Step::Send(DONE)])]).bed();
    let AnswerBody::Stream(mut frames) = bed.ask(ASK_STREAM).await.body else { panic!("a stream") };
    frames.frame().await.unwrap().unwrap();
    drop(frames);
    bed.assert_settled(1).await;
    assert_eq!(bed.last().end_state, EndState::Cancelled);
    assert!(began.elapsed() < Duration::from_secs(40));
}

#[tokio::test(start_paused = true)]
async fn an_upstream_that_drips_on_without_a_caller_is_cancelled_too() {
    let began = Instant::now();
    let mut steps = vec![Step::Send(HELLO)];
    for _ in 0..100 {
        steps.extend([Step::Wait(Duration::from_secs(1)), Step::Send(HELLO)]);
    }
    let bed = Setup::scripts([stream(steps)]).bed();
    let AnswerBody::Stream(mut frames) = bed.ask(ASK_STREAM).await.body else { panic!("a stream") };
    frames.frame().await.unwrap().unwrap();
    drop(frames);
    bed.assert_settled(1).await;
    assert_eq!(bed.last().end_state, EndState::Cancelled);
    assert!(began.elapsed() < Duration::from_secs(32), "{:?}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_credential_that_an_upstream_quotes_is_not_passed_on() {
    let bed =
        Setup::scripts([error(400, r#"{"error":{"message":"sk-upstream may not","type":"invalid_request_error"}}"#)])
            .bed();
    let body = text(bed.ask(ASK).await).await;
    assert!(!body.contains("sk-upstream"), "{body}");
    bed.assert_settled(1).await;
}

#[tokio::test(start_paused = true)]
async fn a_caller_who_leaves_before_a_json_answer_is_charged_for_it() {
    let script = Script::Answer(200, "application/json", vec![Step::Wait(Duration::from_secs(5)), Step::Send(JSON)]);
    let bed = Setup::scripts([script]).bed();
    let mut work = bed.relay.answer(chat(ASK));
    assert!(futures_poll_once(&mut work).await, "the upstream has been called and has not answered");
    drop(work);
    bed.assert_settled(1).await;
    assert_eq!((bed.last().end_state, bed.last().status, bed.last().sale), (EndState::ClientGone, 499, COST));
}

/// Polls once; true when it is not ready.
async fn futures_poll_once<F: Future + Unpin>(work: &mut F) -> bool {
    std::future::poll_fn(|cx| std::task::Poll::Ready(std::pin::Pin::new(&mut *work).poll(cx).is_pending())).await
}

#[tokio::test(start_paused = true)]
async fn the_end_of_an_answer_is_withheld_when_its_charge_cannot_be_written() {
    let bed = Setup { fail_settle: true, ..Setup::scripts([whole_stream()]) }.bed();
    let body = text(bed.ask(ASK_STREAM).await).await;
    assert!(!body.contains("[DONE]") && body.contains("\"error\""), "{body}");
    let bed = Setup { fail_settle: true, ..Setup::scripts([json(JSON)]) }.bed();
    let answer = bed.ask(ASK).await;
    assert_eq!(answer.status, 500);
    assert!(!text(answer).await.contains("Hello"));
}

#[tokio::test(start_paused = true)]
async fn a_wallet_that_does_not_cover_the_quote_is_refused_before_anything_is_sent() {
    let bed = Setup { balance: 1_000, ..Setup::scripts([json(JSON)]) }.bed();
    let answer = bed.ask(ASK).await;
    assert_eq!(answer.status, 402);
    assert!(text(answer).await.contains("insufficient_balance"));
    assert!(bed.upstream.calls.lock().is_empty());
    assert!(bed.wallet.settled.lock().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_long_stream_is_extended_and_ends_properly_when_the_wallet_is_empty() {
    const MANY: &str = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"one two three four five six seven eight nine ten \"}}]}\n\n";
    let mut steps = vec![Step::Send(MANY); 2_000];
    steps.push(Step::Send(DONE));
    // 4 096 tokens at $2 per million fit twice, with a little input.
    let bed = Setup { balance: 17_000_000, ..Setup::scripts([stream(steps)]) }.bed();
    let body = text(bed.ask(r#"{"model":"m","messages":[],"stream":true}"#).await).await;
    assert!(body.contains("insufficient_balance") && !body.contains("[DONE]"));
    let settlement = bed.last();
    assert_eq!(settlement.end_state, EndState::OutOfFunds);
    assert!(settlement.usage.output > 4_096 && settlement.sale <= NanoUsd(17_000_000), "{settlement:?}");
    assert!(!bed.wallet.checkpoints.lock().is_empty(), "checkpoints were written on the way");
}

#[tokio::test(start_paused = true)]
async fn no_more_than_64_events_are_sent_beyond_what_the_journal_has() {
    let mut steps = vec![Step::Send(HELLO); 200];
    steps.push(Step::Send(DONE));
    let bed = Setup { fail_checkpoint: true, ..Setup::scripts([stream(steps)]) }.bed();
    let body = text(bed.ask(ASK_STREAM).await).await;
    let sent = body.matches(HELLO).count();
    assert!((32..=64).contains(&sent), "{sent} events were sent");
    assert!(body.ends_with("\n\n") && body.contains("could not be recorded") && !body.contains("[DONE]"), "{body}");
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_ends_streams_with_an_error_event_and_settles_them() {
    let bed = Setup::scripts([stream(vec![Step::Send(HELLO), Step::Forever])]).bed();
    let answer = bed.ask(ASK_STREAM).await;
    bed.shutdown.cancel();
    let body = text(answer).await;
    assert!(body.starts_with(HELLO) && body.contains("overloaded"), "{body}");
    bed.assert_settled(1).await;
}

#[tokio::test(start_paused = true)]
async fn keys_models_and_bodies_that_do_not_fit_are_refused() {
    let bed = Setup::scripts([json(JSON)]).bed();
    let mut stranger = chat(ASK);
    stranger.headers.insert("authorization", "Bearer sk-tp-other".parse().unwrap());
    let cases = [
        (stranger, 401, "invalid_api_key"),
        (chat("{"), 400, "invalid_request"),
        (chat(r#"{"messages":[]}"#), 400, "invalid_request"),
        (chat(r#"{"model":"other","messages":[]}"#), 404, "model_not_found"),
    ];
    for (received, status, code) in cases {
        let answer = bed.relay.answer(received).await;
        assert_eq!(answer.status, status);
        assert!(text(answer).await.contains(code));
    }
    bed.assert_settled(0).await;
}
