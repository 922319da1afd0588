//! How much can go on for ever: the highest paced rate at which the backlog (settled, not yet posted to the ledger)
//! stays flat, and how long the rest takes to drain afterwards.

use crate::Governed;
use anyhow::{Result, ensure};
use std::time::{Duration, Instant};
use testkit::{load, size};

/// Connections of the paced load.
const CONNECTIONS: usize = 64;
/// Rates tried, from what goals.md asks upwards and downwards.
const RATES: [u32; 7] = [2_500, 5_000, 7_500, 10_000, 12_500, 15_000, 20_000];
/// The place of the first rate tried.
const FIRST: usize = 3;

/// One paced run.
struct Held {
    rate: f64,
    verdict: Verdict,
    drained: Duration,
    /// Requests settled and not yet posted at the end.
    backlog: i128,
}

/// What a rate did.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Flat,
    Growing,
    NotReached,
}

impl Verdict {
    fn word(self) -> &'static str {
        match self {
            Self::Flat => "flat",
            Self::Growing => "growing",
            Self::NotReached => "the rate was not reached",
        }
    }
}

/// Finds and prints the sustained rate.
pub async fn report(governed: &Governed) -> Result<()> {
    let seconds = size::of("BENCH_SUSTAINED", 60) as u64;
    drained(governed).await?;
    let mut best = None;
    let mut at = FIRST;
    while let Some(rate) = RATES.get(at) {
        let held = hold(governed, *rate, seconds).await?;
        println!(
            "  paced at {rate}/s for {seconds} s: {:.0}/s served, backlog {} requests at the end ({}), drained in {:.1} s",
            held.rate,
            held.backlog,
            held.verdict.word(),
            held.drained.as_secs_f64()
        );
        let (was_flat, rate) = (held.verdict == Verdict::Flat, held.rate);
        if was_flat {
            best = Some(rate);
        }
        let climbing = at >= FIRST;
        match (was_flat, climbing) {
            (true, true) => at += 1,
            (false, _) if at > 0 && best.is_none() => at -= 1,
            _ => break,
        }
    }
    match best {
        Some(rate) => println!(
            "  {} sustained rate {rate:.0}/s   goal ≥ 10 000",
            if rate >= 9_900.0 { "met   " } else { "MISSED" }
        ),
        None => println!("  MISSED sustained rate: none of the rates tried could be held"),
    }
    Ok(())
}

async fn pending(governed: &Governed) -> Result<i128> {
    Ok(governed.api.balance(&governed.tenant).await?.pending)
}

async fn drained(governed: &Governed) -> Result<Duration> {
    let begun = Instant::now();
    let gone = async || Ok((pending(governed).await? == 0).then_some(()));
    testkit::wait::until("the backlog to drain", Duration::from_secs(600), gone).await?;
    Ok(begun.elapsed())
}

async fn hold(governed: &Governed, rate: u32, seconds: u64) -> Result<Held> {
    let duration = Duration::from_secs(seconds);
    let (to, request) = (governed.address(), &governed.requests.json);
    let watch = async {
        let begun = Instant::now();
        let mut tick = tokio::time::interval(Duration::from_millis(500));
        let mut readings = Vec::new();
        while begun.elapsed() < duration {
            tick.tick().await;
            readings.push(pending(governed).await?);
        }
        anyhow::Ok(readings)
    };
    let (report, readings) = tokio::join!(load::paced(to, request, CONNECTIONS, rate, duration), watch);
    let (report, readings) = (report?, readings?);
    ensure!(report.bad == 0, "{} requests failed: {:?}", report.bad, report.example);
    let drained = drained(governed).await?;
    let cost = cost_of_one(governed).await?.max(1);
    let backlog = readings.last().copied().unwrap_or(0) / cost;
    // Flat: the last third holds no more than the middle third did, give or take a second's worth of requests.
    let third = readings.len() / 3;
    let highest =
        |from: usize, to: usize| readings.get(from..to).unwrap_or_default().iter().max().copied().unwrap_or(0);
    let second = cost * i128::from(rate);
    let verdict = match report.rate() >= f64::from(rate) * 0.97 {
        false => Verdict::NotReached,
        true if highest(2 * third, readings.len()) <= highest(third, 2 * third) + second => Verdict::Flat,
        true => Verdict::Growing,
    };
    Ok(Held { rate: report.rate(), verdict, drained, backlog })
}

/// What one request costs, in nano-USD.
async fn cost_of_one(governed: &Governed) -> Result<i128> {
    let rows = governed.api.get("/usage?limit=1").await?;
    let cost = rows.pointer("/data/0/cost_usd").and_then(serde_json::Value::as_str).unwrap_or("0");
    testkit::amount::nano(cost)
}
