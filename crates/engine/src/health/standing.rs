//! What can be said of a credential and model: whether it may be tried, how it did, what turned.

use domain::ids::{ChannelId, CredentialId};
use tokio::time::Instant;

/// A channel's credential; `None` for a channel that has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Place {
    /// The channel.
    pub channel: ChannelId,
    /// Its credential.
    pub credential: Option<CredentialId>,
}

/// Why it may not be tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shut {
    /// Its breaker is open.
    Breaker,
    /// It is over a limit of its provider.
    Rate,
    /// It failed, and said when to come back.
    Resting,
    /// Its credential was refused.
    Credential,
    /// The upstream has no such model.
    ModelMissing,
}

impl Shut {
    /// The word in the API and in decisions.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Breaker => "open",
            Self::Rate => "cooling",
            Self::Resting => "resting",
            Self::Credential => "refused",
            Self::ModelMissing => "model_missing",
        }
    }
}

/// Whether it may be tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It may.
    Ready,
    /// One attempt may, to see whether it is back.
    Probe,
    /// Not before this.
    Shut(Shut, Instant),
}

impl Standing {
    /// The word in the API and in decisions.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Probe => "probe",
            Self::Shut(why, _) => why.as_str(),
        }
    }
}

/// How it did of late; `None` where nothing is remembered.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Figures {
    /// Share of attempts that served, [`PRESUMED`] more presumed to have: a few failures of few attempts say little, and the
    /// breaker has its own eye on those that come one after the other.
    pub success: Option<f64>,
    /// To the first meaningful byte, mean, microseconds.
    pub ttft_us: Option<f64>,
    /// The same, 95th percentile.
    pub ttft_p95_us: Option<u64>,
    /// Output tokens a second after the first byte.
    pub tokens_per_second: Option<f64>,
    /// Attempts remembered.
    pub attempts: f64,
    /// Requests there now.
    pub in_flight: u32,
    /// Whether several wait there for longer than is usual: it may be a black hole, long before a timeout says so.
    pub silent: bool,
}

/// What happened to a slot that people should know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Turn {
    /// The breaker opened.
    Opened,
    /// It closed again.
    Closed,
    /// A limit of the provider's was met.
    Cooling,
    /// The credential is off.
    CredentialOff,
    /// It is back.
    CredentialBack,
    /// The upstream has no such model.
    ModelMissing,
}
