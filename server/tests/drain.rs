//! D1: SIGTERM ends nothing that runs. Live streams come whole, new work is turned away, the process ends with 0 and
//! leaves no lease behind.

use std::time::Duration;
use testkit::{Result, answers, bed::Bed, database::Kind, ensure, http::Request, json, run::figure, wait::until};
use tokio::task::JoinSet;

testkit::on_both_databases!(d1_sigterm_lets_live_streams_come_whole_and_leaves_nothing);

const STREAMS: usize = 100;
const WORDS: usize = 60;

async fn d1_sigterm_lets_live_streams_come_whole_and_leaves_nothing(program: &str, kind: Kind) -> Result<()> {
    let mut bed = Bed::start(program, kind).await?;
    let events = answers::chat_events("long", WORDS, 5, WORDS as u64);
    bed.upstream.on_model("long", answers::stream(events.clone(), Duration::from_millis(25)));
    bed.model("long", "openai", &json!({"input": "0", "output": "1"})).await?;
    let whole = events.concat();
    let mut streams = JoinSet::new();
    for _ in 0..STREAMS {
        let body = json!({"stream": true, "stream_options": {"include_usage": true}, "max_tokens": WORDS});
        let (request, address) = (bed.chat("long", &body), bed.node.address());
        streams.spawn(async move { request.send(address).await });
    }
    let live = async || Ok((bed.upstream.served() == STREAMS as u64).then_some(()));
    until("every stream to be live", Duration::from_secs(20), live).await?;

    bed.node.signal(testkit::node::TERM)?;
    let unready = async || {
        let probe = Request::new("GET", "/readyz").send(bed.node.address()).await;
        Ok((!probe.is_ok_and(|answer| answer.status() == 200)).then_some(()))
    };
    until("/readyz to say no", Duration::from_secs(5), unready).await?;
    while let Some(answer) = streams.join_next().await {
        let answer = answer??;
        ensure!(answer.status() == 200 && answer.body == whole, "D1: a stream was not whole: {}", answer.text());
    }
    let status = bed.node.ended(Duration::from_secs(20)).await?;
    ensure!(status.success(), "D1: ended with {status}: {}", bed.node.printed());

    let books = "SELECT CAST(SUM(leased) AS BIGINT), (SELECT CAST(COALESCE(SUM(sale), 0) AS BIGINT) FROM usage_events)
        FROM accounts";
    let reader = bed.reader().await?;
    let sums = reader.integers(books).await?;
    let expected = i64::try_from(STREAMS * WORDS * 1_000)?;
    ensure!(sums == [0, expected], "D1: leased and charged after the end: {sums:?}, expected [0, {expected}]");
    bed.node.reconcile().await?;
    figure(&format!(
        "D1 {kind:?}: {STREAMS} of {STREAMS} live streams whole after SIGTERM, exit 0, nothing leased, difference 0"
    ));
    Ok(())
}
