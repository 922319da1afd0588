//! The relay's limits, each explicit. A channel's own timeouts come before these.

use crate::routing::Weights;
use std::time::Duration;

/// Sizes and times of the relay; `[relay]` of the configuration.
#[derive(Debug, Clone)]
pub struct RelayConfig {
    /// Connecting to an upstream, TLS included.
    pub connect_timeout: Duration,
    /// From a streamed attempt's start to its first meaningful event.
    pub first_token_timeout: Duration,
    /// Between two pieces of an answer.
    pub idle_timeout: Duration,
    /// As `first_token_timeout`, for a model that may think for long before its first word.
    pub first_token_timeout_thinking: Duration,
    /// A whole request, all attempts.
    pub total_timeout: Duration,
    /// Attempts for one request.
    pub max_attempts: usize,
    /// An attempt that failed slower than this leaves room for one more only.
    pub slow_failure: Duration,
    /// How long an upstream is read on after its caller left.
    pub drain_after_caller_left: Duration,
    /// How many such drains may run at once; past it the upstream is cancelled and the usage counted.
    pub max_drains: usize,
    /// The largest JSON answer that is buffered, in bytes.
    pub max_answer: usize,
    /// Meaningless events held back before a stream's head is sent.
    pub max_held_events: u64,
    /// Bytes of meaningless events held back.
    pub max_held_bytes: usize,
    /// Requests at once; more are refused at once.
    pub max_in_flight: usize,
    /// What the terms of the balanced strategy weigh.
    pub weights: Weights,
    /// Where chance comes from, for simulations; `None`: anywhere.
    pub seed: Option<u64>,
}

impl Default for RelayConfig {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(2),
            first_token_timeout: Duration::from_secs(30),
            first_token_timeout_thinking: Duration::from_secs(120),
            idle_timeout: Duration::from_secs(120),
            total_timeout: Duration::from_secs(30 * 60),
            max_attempts: 3,
            slow_failure: Duration::from_secs(10),
            drain_after_caller_left: Duration::from_secs(30),
            max_drains: 2_048,
            max_answer: 64 << 20,
            max_held_events: 64,
            max_held_bytes: 256 << 10,
            max_in_flight: 20_000,
            weights: Weights::default(),
            seed: None,
        }
    }
}
