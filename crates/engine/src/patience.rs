//! How long an attempt may take: the channel's own timeouts, else the relay's, else what the model's kind needs.

use crate::{config::RelayConfig, health::Standing, routing::Candidate};
use domain::channel::Timeouts;
use std::time::Duration;

/// A probe of something that never answered is given up after this.
const PROBE: Duration = Duration::from_secs(10);
/// And of something that did after four times what most answers take, but not before this.
const PROBE_LEAST: Duration = Duration::from_secs(3);

/// See the module.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    pub connect: Duration,
    /// To the first meaningful event of a stream.
    pub first_token: Duration,
    /// To the head of a whole JSON answer, which upstreams send when they have all of it.
    pub whole: Duration,
    /// Between two pieces.
    pub idle: Duration,
}

impl Patience {
    /// With an attempt on this candidate.
    pub fn with(config: &RelayConfig, candidate: &Candidate) -> Self {
        let own = candidate.channel().timeouts;
        let usual = first_token_timeout(config, &candidate.offer.upstream_model);
        let first_token = own.first_token_ms.map_or(usual, Duration::from_millis);
        let connect = own.connect_ms.map_or(config.connect_timeout, Duration::from_millis);
        let idle = idle(config, &own);
        if !matches!(candidate.standing, Standing::Probe) {
            return Self { connect, first_token, whole: idle, idle };
        }
        // A whole answer may well take longer than a stream's first token, and its caller is not to wait for minutes.
        let whole = idle.min(probing(candidate).max(first_token));
        Self { connect, first_token: first_token.min(probing(candidate)), whole, idle }
    }
}

/// The time to the first token that `config` and the model's kind allow.
fn first_token_timeout(config: &RelayConfig, model: &str) -> Duration {
    if protocol::thinks_first(model) { config.first_token_timeout_thinking } else { config.first_token_timeout }
}

/// A caller whose request is the probe does not wait out the whole timeout for it.
fn probing(candidate: &Candidate) -> Duration {
    candidate.figures.ttft_p95_us.map_or(PROBE, |us| Duration::from_micros(us.saturating_mul(4)).max(PROBE_LEAST))
}

/// Between two pieces of an answer.
pub(crate) fn idle(config: &RelayConfig, own: &Timeouts) -> Duration {
    own.idle_ms.map_or(config.idle_timeout, Duration::from_millis)
}
