//! A caller of Messages on a channel that speaks Chat: what it gets is in its own dialect, whole, cut or refused, and charged
//! as the upstream says.

use crate::support::{Bed, Script, Setup, Step, chat, error, json as whole, stream, text};
use domain::{dialect::Dialect, money::NanoUsd, record::EndState};
use engine::{answer::Answer, received::Received};
use serde_json::{Value, json};

const ANSWER: &str = r#"{"choices":[{"index":0,"message":{"role":"assistant","content":"Hello"},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":3,"total_tokens":12}}"#;
const HELLO: &str = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hello\"},\"finish_reason\":null}]}\n\n";
const STOP: &str = "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
const USAGE: &str =
    "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":3,\"total_tokens\":12}}\n\n";
const DONE: &str = "data: [DONE]\n\n";
const COST: NanoUsd = NanoUsd(9_000 + 6_000);
const ASK: &str = r#"{"model":"m","max_tokens":100,"top_k":3,"messages":[{"role":"user","content":"hi"}]}"#;
const ASK_STREAM: &str = r#"{"model":"m","max_tokens":100,"stream":true,"messages":[{"role":"user","content":"hi"}]}"#;

async fn ask(bed: &Bed, body: &'static str) -> Answer {
    bed.relay.answer(Received { dialect: Dialect::Anthropic, ..chat(body) }).await
}

async fn document(answer: Answer) -> Value {
    serde_json::from_str(&text(answer).await).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_whole_answer_is_told_in_the_callers_dialect_with_what_was_charged() {
    let bed = Setup::scripts([whole(ANSWER)]).bed();
    let answer = ask(&bed, ASK).await;
    assert_eq!((answer.status.as_u16(), &answer.headers["x-turnpike-cost-usd"]), (200, &"0.000015".parse().unwrap()));
    let message = document(answer).await;
    assert_eq!(message["content"][0]["text"], "Hello");
    assert_eq!((&message["usage"]["input_tokens"], &message["usage"]["output_tokens"]), (&json!(9), &json!(3)));
    let sent: Value = serde_json::from_slice(&bed.upstream.calls.lock()[0].1).unwrap();
    assert_eq!((&sent["model"], &sent["max_tokens"]), (&json!("upstream-model"), &json!(100)));
    assert_eq!(bed.last().sale, COST);
    bed.assert_settled(1).await;
}

#[tokio::test(start_paused = true)]
async fn a_stream_ends_in_the_callers_dialect_with_its_usage() {
    let bed = Setup::scripts([stream([HELLO, STOP, USAGE, DONE].map(Step::Send).to_vec())]).bed();
    let told = text(ask(&bed, ASK_STREAM).await).await;
    assert!(
        told.starts_with("event: message_start\n") && told.ends_with("data: {\"type\":\"message_stop\"}\n\n"),
        "{told}"
    );
    assert!(told.contains("\"stop_reason\":\"end_turn\"") && told.contains("\"output_tokens\":3"), "{told}");
    assert_eq!((bed.last().sale, bed.last().end_state), (COST, EndState::Complete));
    bed.assert_settled(1).await;
}

#[tokio::test(start_paused = true)]
async fn usage_that_nobody_reported_is_told_as_it_was_counted() {
    let bed = Setup::scripts([stream([HELLO, STOP, DONE].map(Step::Send).to_vec())]).bed();
    let told = text(ask(&bed, ASK_STREAM).await).await;
    let last = told.split("event: message_delta\ndata: ").nth(1).and_then(|rest| rest.lines().next()).unwrap();
    let usage = &serde_json::from_str::<Value>(last).unwrap()["usage"];
    assert!(usage["input_tokens"].as_u64().unwrap() > 0 && usage["output_tokens"].as_u64().unwrap() > 0, "{usage}");
    bed.assert_settled(1).await;
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_breaks_off_ends_with_an_error_in_the_callers_dialect() {
    for steps in [vec![HELLO], vec![HELLO, STOP], vec![HELLO, "data: {\"error\":{\"message\":\"boom\"}}\n\n"]] {
        let bed = Setup::scripts([stream(steps.iter().map(|step| Step::Send(step)).collect())]).bed();
        let told = text(ask(&bed, ASK_STREAM).await).await;
        assert!(told.contains("event: error\ndata: {\"type\":\"error\""), "{told}");
        assert!(!told.contains("message_stop") && !told.contains("message_delta\n"), "{told}");
        assert_eq!(bed.last().end_state, EndState::Cut);
        bed.assert_settled(1).await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_upstream_cannot_be_told_is_refused_by_name_before_it_is_asked() {
    let bed = Setup::scripts([whole(ANSWER)]).bed();
    let body = r#"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"hi"}],"tools":[{"type":"bash_20250124","name":"bash"}]}"#;
    let answer = ask(&bed, body).await;
    assert_eq!(answer.status, 400);
    let refused = document(answer).await;
    assert_eq!(refused["error"]["type"], "invalid_request_error");
    assert!(refused["error"]["message"].as_str().unwrap().contains("tools[0].type"), "{refused}");
    assert_eq!(bed.upstream.calls.lock().len(), 0);
    bed.assert_settled(1).await;
}

#[tokio::test(start_paused = true)]
async fn an_upstreams_refusal_of_the_request_is_told_in_the_callers_words() {
    let body =
        r#"{"error":{"message":"Invalid value","type":"invalid_request_error","param":"messages","code":"bad"}}"#;
    let bed = Setup::scripts([error(400, body), Script::Hang]).bed();
    let answer = ask(&bed, ASK).await;
    assert_eq!(answer.status, 400);
    let refused = document(answer).await;
    assert_eq!((&refused["type"], &refused["error"]["type"]), (&json!("error"), &json!("invalid_request_error")));
    assert_eq!(refused["error"]["message"], "Invalid value");
    bed.assert_settled(1).await;
}
