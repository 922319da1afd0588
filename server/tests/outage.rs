//! What goes on when something goes away: the database (C4), the space on the disk (C6).

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};
use testkit::{
    Context, Result, answers,
    bed::Bed,
    database::{Database, Kind},
    ensure, json,
    node::Node,
    room::Room,
    run::figure,
    size,
    wait::until,
};
use tokio::task::JoinSet;

testkit::on_a_node!(
    c4_requests_flow_while_the_database_is_away,
    c4_requests_flow_while_the_database_is_silent,
    c6_a_full_disk_stops_admission_cleanly_and_corrupts_nothing,
);

/// Callers at a time.
const CALLERS: usize = 16;

async fn c4_requests_flow_while_the_database_is_away(program: &str) -> Result<()> {
    let seconds = size::of("C4_SECONDS", 30);
    outage(program, "stopped", seconds, async |server| server.away().await, async |server| server.resume().await).await
}

async fn c4_requests_flow_while_the_database_is_silent(program: &str) -> Result<()> {
    let seconds = size::of("C4_SILENT_SECONDS", 10);
    outage(program, "silent", seconds, async |server| server.freeze(), async |server| server.thaw()).await
}

async fn outage(
    program: &str,
    how: &str,
    seconds: usize,
    away: impl AsyncFnOnce(&testkit::postgres::Postgres) -> Result<()>,
    back: impl AsyncFnOnce(&testkit::postgres::Postgres) -> Result<()>,
) -> Result<()> {
    let mut bed = Bed::with(program, Kind::Postgres, &[], "100000").await?;
    bed.upstream.remember(false);
    bed.upstream.on_model("steady", answers::chat("steady", 10, 10));
    bed.model("steady", "openai", &json!({"input": "1", "output": "1"})).await?;
    let Database::Postgres { server, .. } = bed.database.clone() else { testkit::bail!("not on PostgreSQL") };
    let stop = Arc::new(AtomicBool::new(false));
    let mut callers = callers(&bed, &stop);
    // A lease covers a minute of recent spend: traffic has to be a few seconds old to have one.
    let begun = Instant::now();
    let warm = async || {
        let rows = bed.api.usage("").await?.len();
        Ok((rows > 50 && begun.elapsed() > Duration::from_secs(5)).then_some(()))
    };
    until("load to flow", Duration::from_secs(20), warm).await?;

    let gone = Instant::now();
    away(&server).await?;
    let mut ready = 0;
    let mut tick = tokio::time::interval(Duration::from_millis(500));
    while gone.elapsed() < Duration::from_secs(seconds as u64) {
        tick.tick().await;
        let probe = testkit::http::Request::new("GET", "/readyz").send(bed.node.address()).await?;
        ensure!(probe.status() == 200, "C4: /readyz while the database is {how}: {}", probe.text());
        ready += 1;
    }
    back(&server).await?;
    let returned = Instant::now();
    stop.store(true, Ordering::Relaxed);
    let mut served = 0;
    while let Some(caller) = callers.join_next().await {
        served += caller??;
    }
    // Counted by the database: reading all rows over and over would be a load of its own.
    let reader = bed.reader().await?;
    let drained = async || {
        let count = reader.integer("SELECT COUNT(*) FROM usage_events").await?;
        Ok((count == i64::try_from(served)?).then_some(()))
    };
    until(&format!("{served} rows after the database's return"), Duration::from_secs(30), drained).await?;
    let took = returned.elapsed();
    bed.books_agree().await?;
    ensure!(took <= Duration::from_secs(5), "C4: the backlog took {took:?} to drain");
    figure(&format!(
        "C4 {how} for {seconds} s: {served} requests, 0 failed, {ready} times ready, drained in {took:?}, difference 0"
    ));
    bed.node.stop().await
}

/// Callers that count answers and fail on the first that is not 200.
fn callers(bed: &Bed, stop: &Arc<AtomicBool>) -> JoinSet<Result<usize>> {
    let mut callers = JoinSet::new();
    for _ in 0..CALLERS {
        let (request, address, stop) =
            (bed.chat("steady", &json!({"max_tokens": 10})), bed.node.address(), stop.clone());
        callers.spawn(async move {
            let begun = Instant::now();
            let mut served = 0;
            // A fixed pace, about 300 a second in all: the outage is the subject, not the throughput, and a lease covers
            // a minute of the spend there was before it.
            let mut pace = tokio::time::interval(Duration::from_millis(50));
            while !stop.load(Ordering::Relaxed) {
                pace.tick().await;
                let answer = request.send(address).await?;
                let said = || format!("{} {} after {:?}", answer.status(), answer.text(), begun.elapsed());
                ensure!(answer.status() == 200, "C4: a request failed: {}", said());
                served += 1;
            }
            Ok(served)
        });
    }
    callers
}

async fn c6_a_full_disk_stops_admission_cleanly_and_corrupts_nothing(program: &str) -> Result<()> {
    let Some(room) = Room::new(48).await? else {
        figure("C6: no file system of its own could be made here (neither root nor user namespaces); not run");
        return Ok(());
    };
    let mut node = Node::new(program, None)?;
    node.data_at(&room.path().join("data"));
    std::fs::create_dir_all(node.data())?;
    node.set("MONEY__JOURNAL_SEGMENT_MIB", "4");
    node.start().await?;
    let mut bed = Bed::on(node, Database::Sqlite, "1000").await?;
    bed.upstream.remember(false);
    bed.upstream.on_model("steady", answers::chat("steady", 10, 10));
    bed.model("steady", "openai", &json!({"input": "1", "output": "1"})).await?;
    let request = bed.chat("steady", &json!({"max_tokens": 10}));
    let mut delivered = 0;
    for _ in 0..20 {
        ensure!(bed.send(&request).await?.status() == 200, "before the disk was full");
        delivered += 1;
    }

    let filler = room.fill()?;
    let refused = async || {
        let answer = bed.send(&request).await?;
        match answer.status() {
            200 => delivered += 1,
            503 => {
                testkit::refused::check(
                    "a full disk",
                    testkit::oracle::Family::OpenaiChat,
                    &answer,
                    503,
                    "overloaded",
                )?;
                ensure!(answer.head.header("retry-after").is_some(), "C6: a 503 without retry-after");
                return Ok(Some(()));
            }
            status => testkit::bail!("C6: {status} {}", answer.text()),
        }
        Ok(None)
    };
    until("admission to stop", Duration::from_secs(60), refused).await?;
    ensure!(bed.send(&request).await?.status() == 503, "C6: admission goes on with the disk full");
    let alive = testkit::http::Request::new("GET", "/healthz").send(bed.node.address()).await?;
    ensure!(alive.status() == 200, "C6: the node is not alive");

    std::fs::remove_file(filler)?;
    bed.node.kill().await?;
    bed.node.start().await.context("C6: starting again on the files the full disk left")?;
    let answer = bed.send(&request).await?;
    ensure!(answer.status() == 200, "C6: with room again: {} {}", answer.status(), answer.text());
    delivered += 1;
    let rows = bed.rows(delivered).await?;
    ensure!(rows.iter().all(|row| row.get("cost_usd").is_some_and(|cost| cost == "0.00002")), "C6: {rows:?}");
    bed.books_agree().await?;
    figure(&format!(
        "C6: {delivered} delivered and charged, then 503 overloaded with the disk full; difference 0 after a restart"
    ));
    bed.node.stop().await
}
