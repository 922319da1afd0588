//! F1, F2 and F3 at default settings: a broken channel is never the caller's problem before the first byte; when all are
//! broken upstreams are left in peace; after the first byte no byte comes twice.

use std::{
    net::SocketAddr,
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};
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
    wait::until,
};

testkit::on_a_node!(
    f1_a_channel_that_fails_quickly_fails_no_request_and_is_out_after_five,
    f1_a_channel_that_is_silent_or_slow_fails_no_request,
    f2_when_all_fail_upstreams_are_left_in_peace_and_callers_told_when_to_come_back,
    a_refused_credential_is_found_again_by_a_probe_and_not_by_a_caller,
    f3_a_stream_cut_after_its_first_byte_is_ended_by_an_error_and_never_retried,
);

/// Callers at once.
const CALLERS: usize = 8;

/// A way for a channel to be broken; without a script nothing listens.
type Way = (&'static str, Option<Script>);

fn failing(status: u16) -> Script {
    answers::error(status, &json!({"error": {"message": "no", "type": "server_error", "code": null, "param": null}}))
}

fn quick() -> Vec<Way> {
    let failure = json!({"error": {"message": "no", "type": "requests", "code": "rate_limit_exceeded", "param": null}});
    let limited = Play::new(429, "application/json", failure.to_string()).header("retry-after", "7");
    vec![
        ("refuse", None),
        ("reset", Some(Script::Reset)),
        ("500", Some(failing(500))),
        ("429", Some(Script::Answer(limited))),
    ]
}

fn others() -> Vec<Way> {
    let mut slow = Play::events(answers::chat_events("any", 3, 5, 3), Duration::ZERO);
    slow.before = Duration::from_secs(45);
    vec![
        ("black hole", Some(Script::BlackHole)),
        ("slow first token", Some(Script::Answer(slow))),
        ("garbage", Some(Script::Garbage("SSH-2.0-OpenSSH_9.6\r\n".into()))),
        ("cut before the first byte", Some(Script::Answer(Play::events(vec![], Duration::ZERO).cut_after(0)))),
    ]
}

/// Three channels of one model, the first broken in this way; a request to them.
async fn one_of_three(bed: &Bed, sick: &Upstream, (name, script): &Way) -> Result<Request> {
    let model = name.replace(' ', "-");
    bed.api.price(&model, &json!({"input": "1", "output": "1"})).await?;
    let address = match script {
        Some(script) => {
            sick.on_model(&model, script.clone());
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
    Ok(chat(&bed.key.secret, &model, &json!({"stream": true, "max_tokens": 10})))
}

/// What a crowd of callers saw.
#[derive(Debug, Default)]
struct Seen {
    failed: Vec<String>,
    micros: Vec<u128>,
}

impl Seen {
    fn p99_ms(&mut self) -> f64 {
        self.micros.sort_unstable();
        let at = self.micros.len() * 99 / 100;
        self.micros.get(at.min(self.micros.len().saturating_sub(1))).map_or(0.0, |us| *us as f64 / 1_000.0)
    }
}

/// So many requests, by [`CALLERS`] at once.
async fn crowd(to: SocketAddr, request: &Request, count: usize) -> Result<Seen> {
    let left = std::sync::Arc::new(AtomicUsize::new(count));
    let mut callers = tokio::task::JoinSet::new();
    for _ in 0..CALLERS {
        let (request, left) = (request.clone(), left.clone());
        callers.spawn(async move {
            let mut seen = Seen::default();
            while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok() {
                let begun = Instant::now();
                let answer = request.send(to).await?;
                seen.micros.push(begun.elapsed().as_micros());
                if answer.status() != 200 || !answers::has_end(&answer.body) {
                    seen.failed.push(format!("{} {}", answer.status(), answer.text()));
                }
            }
            Ok::<_, testkit::Error>(seen)
        });
    }
    let mut all = Seen::default();
    while let Some(seen) = callers.join_next().await {
        let seen = seen??;
        all.failed.extend(seen.failed);
        all.micros.extend(seen.micros);
    }
    Ok(all)
}

async fn f1_a_channel_that_fails_quickly_fails_no_request_and_is_out_after_five(program: &str) -> Result<()> {
    let bed = Bed::start(program, Kind::Sqlite).await?;
    let sick = Upstream::start().await?;
    let requests = size::of("F1_REQUESTS", 500);
    let fine = bed.chat("all-well", &json!({"stream": true, "max_tokens": 10}));
    bed.upstream.on_model("all-well", answers::stream(answers::chat_events("all-well", 3, 5, 3), Duration::ZERO));
    bed.model("all-well", "openai", &json!({"input": "1", "output": "1"})).await?;
    let well = crowd(bed.node.address(), &fine, requests).await?.p99_ms();
    for way in quick() {
        let request = one_of_three(&bed, &sick, &way).await?;
        let before = sick.served();
        let mut seen = crowd(bed.node.address(), &request, requests).await?;
        ensure!(seen.failed.is_empty(), "F1: {}: {} failed: {:?}", way.0, seen.failed.len(), seen.failed.first());
        let asked = sick.served() - before;
        figure(&format!(
            "F1: {}: {requests} requests, 0 failures; p99 {:.1} ms beside {well:.1} ms with all well; it was asked {asked} times",
            way.0,
            seen.p99_ms()
        ));
        // Five open the breaker, as many as there are callers may be on their way by then; then one probe at a time, after
        // 1, 2, 4, … seconds.
        let most = 5 + CALLERS as u64 + 8;
        ensure!(asked <= most, "F1: {}: asked {asked} times, at most {most} expected", way.0);
    }
    comes_back(&bed, &sick).await?;
    bed.books_agree().await
}

/// The channel that failed with 500 answers again: one probe finds out.
async fn comes_back(bed: &Bed, sick: &Upstream) -> Result<()> {
    sick.on_model("500", answers::stream(answers::chat_events("500", 3, 5, 3), Duration::ZERO));
    let request = bed.chat("500", &json!({"stream": true, "max_tokens": 10}));
    let before = sick.served();
    until("the probe", Duration::from_secs(70), async || {
        ensure!(bed.send(&request).await?.status() == 200, "F1: a request failed");
        Ok((sick.served() > before).then_some(()))
    })
    .await?;
    let after = sick.served();
    until("the channel to serve again", Duration::from_secs(5), async || {
        ensure!(bed.send(&request).await?.status() == 200, "F1: a request failed");
        Ok((sick.served() > after + 3).then_some(()))
    })
    .await?;
    figure("F1: 500: one probe brought it back");
    Ok(())
}

async fn f1_a_channel_that_is_silent_or_slow_fails_no_request(program: &str) -> Result<()> {
    let bed = Bed::start(program, Kind::Sqlite).await?;
    let sick = Upstream::start().await?;
    let requests = size::of("F1_REQUESTS", 500);
    let mut requests_of = Vec::new();
    for way in others() {
        requests_of.push((way.0, one_of_three(&bed, &sick, &way).await?));
    }
    // At once: two of them take the first-token timeout of 30 s.
    let mut crowds = tokio::task::JoinSet::new();
    for (name, request) in requests_of {
        let to = bed.node.address();
        crowds.spawn(async move { (name, Instant::now(), crowd(to, &request, requests).await) });
    }
    while let Some(crowd) = crowds.join_next().await {
        let (name, begun, seen) = crowd?;
        let mut seen = seen?;
        ensure!(seen.failed.is_empty(), "F1: {name}: {} failed: {:?}", seen.failed.len(), seen.failed.first());
        let waited = seen.micros.iter().filter(|us| **us > 3_000_000).count();
        figure(&format!(
            "F1: {name}: {requests} requests, 0 failures in {:.0} s; {waited} waited over 3 s; p99 {:.1} ms",
            begun.elapsed().as_secs_f64(),
            seen.p99_ms()
        ));
    }
    bed.books_agree().await
}

async fn f2_when_all_fail_upstreams_are_left_in_peace_and_callers_told_when_to_come_back(program: &str) -> Result<()> {
    let bed = Bed::start(program, Kind::Sqlite).await?;
    let requests = size::of("F2_REQUESTS", 500);
    bed.api.price("all-fail", &json!({"input": "1", "output": "1"})).await?;
    bed.upstream.on_model("all-fail", failing(500));
    for copy in 0..3 {
        let channel = json!({"name": format!("failing {copy}")});
        bed.api.channel("openai", &bed.upstream.base_url("openai"), "all-fail", &channel).await?;
    }
    bed.known().await?;
    let request = bed.chat("all-fail", &json!({"stream": true, "max_tokens": 10}));
    let before = bed.upstream.served();
    let seen = crowd(bed.node.address(), &request, requests).await?;
    let asked = bed.upstream.served() - before;
    let ratio = asked as f64 / requests as f64;
    ensure!(seen.failed.len() == requests, "F2: {} of {requests} failed", seen.failed.len());
    ensure!(ratio <= 1.2, "F2: {asked} upstream requests for {requests}");
    let unavailable = seen.failed.iter().filter(|text| text.starts_with("503 ")).count();
    let other = seen.failed.iter().find(|text| !text.starts_with("503 ") && !text.starts_with("502 "));
    ensure!(other.is_none(), "F2: {other:?}");
    let answer = until("a 503", Duration::from_secs(5), async || {
        Ok(Some(bed.send(&request).await?).filter(|answer| answer.status() == 503))
    })
    .await?;
    let wait = answer.head.header("retry-after").and_then(|text| text.parse::<u64>().ok());
    ensure!(wait.is_some_and(|seconds| (1..=75).contains(&seconds)), "F2: retry-after is {wait:?}");
    figure(&format!(
        "F2: all failing: {requests} requests, {asked} upstream requests ({ratio:.2} each), {unavailable} answered 503, retry-after {} s",
        wait.unwrap_or_default()
    ));
    bed.books_agree().await
}

async fn a_refused_credential_is_found_again_by_a_probe_and_not_by_a_caller(program: &str) -> Result<()> {
    let bed = Bed::start(program, Kind::Sqlite).await?;
    let refusal = json!({"error": {"message": "no", "type": "invalid_request_error", "code": "invalid_api_key"}});
    bed.upstream.on_model("refused", answers::error(401, &refusal));
    let id = bed.model("refused", "openai", &json!({"input": "1", "output": "1"})).await?;
    let answer = bed.send(&bed.chat("refused", &json!({"max_tokens": 5}))).await?;
    ensure!(answer.status() == 502 && answer.text().contains("upstream_credentials_exhausted"), "{}", answer.text());
    let state = async || {
        let health = bed.api.get(&format!("/channels/{id}/health")).await?;
        Ok::<_, testkit::Error>(health.pointer("/data/0/state").and_then(|it| it.as_str()).unwrap_or("none").to_owned())
    };
    ensure!(state().await? == "refused", "{}", state().await?);
    bed.upstream.on_model("refused", answers::chat("refused", 5, 3));
    let begun = Instant::now();
    until("a probe to find it well", Duration::from_secs(20), async || Ok((state().await? == "ready").then_some(())))
        .await?;
    let seen = bed.upstream.seen();
    let asked: Vec<_> = seen.iter().filter(|seen| seen.model().as_deref() == Some("refused")).collect();
    ensure!(asked.len() == 2, "{} requests, one of a caller and one probe expected", asked.len());
    figure(&format!("a refused credential was found well by one probe after {:?}", begun.elapsed()));
    Ok(())
}

async fn f3_a_stream_cut_after_its_first_byte_is_ended_by_an_error_and_never_retried(program: &str) -> Result<()> {
    let bed = Bed::start(program, Kind::Sqlite).await?;
    let words = 12;
    let cuts = size::of("F3_CUTS", 400);
    let rates = json!({"input": "0", "output": "0.001"});
    // From the first word on; the last two events (usage, `[DONE]`) complete the answer.
    let whole = answers::chat_events("any", words, 5, words as u64).len();
    let places: Vec<usize> = (2..whole - 2).collect();
    for after in &places {
        let model = format!("cut-{after}");
        let events = answers::chat_events(&model, words, 5, words as u64);
        bed.model(&model, "openai", &rates).await?;
        let play = Play::events(events, Duration::from_micros(200)).cut_after(*after);
        bed.upstream.on_model(&model, Script::Answer(play));
    }
    bed.upstream.remember(false);
    let (to, secret) = (bed.node.address(), bed.key.secret.clone());
    let mut callers = tokio::task::JoinSet::new();
    for caller in 0..CALLERS {
        let (places, secret) = (places.clone(), secret.clone());
        callers.spawn(async move {
            for number in (caller..cuts).step_by(CALLERS) {
                let after = places.get(number % places.len()).copied().unwrap_or(2);
                one_cut(to, &secret, after, words).await?;
            }
            Ok::<_, testkit::Error>(())
        });
    }
    while let Some(done) = callers.join_next().await {
        done??;
    }
    ensure!(bed.upstream.served() == cuts as u64, "F3: {} upstream requests for {cuts}", bed.upstream.served());
    let rows = bed.rows(cuts).await?;
    ensure!(rows.iter().all(|row| row.get("end_state").is_some_and(|state| state == "cut")), "F3: not all are cut");
    figure(&format!("F3: {cuts} cuts after the first byte: bytes once and in order, ended by an error, 0 retries"));
    bed.books_agree().await
}

async fn one_cut(to: SocketAddr, secret: &str, after: usize, words: usize) -> Result<()> {
    let model = format!("cut-{after}");
    let body = json!({"stream": true, "stream_options": {"include_usage": true}, "max_tokens": 50});
    let mut open = chat(secret, &model, &body).open(to).await?;
    let (got, _) = open.remains().await;
    let events = answers::chat_events(&model, words, 5, words as u64);
    let sent = events.get(..after).unwrap_or_default().concat();
    ensure!(got.starts_with(&sent), "F3: cut after {after}: {got:?}");
    let rest = String::from_utf8_lossy(got.get(sent.len()..).unwrap_or_default()).into_owned();
    ensure!(rest.contains("\"error\"") && !rest.contains("[DONE]"), "F3: cut after {after}: the end is {rest:?}");
    Ok(())
}
