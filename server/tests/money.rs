//! The money goals under storms (goals.md M1, M2, M5 to M8), with an auditor reading the books ten times a second.

use std::time::{Duration, Instant};
use testkit::{
    Context, Result, amount, answers,
    auditor::Auditor,
    bed::{Bed, chat},
    database::Kind,
    ensure,
    http::Request,
    json, mix,
    run::figure,
    size,
    upstream::{End, Play, Script},
};
use tokio::task::JoinSet;

testkit::on_both_databases!(
    m1_m5_the_books_balance_at_every_read_and_nothing_delivered_goes_uncharged,
    m2_a_balance_or_a_budget_for_ten_admits_exactly_ten_of_five_hundred,
    m7_streams_left_by_their_callers_are_charged_for_what_was_used,
    m7_an_upstream_is_read_on_no_longer_than_allowed_after_its_caller_left,
    m8_an_error_before_content_costs_nothing_and_gives_its_hold_back,
    m9_a_hundred_copies_of_one_adjustment_have_one_effect,
    an_attempt_that_failed_is_a_cost_of_its_channel_and_never_the_callers,
);

async fn m1_m5_the_books_balance_at_every_read_and_nothing_delivered_goes_uncharged(
    program: &str,
    kind: Kind,
) -> Result<()> {
    let bed = Bed::start(program, kind).await?;
    let auditor = Auditor::start(bed.reader().await?);
    let duration = Duration::from_secs(size::of("MONEY_SECONDS", 10) as u64);
    let outcome = mix::storm(&bed, duration).await?;
    bed.books_agree().await?;
    outcome.check(&bed.api.usage("").await?)?;
    let reads = auditor.finish()?;
    figure(&format!("M1, M5, M6 {kind:?}: {outcome}, {reads} reads of the books, difference 0"));
    Ok(())
}

/// Requests at once.
const CROWD: usize = 500;
/// Of them covered by the balance.
const COVERED: usize = 10;
/// What these cost.
const TEN_CENTS: i128 = 100_000_000;

async fn m2_a_balance_or_a_budget_for_ten_admits_exactly_ten_of_five_hundred(program: &str, kind: Kind) -> Result<()> {
    let bed = Bed::with(program, kind, &[], "1000").await?;
    let second = match kind {
        Kind::Sqlite => None,
        Kind::Postgres => Some(bed.second_node(program).await?),
    };
    let nodes: Vec<_> = std::iter::once(bed.node.address()).chain(second.iter().map(|node| node.address())).collect();
    let auditor = Auditor::start(bed.reader().await?);
    bed.upstream.remember(false);
    let mut answer = Play::new(200, "application/json", played_body("exact"));
    answer.before = Duration::from_millis(30);
    bed.upstream.on_model("exact", Script::Answer(answer));
    // Ten tokens at $1 000 a million: every hold and every cost is one cent.
    bed.model("exact", "openai", &json!({"input": "0", "output": "1000"})).await?;
    for node in &nodes {
        bed.known_at(*node).await?;
    }
    let repetitions = size::of("M2_REPETITIONS", 5);
    let begun = Instant::now();
    // What ends is the wallet, or the key's budget with more than enough in the wallet.
    let budget = json!({"budgets": [{"period": "month", "amount": "0.1"}]});
    for (what, credit, fields) in [("wallet", "0.1", json!({})), ("budget", "100", budget)] {
        for repetition in 0..repetitions {
            let tenant = bed.api.tenant(&format!("exactly ten of a {what} {repetition}")).await?;
            bed.api.credit(&tenant, credit).await?;
            let key = bed.api.key(&tenant, &fields).await?;
            let request = chat(&key.secret, "exact", &json!({"max_tokens": 10}));
            let (admitted, refused, other) = crowd(&request, &nodes).await?;
            ensure!(
                admitted == COVERED && refused == CROWD - COVERED,
                "M2 {what}, repetition {repetition}: {admitted} admitted, {refused} refused, others {other:?}"
            );
            let spent = async || {
                let balance = bed.api.balance(&tenant).await?;
                Ok((balance.posted == amount::nano(credit)? - TEN_CENTS && balance.pending == 0).then_some(()))
            };
            testkit::wait::until("the ten to be posted", Duration::from_secs(10), spent).await?;
        }
    }
    let reads = auditor.finish()?;
    figure(&format!(
        "M2 {kind:?}, {} node(s): {repetitions} of {repetitions} repetitions each of a wallet and a budget admitted exactly {COVERED} of {CROWD} in {:.1} s, {reads} reads of the books",
        nodes.len(),
        begun.elapsed().as_secs_f64()
    ));
    if let Some(mut second) = second {
        second.stop().await?;
    }
    bed.books_agree().await
}

fn played_body(model: &str) -> String {
    let Script::Answer(play) = answers::chat(model, 3, 10) else { return String::new() };
    String::from_utf8_lossy(&play.pieces.concat()).into_owned()
}

/// Sends the request [`CROWD`] times at once, spread over the nodes: how many came through, how many got 402, others.
async fn crowd(request: &Request, nodes: &[std::net::SocketAddr]) -> Result<(usize, usize, Vec<String>)> {
    let mut callers = JoinSet::new();
    for node in nodes.iter().cycle().take(CROWD) {
        let (request, node) = (request.clone(), *node);
        callers.spawn(async move { request.send(node).await });
    }
    let (mut admitted, mut refused, mut others) = (0, 0, Vec::new());
    while let Some(answer) = callers.join_next().await {
        let answer = answer??;
        match answer.status() {
            200 => admitted += 1,
            402 => refused += 1,
            status => others.push(format!("{status} {}", answer.text())),
        }
    }
    Ok((admitted, refused, others))
}

async fn m7_streams_left_by_their_callers_are_charged_for_what_was_used(program: &str, kind: Kind) -> Result<()> {
    let bed = Bed::with(program, kind, &[("RELAY__CALLER_LEFT_MS", "10000")], "1000").await?;
    let auditor = Auditor::start(bed.reader().await?);
    let streams = size::of("M7_STREAMS", 200);
    // One nano-USD a token, so that a charge reads as a count of tokens. The upstream of the first kind goes on to its
    // end and reports; that of the second falls silent after some words, so what it sent is known to the word.
    bed.upstream.remember(false);
    let sent: Vec<Left> = (0..streams).map(Left::number).collect();
    let mut models = Vec::new();
    for left in &sent {
        bed.upstream.on_model(&left.model, Script::Answer(left.play()));
        bed.api.price(&left.model, &json!({"input": "0", "output": "0.001"})).await?;
        models.push(json!({"model": left.model}));
    }
    bed.api.channel("openai", &bed.upstream.base_url("openai"), "", &json!({"name": "left", "models": models})).await?;
    bed.known().await?;
    let mut callers = JoinSet::new();
    for left in &sent {
        let (request, address) = (bed.chat(&left.model, &json!({"stream": true})), bed.node.address());
        callers.spawn(async move {
            let mut open = request.open(address).await?;
            open.piece().await?.context("no first piece").map(|_| ())
        });
    }
    while let Some(left) = callers.join_next().await {
        left??;
    }
    let rows = bed.rows(sent.len()).await?;
    let mut errors: Vec<f64> = Vec::new();
    for Left { model, silent, words } in &sent {
        let row =
            rows.iter().find(|row| row.get("model") == Some(model)).with_context(|| format!("M7: {model}: no row"))?;
        let charged = amount::nano(row.get("cost_usd").map_or("", String::as_str))?;
        let source = row.get("usage_source").map_or("", String::as_str);
        if *silent {
            ensure!(source != "reported", "M7: {model}: nothing was reported: {row:?}");
            let words = i128::try_from(*words)?;
            errors.push((charged - words).abs() as f64 / words as f64);
        } else {
            ensure!(
                source == "reported" && charged == i128::try_from(*words)?,
                "M7: {model}: drained, not exact: {row:?}"
            );
        }
    }
    errors.sort_by(f64::total_cmp);
    let median = errors.get(errors.len() / 2).copied().unwrap_or(0.0);
    ensure!(median <= 0.02, "M7: the median error of counted streams is {:.1} %", median * 100.0);
    bed.books_agree().await?;
    let reads = auditor.finish()?;
    figure(&format!(
        "M7 {kind:?}: {} streams left, {} rows; drained exact; counted within {:.2} % (median), {:.2} % (worst); {reads} reads",
        sent.len(),
        rows.len(),
        median * 100.0,
        errors.last().copied().unwrap_or(0.0) * 100.0
    ));
    Ok(())
}

async fn m7_an_upstream_is_read_on_no_longer_than_allowed_after_its_caller_left(
    program: &str,
    kind: Kind,
) -> Result<()> {
    let bed = Bed::with(program, kind, &[("RELAY__CALLER_LEFT_MS", "1000")], "1000").await?;
    bed.model("gpt-4o-drip", "openai", &json!({"input": "0", "output": "0.001"})).await?;
    // Forty words a second for a minute and more: it never falls silent.
    let words = 3_000;
    let events = answers::chat_events("gpt-4o-drip", words, 9, words as u64);
    bed.upstream.on_model("gpt-4o-drip", answers::stream(events, Duration::from_millis(25)));
    let mut open = bed.chat("gpt-4o-drip", &json!({"stream": true})).open(bed.node.address()).await?;
    open.piece().await?.context("no first piece")?;
    drop(open);
    let left = Instant::now();
    let rows = bed.rows(1).await?;
    let took = left.elapsed();
    let charged = rows.first().and_then(|row| row.get("output_tokens")).map_or("", String::as_str).to_owned();
    ensure!(took <= Duration::from_secs(5), "M7: the upstream was read on for {took:?}, 1 s is allowed: {rows:?}");
    let counted: usize = charged.parse()?;
    ensure!((20..=100).contains(&counted), "M7: about forty words came, {counted} were charged");
    figure(&format!(
        "M7 {kind:?}: an upstream that drips on is cancelled; {counted} tokens counted, row after {took:?}"
    ));
    bed.books_agree().await
}

/// One stream its caller leaves.
struct Left {
    model: String,
    /// Whether its upstream falls silent after its words.
    silent: bool,
    words: usize,
}

impl Left {
    fn number(number: usize) -> Self {
        let (silent, words) = (number % 2 == 1, 40 + number % 200);
        // The family's name decides by which vocabulary it is counted.
        Self { model: format!("gpt-4o-{number}"), silent, words }
    }

    fn play(&self) -> Play {
        let mut events = answers::chat_events(&self.model, self.words, 9, self.words as u64);
        if self.silent {
            events.truncate(self.words + 1);
        }
        let mut play = Play::events(events, Duration::from_millis(3));
        play.end = if self.silent { End::Hang } else { End::Whole };
        play
    }
}

async fn m8_an_error_before_content_costs_nothing_and_gives_its_hold_back(program: &str, kind: Kind) -> Result<()> {
    // The balance covers one request: the next is admitted only once the failed one's hold is back.
    let bed = Bed::with(program, kind, &[], "0.01").await?;
    bed.upstream.on_model("good", answers::chat("good", 1, 0));
    let rates = json!({"input": "0", "output": "1000"});
    bed.model("good", "openai", &rates).await?;
    let role = answers::chat_events("bad", 1, 1, 1).into_iter().take(1).collect::<Vec<_>>();
    let failure = json!({"error": {"message": "failed", "type": "server_error", "code": null, "param": null}});
    let error_event = bytes_of(&format!("data: {failure}\n\n"));
    let cases = [
        ("status-500", answers::error(500, &failure)),
        ("reset", Script::Reset),
        ("garbage", Script::Garbage(bytes_of("SSH-2.0-OpenSSH_9.6\r\n"))),
        ("empty-200", Script::Answer(Play::new(200, "application/json", ""))),
        ("cut-at-once", Script::Answer(Play::events(role.clone(), Duration::ZERO).cut_after(0))),
        ("cut-after-role", Script::Answer(Play::events(role.clone(), Duration::ZERO).cut_after(1))),
        ("error-event", Script::Answer(Play::events(vec![role.concat().into(), error_event], Duration::ZERO))),
    ];
    let mut released = Vec::new();
    for (name, script) in cases {
        bed.upstream.on_model(name, script);
        bed.model(name, "openai", &rates).await?;
        for stream in [false, true] {
            let failed = bed.send(&bed.chat(name, &json!({"max_tokens": 10, "stream": stream}))).await?;
            ensure!(failed.status() >= 500, "M8: {name}: {} {}", failed.status(), failed.text());
            let begun = Instant::now();
            let next = bed.send(&bed.chat("good", &json!({"max_tokens": 10}))).await?;
            ensure!(next.status() == 200, "M8: after {name}: {} {}", next.status(), next.text());
            released.push(begun.elapsed());
        }
    }
    bed.node.settled().await?;
    let rows = bed.api.usage("").await?;
    ensure!(
        rows.iter().all(|row| row.get("cost_usd").is_some_and(|cost| cost == "0")),
        "M8: something was charged: {rows:?}"
    );
    bed.books_agree().await?;
    released.sort();
    let worst = released.last().copied().unwrap_or_default();
    ensure!(worst <= Duration::from_millis(100), "M8: a hold came back (and was used) only after {worst:?}");
    figure(&format!(
        "M8 {kind:?}: {} failures charged 0, the hold in use again after at most {worst:?}",
        released.len()
    ));
    Ok(())
}

async fn m9_a_hundred_copies_of_one_adjustment_have_one_effect(program: &str, kind: Kind) -> Result<()> {
    let bed = Bed::with(program, kind, &[], "0").await?;
    let path = format!("/tenants/{}/adjustments", bed.tenant);
    let body = json!({"amount": "7.25", "reason": "once"});
    let mut copies = JoinSet::new();
    for _ in 0..100 {
        let (api, path, body) = (bed.api.clone(), path.clone(), body.clone());
        copies.spawn(async move { api.post_once(&path, "one-and-the-same", &body).await });
    }
    let mut answers = std::collections::BTreeMap::new();
    while let Some(answer) = copies.join_next().await {
        let answer = answer??;
        *answers.entry((answer.status(), answer.text())).or_insert(0) += 1;
    }
    ensure!(bed.api.balance(&bed.tenant).await?.posted == 7_250_000_000, "M9: {answers:?}");
    let made: Vec<_> = answers.keys().filter(|(status, _)| *status == 201).collect();
    ensure!(made.len() == 1, "M9: copies were answered differently: {answers:?}");
    // A copy that comes while the first is at work may be told to come back; it is never told that it failed.
    ensure!(answers.keys().all(|(status, _)| [201, 409].contains(status)), "M9: {answers:?}");
    let other = bed.api.post_once(&path, "one-and-the-same", &json!({"amount": "8", "reason": "once"})).await?;
    ensure!(other.status() == 422, "M9: another body under the same key: {} {}", other.status(), other.text());
    figure(&format!("M9 {kind:?}: 100 copies of an adjustment, one effect"));
    bed.books_agree().await
}

async fn an_attempt_that_failed_is_a_cost_of_its_channel_and_never_the_callers(
    program: &str,
    kind: Kind,
) -> Result<()> {
    let bed = Bed::start(program, kind).await?;
    let rates = json!({"input": "1000", "output": "2000"});
    bed.api.price("twice", &rates).await?;
    // Counted, and nothing said: the first channel is tried in vain. What it told costs $0.013, the answer $0.008.
    let empty = json!({"id": "c", "object": "chat.completion", "choices": [],
        "usage": {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11}});
    bed.upstream.on_model("first", Script::Answer(Play::new(200, "application/json", empty.to_string())));
    bed.upstream.on_model("second", answers::chat("second", 4, 2));
    let mut channels = Vec::new();
    for (priority, upstream) in [(1, "first"), (0, "second")] {
        let model = json!({"model": "twice", "upstream": upstream, "cost": rates});
        let fields = json!({"name": upstream, "priority": priority, "models": [model]});
        channels.push(bed.api.channel("openai", &bed.upstream.base_url("openai"), "twice", &fields).await?);
    }
    bed.known().await?;
    let answer = bed.send(&bed.chat("twice", &json!({"max_tokens": 10}))).await?;
    ensure!(answer.status() == 200, "{} {}", answer.status(), answer.text());
    let row = bed.rows(1).await?.remove(0);
    let cost = row.get("cost_usd").map(String::as_str);
    ensure!(cost == Some("0.008"), "charged {cost:?}");
    let id = row.get("request_id").context("no id")?;
    let shown = bed.api.get(&format!("/requests/{id}")).await?;
    let spent = &shown["tries"][0]["spent"];
    ensure!(spent["cost_usd"] == "0.013" && spent["usage"]["input"] == 9, "{shown}");
    ensure!(shown["tries"][1].get("spent").is_none() && shown["provider_cost_usd"] == "0.008", "{shown}");
    let margins = bed.api.get("/margin?group_by=channel").await?;
    for (channel, requests, cost, margin) in [(&channels[0], 0, "0.013", "-0.013"), (&channels[1], 1, "0.008", "0")] {
        let mut lines = margins["data"].as_array().into_iter().flatten();
        let line = lines.find(|line| line["channel"].as_str() == Some(channel)).context("no line of the channel")?;
        let told = (line["requests"].as_i64(), line["cost_usd"].as_str(), line["margin_usd"].as_str());
        ensure!(told == (Some(requests), Some(cost), Some(margin)), "{margins}");
    }
    bed.books_agree().await
}

fn bytes_of(text: &str) -> bytes::Bytes {
    bytes::Bytes::copy_from_slice(text.as_bytes())
}
