//! Two nodes and one wallet, on PostgreSQL: at its end, with streams that grow on both; and while one of the nodes is cut off
//! from the database for so long that the other one takes it for lost.

use std::time::Duration;
use testkit::{
    Context, Result, amount, answers,
    api::Row,
    auditor::Auditor,
    bed::Bed,
    chaos::{Chaos, Weather},
    crash::{self, Load},
    database::{Database, Kind, Reader},
    ensure,
    http::Request,
    json,
    node::Node,
    run::figure,
    size,
    upstream::{Play, Script},
    wait::until,
};
use tokio::task::JoinSet;

testkit::on_a_node!(
    a_wallet_at_its_end_ends_streams_properly_and_is_never_overdrawn,
    a_node_cut_off_from_its_database_costs_nobody_a_cent,
);

/// Tokens of one event, and events of one stream: three times a hold is extended, by 4 096 tokens each.
const TOKENS: usize = 64;
const EVENTS: usize = 200;
/// Price of a token in nano-USD; input is free.
const TOKEN: i128 = 1_000;
/// A model whose vocabulary is known, so that what was delivered of a stream is counted exactly.
const MODEL: &str = "gpt-4o";

async fn nothing_written_off(reader: &Reader) -> Result<()> {
    let written_off = "SELECT CAST(COALESCE(SUM(posted), 0) AS BIGINT) FROM accounts WHERE kind = 'writeoff'";
    let written_off = reader.integer(written_off).await?;
    ensure!(written_off == 0, "{written_off} nano-USD are written off");
    Ok(())
}

/// What came of one stream.
#[derive(Debug)]
enum Came {
    /// All of it.
    Whole(String),
    /// So many tokens, then an event that says that the balance does not suffice.
    Ended(String, usize),
    /// 402 at once.
    Refused,
}

async fn a_wallet_at_its_end_ends_streams_properly_and_is_never_overdrawn(program: &str) -> Result<()> {
    let bed = Bed::with(program, Kind::Postgres, &[], "0").await?;
    let mut other = bed.second_node(program).await?;
    let streams = size::of("WALLET_STREAMS", 40);
    // Every stream can begin; for all extensions nearly twice as much would be needed. A third of it is credit.
    let usd = |thousandths: usize| format!("{}.{:03}", thousandths / 1_000, thousandths % 1_000);
    bed.api.credit(&bed.tenant, &usd(streams * 6)).await?;
    bed.api.patch(&format!("/tenants/{}", bed.tenant), &json!({"credit_limit": usd(streams * 3)})).await?;
    bed.upstream.remember(false);
    bed.upstream.on_model(MODEL, growing());
    bed.model(MODEL, "openai", &json!({"input": "0", "output": "1"})).await?;
    bed.known_at(other.address()).await?;

    let auditor = Auditor::start(bed.reader().await?);
    let request = bed.chat(MODEL, &json!({"stream": true, "max_tokens": 20_000}));
    let mut callers = JoinSet::new();
    for address in [bed.node.address(), other.address()].into_iter().cycle().take(streams) {
        let request = request.clone();
        callers.spawn(async move { stream(&request, address).await });
    }
    let mut came = Vec::new();
    while let Some(one) = callers.join_next().await {
        came.push(one??);
    }
    other.settled().await?;
    bed.books_agree().await?;
    let (whole, ended, refused) = judge(&came, &bed.api.usage("").await?)?;
    ensure!(ended > 0, "no stream came to the end of the wallet: {came:?}");
    nothing_written_off(&bed.reader().await?).await?;
    let reads = auditor.finish()?;
    let left = bed.api.balance(&bed.tenant).await?.posted;
    figure(&format!(
        "a wallet's end, 2 nodes: {streams} growing streams, {whole} whole, {ended} ended with insufficient_balance and \
         charged to the token, {refused} refused at once; {left} nano-USD left over a limit of -{}; write-off 0, \
         difference 0, {reads} reads of the books",
        usd(streams * 3)
    ));
    other.stop().await
}

fn growing() -> Script {
    let events = answers::chat_events(MODEL, EVENTS, 8, (EVENTS * TOKENS) as u64);
    let (word, words) = (format!("\"{}\"", answers::WORD), format!("\"{}\"", answers::WORD.repeat(TOKENS)));
    let longer = |event: bytes::Bytes| String::from_utf8_lossy(&event).replace(&word, &words).into();
    Script::Answer(Play::events(events.into_iter().map(longer).collect(), Duration::from_millis(20)))
}

async fn stream(request: &Request, address: std::net::SocketAddr) -> Result<Came> {
    let mut open = request.open(address).await?;
    let (body, proper) = open.remains().await;
    let text = String::from_utf8_lossy(&body);
    ensure!(proper, "a stream was cut: {text}");
    if open.head.status == 402 {
        ensure!(text.contains("insufficient_balance"), "402 for another reason: {text}");
        return Ok(Came::Refused);
    }
    ensure!(open.head.status == 200, "{} {text}", open.head.status);
    let id = open.head.header("x-request-id").context("no request id")?.to_owned();
    let last = text.trim_end().rsplit("\n\n").next().unwrap_or_default();
    if last == "data: [DONE]" {
        return Ok(Came::Whole(id));
    }
    ensure!(last.contains("insufficient_balance"), "a stream ended with {last}");
    Ok(Came::Ended(id, text.matches(answers::WORD).count()))
}

/// How many were delivered whole, ended, and refused, once each was found to be charged for exactly what was delivered.
fn judge(came: &[Came], rows: &[Row]) -> Result<(usize, usize, usize)> {
    let charged = |id: &str| {
        let row = rows.iter().find(|row| row.get("request_id").is_some_and(|request| request == id));
        let row = row.with_context(|| format!("no row of {id}"))?;
        anyhow::Ok((amount::nano(row.get("cost_usd").map_or("", String::as_str))?, row.get("end_state").cloned()))
    };
    let (mut whole, mut ended, mut refused) = (0, 0, 0);
    for one in came {
        let (id, tokens, state) = match one {
            Came::Refused => {
                refused += 1;
                continue;
            }
            Came::Whole(id) => {
                whole += 1;
                (id, EVENTS * TOKENS, "complete")
            }
            Came::Ended(id, tokens) => {
                ended += 1;
                (id, *tokens, "out_of_funds")
            }
        };
        let expected = (i128::try_from(tokens)? * TOKEN, Some(state.to_owned()));
        let charged = charged(id)?;
        ensure!(charged == expected, "{one:?} is charged {charged:?}, not {expected:?}");
    }
    ensure!(rows.len() == whole + ended, "{} rows of {whole} whole and {ended} ended", rows.len());
    Ok((whole, ended, refused))
}

/// How long it may take until a node that is cut off is seen to be, or to be back.
const NOTICED: Duration = Duration::from_secs(60);

async fn a_node_cut_off_from_its_database_costs_nobody_a_cent(program: &str) -> Result<()> {
    // Leases that live as shortly as they may, and a node that is given up soon after.
    let settings = [("MONEY__LEASE_LIFETIME", "10"), ("MONEY__LOST_NODE_AFTER", "2")];
    let mut bed = Bed::with(program, Kind::Postgres, &settings, "1000").await?;
    let Database::Postgres { url, .. } = bed.database.clone() else { testkit::bail!("not on PostgreSQL") };
    let (chaos, url) = Chaos::before_postgres(&url).await?;
    let mut other = bed.second_node_at(program, &url).await?;
    let reader = bed.reader().await?;
    let auditor = Auditor::start(bed.reader().await?);
    let load = Load::start(&bed, &[bed.node.address(), other.address()]).await?;
    let cuts = size::of("PARTITIONS", 1);
    for weather in [Weather::Reset, Weather::BlackHole].into_iter().cycle().take(cuts) {
        load.flows().await?;
        until("both nodes to have a lease", NOTICED, async || Ok((holders(&reader).await? == 2).then_some(()))).await?;
        chaos.weather(weather);
        let refuses = async || Ok((status(&bed, &other).await? == 503).then_some(()));
        until("the node to stop admitting from a lease that runs out", NOTICED, refuses).await?;
        let closed = async || Ok((holders(&reader).await? == 1).then_some(()));
        until("the other node to close its lease", NOTICED, closed).await?;
        load.flows().await?;
        ensure!(status(&bed, &other).await? == 503, "{weather:?}: it admits from a lease that was closed");
        chaos.weather(Weather::Fair);
        until("the node to admit again", NOTICED, async || Ok((status(&bed, &other).await? == 200).then_some(())))
            .await?;
    }
    let judged = load.judge(&bed, Some(&other)).await.with_context(|| other.printed())?;
    nothing_written_off(&reader).await?;
    crash::no_hold_left(&mut bed, Some(&mut other)).await?;
    bed.node.reconcile().await?;
    let reads = auditor.finish()?;
    figure(&format!(
        "a node cut off from its database {cuts} times until its lease was closed: {judged}; nothing held, write-off 0, \
         difference 0; {reads} reads of the books"
    ));
    Ok(())
}

/// How many nodes have leases.
async fn holders(reader: &Reader) -> Result<i64> {
    reader.integer("SELECT COUNT(DISTINCT node_id) FROM leases WHERE state <> 'closed'").await
}

/// What the node answers to a short request.
async fn status(bed: &Bed, node: &Node) -> Result<u16> {
    let request = bed.chat("gpt-4o-whole", &json!({"max_tokens": 150}));
    Ok(request.send(node.address()).await?.status())
}
