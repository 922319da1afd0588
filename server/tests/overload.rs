//! L2: twice the load that saturates the relay still gets nearly all of its goodput, and what is refused is refused at once.
//! L3: what a caller who does not read costs the relay.

use std::time::Duration;
use testkit::{
    Context, Result, answers,
    bed::Bed,
    database::Kind,
    ensure,
    http::Open,
    json, load,
    run::figure,
    size,
    upstream::{Play, Script},
    wait::until,
};

/// Of quiet streams and stalled ones in L3.
const TURNS: usize = 2;

testkit::on_a_node!(
    l2_past_the_bound_of_work_in_flight_a_request_is_refused_at_once_with_the_time_to_come_back,
    l2_twice_the_saturating_load_keeps_its_goodput,
    l3_a_reader_who_stalls_costs_little,
);

async fn l2_past_the_bound_of_work_in_flight_a_request_is_refused_at_once_with_the_time_to_come_back(
    program: &str,
) -> Result<()> {
    let bed = Bed::with(program, Kind::Sqlite, &[("RELAY__MAX_IN_FLIGHT", "4")], "100").await?;
    bed.upstream.on_model("held", Script::BlackHole);
    bed.upstream.on_model("quick", answers::chat("quick", 5, 3));
    bed.model("held", "openai", &json!({"input": "1", "output": "1"})).await?;
    bed.model("quick", "openai", &json!({"input": "1", "output": "1"})).await?;
    let mut held = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let (request, to) = (bed.chat("held", &json!({"max_tokens": 5})), bed.node.address());
        held.spawn(async move { request.send(to).await });
    }
    let refused = until("the bound to be met", Duration::from_secs(10), async || {
        let answer = bed.send(&bed.chat("quick", &json!({"max_tokens": 5}))).await?;
        // One of the four may have been refused itself, for the sake of the last quick one.
        let (request, to) = (bed.chat("held", &json!({"max_tokens": 5})), bed.node.address());
        held.spawn(async move { request.send(to).await });
        Ok((answer.status() == 503).then_some(answer))
    })
    .await?;
    ensure!(refused.head.header("retry-after") == Some("1"), "{}", refused.text());
    ensure!(refused.text().contains("overloaded"), "{}", refused.text());
    // The console and the management API go on.
    bed.api.get("/tenants").await?;
    held.abort_all();
    until("places to be free again", Duration::from_secs(60), async || {
        let answer = bed.send(&bed.chat("quick", &json!({"max_tokens": 5}))).await?;
        Ok((answer.status() == 200).then_some(()))
    })
    .await
}

async fn l2_twice_the_saturating_load_keeps_its_goodput(program: &str) -> Result<()> {
    twice_as_much(program, "as installed", &[]).await?;
    twice_as_much(program, "at most 64 at once", &[("RELAY__MAX_IN_FLIGHT", "64")]).await
}

async fn twice_as_much(program: &str, name: &str, settings: &[(&str, &str)]) -> Result<()> {
    let seconds = Duration::from_secs(size::of("L2_SECONDS", 2) as u64);
    let bed = Bed::with(program, Kind::Sqlite, settings, "100000").await?;
    bed.upstream.remember(false);
    bed.upstream.on_model("busy", answers::chat("busy", 5, 3));
    bed.model("busy", "openai", &json!({"input": "1", "output": "1"})).await?;
    let request = bed.chat("busy", &json!({"max_tokens": 5})).bytes(bed.node.address());
    let saturated = load::closed_loop(bed.node.address(), &request, 32, seconds).await?;
    let twice = (saturated.rate() * 2.0) as u32;
    let over = load::paced(bed.node.address(), &request, 256, twice, seconds).await?;
    let goodput = over.rate() / saturated.rate();
    figure(&format!(
        "L2, {name}: {:.0} a second saturate; at {twice} a second {:.0} % of that are served, p99 {:.1} ms; {} refused, p99 after {:.1} ms",
        saturated.rate(),
        goodput * 100.0,
        over.micros(0.99) / 1_000.0,
        over.bad,
        over.refused.value_at_quantile(0.99) as f64 / 1_000_000.0
    ));
    ensure!(over.example.as_deref().is_none_or(|seen| seen == "status 503"), "L2: {:?}", over.example);
    ensure!(goodput > 0.0 && saturated.bad == 0, "L2: {:?}", saturated.example);
    bed.books_agree().await
}

/// Bytes of memory that are the process's own.
fn resident(pid: u32) -> Result<i64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find(|line| line.starts_with("RssAnon:")).context("no RssAnon")?;
    let kib: i64 = line.split_whitespace().nth(1).context("no number")?.parse()?;
    Ok(kib << 10)
}

async fn l3_a_reader_who_stalls_costs_little(program: &str) -> Result<()> {
    let readers = size::of("L3_READERS", 100);
    // Streams that nobody reads any more end at once, so that the books can be looked at; and not before that.
    let hour = "3600000";
    let settings = [("RELAY__CALLER_LEFT_MS", "0"), ("RELAY__IDLE_TIMEOUT_MS", hour), ("SERVER__WRITE_STALL_MS", hour)];
    let mut bed = Bed::with(program, Kind::Sqlite, &settings, "10").await?;
    // What the allocator has back goes back to the system at once: its reserve is no stream's.
    bed.node.stop().await?;
    bed.node.wrap(&["env", "MIMALLOC_PURGE_DELAY=0"]);
    bed.node.start().await?;
    stream_models(&bed).await?;
    let pid = bed.node.pid().context("the node runs")?;
    let mut open = Vec::new();
    // One endless stream makes what is made once and is no stream's own (the vocabulary its tokens are counted with is
    // 20 MB); the first quiet ones do the rest of that.
    grown(&bed, pid, "endless", 1, &mut open).await?;
    grown(&bed, pid, "quiet", readers, &mut open).await?;
    // What a stream costs that holds nothing back, and what one costs whose reader stalls; by turns, since an allocator
    // takes memory in steps.
    let (mut live, mut stuck) = (0, 0);
    for _ in 0..TURNS {
        live += grown(&bed, pid, "quiet", readers, &mut open).await?;
        stuck += grown(&bed, pid, "endless", readers, &mut open).await?;
    }
    let each = |bytes: i64| bytes / (TURNS * readers) as i64;
    let buffered = each(stuck - live);
    figure(&format!(
        "L3: {} readers who stall in streams of 8 MiB: {} KiB buffered each, beside {} KiB of any live stream",
        TURNS * readers,
        buffered >> 10,
        each(live) >> 10
    ));
    ensure!(buffered <= 64 << 10, "L3: {buffered} bytes each");
    drop(open);
    bed.books_agree().await
}

/// `endless`: eight MiB of events, as quickly as they are taken. `quiet`: one event, and then none for as long as the test
/// lasts.
async fn stream_models(bed: &Bed) -> Result<()> {
    let word = "w".repeat(1_000);
    let mut events = answers::chat_events("endless", 1, 5, 3);
    let one = events.get(1).cloned().context("an event of content")?;
    let one = String::from_utf8(one.to_vec())?.replacen("\"content\":\"", &format!("\"content\":\"{word}"), 1);
    events.splice(1..1, std::iter::repeat_n(one.into(), 8_000));
    bed.upstream.on_model("endless", Script::Answer(Play::events(events, Duration::ZERO)));
    let word_first = answers::chat_events("quiet", 1, 5, 3).split_off(1);
    bed.upstream.on_model("quiet", Script::Answer(Play::events(word_first, Duration::from_secs(3_600))));
    for model in ["endless", "quiet"] {
        bed.model(model, "openai", &json!({"input": "0", "output": "0.001"})).await?;
    }
    Ok(())
}

/// By how many bytes the process grows when so many streams are opened, read once and left alone.
async fn grown(bed: &Bed, pid: u32, model: &str, streams: usize, open: &mut Vec<Open>) -> Result<i64> {
    let before = resident(pid)?;
    let request = bed.chat(model, &json!({"stream": true, "max_tokens": 4_000_000}));
    for _ in 0..streams {
        let mut stream = request.open(bed.node.address()).await?;
        stream.piece().await?;
        open.push(stream);
    }
    // Whatever is going to be buffered is, once the upstream is stuck too: it has not grown for many looks.
    let (mut most, mut looks) = (0, 0);
    until("memory to grow no more", Duration::from_secs(120), async || {
        let now = resident(pid)?;
        looks = if now > most { 0 } else { looks + 1 };
        most = now.max(most);
        Ok((looks > 200).then_some(now - before))
    })
    .await
}
