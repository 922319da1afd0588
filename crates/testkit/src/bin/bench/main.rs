//! `make bench`: what governing a request costs, against nginx as a plain proxy in the same run.
//!
//! The gateway under measurement is alone on the first core; this process, with the load and the upstream, keeps to the
//! second. Machines are noisy, so gateways alternate over several rounds and the median of each figure counts. Nothing
//! is written into the tree.

mod figures;
mod mock;
mod nginx;
mod overload;
mod process;
mod sustained;
mod translated;

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use figures::Figures;
use rustix::thread::{CpuSet, sched_setaffinity};
use serde_json::json;
use std::{net::SocketAddr, time::Duration};
use testkit::{api::Api, load, node::Node, size};

/// The gateway's core, as `taskset` takes it.
pub const GATEWAY_CORE: &str = "0";
/// The core of the load and the upstream.
const LOAD_CORE: usize = 1;
/// Connections of the throughput figure.
const CONNECTIONS: usize = 32;
/// Concurrent streams of the TTFT figure.
const STREAMS: usize = 50;

fn main() -> Result<()> {
    let program = std::env::var("TURNPIKE_BIN").context("TURNPIKE_BIN names the release binary to measure")?;
    ensure!(std::thread::available_parallelism()?.get() >= 2, "the measurement needs two cores");
    let mut core = CpuSet::new();
    core.set(LOAD_CORE);
    sched_setaffinity(None, &core)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    tokio::task::LocalSet::new().block_on(&runtime, run(&program))
}

async fn run(program: &str) -> Result<()> {
    let (rounds, seconds) = (size::of("BENCH_ROUNDS", 5), size::of("BENCH_SECONDS", 3) as u64);
    let upstream = mock::start().await?;
    let nginx = nginx::Nginx::start(upstream).await?;
    let governed = Governed::start(program, upstream, &[("MONEY__DURABILITY", "process")]).await?;
    let plain = Requests::new(nginx.address, None);
    let direct = Requests::new(upstream, None);
    let (mut floor, mut ours) = (Vec::new(), Vec::new());
    println!(
        "{rounds} rounds; {seconds} s at each load; medians. Upstream and load on core {LOAD_CORE}, gateway on {GATEWAY_CORE}."
    );
    warm_up(&governed).await?;
    for round in 0..rounds {
        let base = one_connection(upstream, &direct.json, seconds).await?;
        // Alternately first, so that neither always runs on the quieter machine.
        for turn in 0..2 {
            if (round + turn) % 2 == 0 {
                let figures = measure(nginx.address, &plain, base, seconds, || nginx.used()).await?;
                println!("{}", figures::row(&format!("round {}: nginx", round + 1), &figures));
                floor.push(figures);
            } else {
                let figures =
                    measure(governed.address(), &governed.requests, base, seconds, || governed.used()).await?;
                println!("{}", figures::row(&format!("round {}: Turnpike", round + 1), &figures));
                ours.push(figures);
            }
        }
    }
    let (floor, ours) = (figures::medians(&floor), figures::medians(&ours));
    println!("\n{}", figures::head());
    println!("{}", figures::row("nginx, plain proxy", &floor));
    println!("{}\n", figures::row("Turnpike, governed (process)", &ours));
    for verdict in figures::verdicts(&ours, &floor) {
        println!("{verdict}");
    }
    translated::report(&governed, rounds, seconds).await?;
    sustained::report(&governed).await?;
    drop(governed);
    overload::report(program, upstream, seconds).await?;
    power(program, upstream, seconds).await
}

/// The same path with every charge synced to the disk before its answer ends.
async fn power(program: &str, upstream: SocketAddr, seconds: u64) -> Result<()> {
    let governed = Governed::start(program, upstream, &[("MONEY__DURABILITY", "power")]).await?;
    warm_up(&governed).await?;
    let base = one_connection(upstream, &Requests::new(upstream, None).json, seconds).await?;
    let figures = measure(governed.address(), &governed.requests, base, seconds, || governed.used()).await?;
    println!("\n{}\n{}", figures::head(), figures::row("Turnpike, governed (power)", &figures));
    Ok(())
}

/// The requests of the measurements, ready to be written.
#[derive(Debug)]
pub struct Requests {
    /// A chat request.
    pub json: Bytes,
    /// The same, streamed.
    pub stream: Bytes,
    /// The same in Anthropic's dialect.
    pub messages: Bytes,
}

impl Requests {
    fn new(to: SocketAddr, secret: Option<&str>) -> Self {
        const SYSTEM: &str = "You are a helpful assistant that translates English to French.";
        let said = json!({"role": "user", "content": "Hello! How can I help you today?"});
        let request = |stream: bool| {
            let mut body = json!({"model": "gpt-4o", "max_tokens": 100, "messages": [
                {"role": "system", "content": SYSTEM}, said]});
            if stream {
                body["stream"] = json!(true);
                body["stream_options"] = json!({"include_usage": true});
            }
            let request = testkit::http::Request::new("POST", "/v1/chat/completions").body(body.to_string());
            request.bearer(secret.unwrap_or("none")).bytes(to)
        };
        let messages = json!({"model": "gpt-4o", "max_tokens": 100, "system": SYSTEM, "messages": [said]});
        let messages = testkit::http::Request::new("POST", "/v1/messages").body(messages.to_string());
        let messages = messages.bearer(secret.unwrap_or("none")).bytes(to);
        Self { json: request(false), stream: request(true), messages }
    }
}

/// Turnpike with everything that governs a request switched on.
#[derive(Debug)]
pub struct Governed {
    node: Node,
    /// Its management API.
    pub api: Api,
    /// The tenant that pays.
    pub tenant: String,
    /// What is sent to it.
    pub requests: Requests,
}

impl Governed {
    async fn start(program: &str, upstream: SocketAddr, settings: &[(&str, &str)]) -> Result<Self> {
        let mut node = Node::new(program, None)?;
        settings.iter().for_each(|(name, value)| node.set(name, value));
        node.wrap(&["taskset", "-c", GATEWAY_CORE]);
        node.start().await?;
        let api = Api::new(node.address(), &node.token().await?);
        let tenant = api.tenant("bench").await?;
        api.credit(&tenant, "1000000").await?;
        api.price("gpt-4o", &json!({"input": "2.5", "output": "10", "cache_read": "1.25"})).await?;
        api.channel("openai", &format!("http://{upstream}/v1"), "gpt-4o", &json!({})).await?;
        let key = api.key(&tenant, &json!({})).await?;
        let requests = Requests::new(node.address(), Some(&key.secret));
        let served = async || {
            let answer = testkit::bed::chat(&key.secret, "gpt-4o", &json!({})).send(node.address()).await?;
            Ok((answer.status() == 200).then_some(()))
        };
        testkit::wait::until("the gateway to serve", Duration::from_secs(10), served).await?;
        Ok(Self { node, api, tenant, requests })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.node.address()
    }

    fn used(&self) -> Result<process::Used> {
        process::used(self.node.pid().context("the node has ended")?)
    }
}

async fn warm_up(governed: &Governed) -> Result<()> {
    let report =
        load::closed_loop(governed.address(), &governed.requests.json, CONNECTIONS, Duration::from_secs(2)).await?;
    ensure!(report.bad == 0, "the gateway failed {} requests while warming up: {:?}", report.bad, report.example);
    Ok(())
}

/// Median and 99th percentile at one connection, in microseconds.
async fn one_connection(to: SocketAddr, request: &Bytes, seconds: u64) -> Result<(f64, f64)> {
    let report = load::closed_loop(to, request, 1, Duration::from_secs(seconds)).await?;
    ensure!(report.bad == 0, "{} requests failed: {:?}", report.bad, report.example);
    Ok((report.micros(0.5), report.micros(0.99)))
}

async fn measure(
    to: SocketAddr,
    requests: &Requests,
    base: (f64, f64),
    seconds: u64,
    used: impl Fn() -> Result<process::Used>,
) -> Result<Figures> {
    let (p50, p99) = one_connection(to, &requests.json, seconds).await?;
    let before = used()?;
    let many = load::closed_loop(to, &requests.json, CONNECTIONS, Duration::from_secs(seconds)).await?;
    let after = used()?;
    ensure!(many.bad == 0, "{} requests failed: {:?}", many.bad, many.example);
    let streams = load::streams(to, &requests.stream, STREAMS, Duration::from_secs(seconds)).await?;
    ensure!(streams.bad == 0, "{} streams failed: {:?}", streams.bad, streams.example);
    Ok(Figures {
        added_p50: p50 - base.0,
        added_p99: p99 - base.1,
        rate: many.rate(),
        cpu: (after.cpu_ns - before.cpu_ns) as f64 / 1_000.0 / many.good as f64,
        ttft_p50: streams.micros(0.5) / 1_000.0,
        ttft_p99: streams.micros(0.99) / 1_000.0,
        resident: used()?.resident as f64 / 1_048_576.0,
    })
}
