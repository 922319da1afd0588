//! L2 of goals.md, the gateway on a core of its own: twice the load that saturates it, as installed and with a low bound of
//! work in flight, so that what is refused is refused at once is seen too.

use crate::Governed;
use anyhow::{Result, ensure};
use std::{net::SocketAddr, time::Duration};
use testkit::load;

/// Connections that saturate it, and those of twice the load.
const SATURATING: usize = 32;
const TWICE: usize = 128;
/// The low bound.
const BOUND: &str = "32";

/// Measures and prints both.
pub async fn report(program: &str, upstream: SocketAddr, seconds: u64) -> Result<()> {
    for (name, settings) in [("as installed", &[][..]), ("at most 32 at once", &[("RELAY__MAX_IN_FLIGHT", BOUND)][..])]
    {
        let governed = Governed::start(program, upstream, settings).await?;
        let (to, request) = (governed.address(), &governed.requests.json);
        let seconds = Duration::from_secs(seconds);
        let saturated = load::closed_loop(to, request, SATURATING, seconds).await?;
        ensure!(saturated.bad == 0, "{} requests failed: {:?}", saturated.bad, saturated.example);
        let over = load::paced(to, request, TWICE, (saturated.rate() * 2.0) as u32, seconds).await?;
        ensure!(over.example.as_deref().is_none_or(|seen| seen == "status 503"), "{:?}", over.example);
        let goodput = over.rate() / saturated.rate();
        let refused = over.refused.value_at_quantile(0.99) as f64 / 1_000_000.0;
        let met = |met| if met { "met   " } else { "MISSED" };
        println!(
            "  {} L2, {name}: {:.0}/s saturate; of twice that {:.0} % are served (goal ≥ 90 %), {} refused, p99 after {refused:.1} ms \
             (goal ≤ 10)",
            met(goodput >= 0.9 && refused <= 10.0),
            saturated.rate(),
            goodput * 100.0,
            over.bad
        );
    }
    Ok(())
}
