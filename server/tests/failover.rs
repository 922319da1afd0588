//! F1 and F3 in short: a broken channel is never the caller's problem before the first byte, and after it no byte comes
//! twice.

use std::time::Duration;
use testkit::{
    Result, answers,
    bed::{Bed, chat},
    database::Kind,
    ensure,
    http::Request,
    json,
    run::figure,
    size,
    upstream::{Play, Script, Upstream},
};

testkit::on_a_node!(
    f1_one_broken_channel_of_three_fails_no_request,
    f3_a_stream_cut_after_its_first_byte_is_ended_by_an_error_and_never_retried,
);

/// The ways a channel is broken; `None`: nothing listens.
fn broken() -> Vec<(&'static str, Option<Script>)> {
    let failure = json!({"error": {"message": "no", "type": "server_error", "code": null, "param": null}});
    let mut limited = Play::new(429, "application/json", failure.to_string()).header("retry-after", "7");
    limited.before = Duration::ZERO;
    let mut slow = Play::events(answers::chat_events("any", 3, 5, 3), Duration::ZERO);
    slow.before = Duration::from_secs(20);
    vec![
        ("refuse", None),
        ("reset", Some(Script::Reset)),
        ("black hole", Some(Script::BlackHole)),
        ("500", Some(answers::error(500, &failure))),
        ("429", Some(Script::Answer(limited))),
        ("slow first token", Some(Script::Answer(slow))),
        ("garbage", Some(Script::Garbage("SSH-2.0-OpenSSH_9.6\r\n".into()))),
        ("cut before the first byte", Some(Script::Answer(Play::events(vec![], Duration::ZERO).cut_after(0)))),
    ]
}

async fn f1_one_broken_channel_of_three_fails_no_request(program: &str) -> Result<()> {
    let settings = [("RELAY__FIRST_TOKEN_TIMEOUT_MS", "500"), ("RELAY__IDLE_TIMEOUT_MS", "500")];
    let bed = Bed::with(program, Kind::Sqlite, &settings, "1000").await?;
    let sick = Upstream::start().await?;
    let requests = size::of("F1_REQUESTS", 320);
    for (number, (name, script)) in broken().into_iter().enumerate() {
        let model = format!("one-of-three-{number}");
        bed.api.price(&model, &json!({"input": "1", "output": "1"})).await?;
        let address = match script {
            Some(script) => {
                sick.on_model(&model, script);
                sick.address()
            }
            None => Upstream::refusing().await?,
        };
        bed.upstream.on_model(&model, answers::stream(answers::chat_events(&model, 3, 5, 3), Duration::ZERO));
        for (copy, address) in [address, bed.upstream.address(), bed.upstream.address()].into_iter().enumerate() {
            let channel = json!({"name": format!("{name} {copy}")});
            bed.api.channel("openai", &format!("http://{address}/v1"), &model, &channel).await?;
        }
        bed.known().await?;
        let request = chat(&bed.key.secret, &model, &json!({"stream": true, "max_tokens": 10}));
        let failed = failures(&bed, &request, requests / 8).await?;
        ensure!(failed.is_empty(), "F1: {name}: {} failed: {:?}", failed.len(), failed.first());
    }
    figure(&format!("F1: one of three channels broken in 8 ways, {requests} requests, 0 failures"));
    bed.books_agree().await
}

async fn failures(bed: &Bed, request: &Request, count: usize) -> Result<Vec<String>> {
    let mut sent = tokio::task::JoinSet::new();
    for _ in 0..count {
        let (request, address) = (request.clone(), bed.node.address());
        sent.spawn(async move { request.send(address).await });
    }
    let mut failed = Vec::new();
    while let Some(answer) = sent.join_next().await {
        let answer = answer??;
        if answer.status() != 200 || !answers::has_end(&answer.body) {
            failed.push(format!("{} {}", answer.status(), answer.text()));
        }
    }
    Ok(failed)
}

async fn f3_a_stream_cut_after_its_first_byte_is_ended_by_an_error_and_never_retried(program: &str) -> Result<()> {
    let bed = Bed::start(program, Kind::Sqlite).await?;
    let words = 12;
    let events = answers::chat_events("gpt-4o-cut", words, 5, words as u64);
    let mut cuts = 0;
    bed.model("gpt-4o-cut", "openai", &json!({"input": "0", "output": "0.001"})).await?;
    // From the first word on; the last two events (usage, `[DONE]`) complete the answer.
    for after in 2..events.len() - 2 {
        let play = Play::events(events.clone(), Duration::from_millis(1)).cut_after(after);
        bed.upstream.on_model("gpt-4o-cut", Script::Answer(play));
        let before = bed.upstream.served();
        let body = json!({"stream": true, "stream_options": {"include_usage": true}, "max_tokens": 50});
        let mut open = bed.chat("gpt-4o-cut", &body).open(bed.node.address()).await?;
        let (got, _) = open.remains().await;
        let sent = events.get(..after).unwrap_or_default().concat();
        ensure!(got.starts_with(&sent), "F3: cut after {after}: {got:?}");
        let rest = String::from_utf8_lossy(got.get(sent.len()..).unwrap_or_default()).into_owned();
        ensure!(rest.contains("\"error\"") && !rest.contains("[DONE]"), "F3: cut after {after}: the end is {rest:?}");
        ensure!(bed.upstream.served() == before + 1, "F3: cut after {after}: retried");
        cuts += 1;
    }
    let rows = bed.rows(cuts).await?;
    ensure!(rows.iter().all(|row| row.get("end_state").is_some_and(|state| state == "cut")), "F3: {rows:?}");
    figure(&format!("F3: {cuts} cuts after the first byte: bytes once and in order, ended by an error, 0 retries"));
    bed.books_agree().await
}
