//! What the way through another dialect costs: Messages callers of an upstream that speaks Chat, beside Chat callers of the
//! same upstream through the same node.

use crate::{CONNECTIONS, Governed, figures::median};
use anyhow::{Result, ensure};
use bytes::Bytes;
use std::time::Duration;
use testkit::load;

/// Of the same-dialect rate.
const GOAL: f64 = 0.70;

/// Measures both by turns and prints the medians.
pub async fn report(governed: &Governed, rounds: usize, seconds: u64) -> Result<()> {
    let (mut own, mut other) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        own.push(rate(governed, &governed.requests.json, seconds).await?);
        other.push(rate(governed, &governed.requests.messages, seconds).await?);
    }
    let (own, other) = (median(own), median(other));
    let ratio = other / own;
    let verdict = if ratio >= GOAL { "met" } else { "MISSED" };
    println!(
        "\ntranslated: Messages over Chat {other:.0} RPS, Chat over Chat {own:.0} RPS: {ratio:.2}, goal ≥ {GOAL:.2}: {verdict}"
    );
    Ok(())
}

async fn rate(governed: &Governed, request: &Bytes, seconds: u64) -> Result<f64> {
    let report = load::closed_loop(governed.address(), request, CONNECTIONS, Duration::from_secs(seconds)).await?;
    ensure!(report.bad == 0, "{} requests failed: {:?}", report.bad, report.example);
    Ok(report.rate())
}
