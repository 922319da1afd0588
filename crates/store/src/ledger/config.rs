//! How money is kept on a node.

use crate::journal::Durability;
use domain::money::NanoUsd;
use std::time::Duration;

/// How money is kept on this node.
#[derive(Debug, Clone)]
pub struct LedgerConfig {
    /// When a charge counts as durable.
    pub durability: Durability,
    /// Set aside for one segment of the journal.
    pub segment_bytes: u64,
    /// Drained segments are kept so many days.
    pub journal_days: u32,
    /// The least that is drawn from a wallet.
    pub lease_min: NanoUsd,
    /// How many seconds of recent spend a lease covers.
    pub lease_seconds: u32,
    /// How long a lease lives without a renewal; renewed four times in that.
    pub lease_lifetime: Duration,
    /// When a node that does not renew is given up.
    pub lost_node_after: Duration,
    /// Whether the drain leaves the core to the relay while that is busy.
    pub drain_yields: bool,
}

impl Default for LedgerConfig {
    fn default() -> Self {
        Self {
            durability: Durability::Process,
            segment_bytes: 64 << 20,
            journal_days: 7,
            lease_min: NanoUsd(10_000_000),
            lease_seconds: 60,
            lease_lifetime: Duration::from_secs(120),
            lost_node_after: Duration::from_secs(3600),
            drain_yields: true,
        }
    }
}
