//! What happened on the way that people should know: a failover, a breaker that opened, a credential that died. Told to
//! whoever listens, and dropped rather than waited for.

use crate::health::Turn;
use domain::ids::{ChannelId, CredentialId, KeyId, RequestId, TenantId};
use tokio::sync::mpsc;

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// What.
    pub kind: Kind,
    /// By the public name where the request named one, else the upstream's.
    pub model: String,
    /// Where.
    pub channel: Option<ChannelId>,
    /// With which credential.
    pub credential: Option<CredentialId>,
    /// Who was hit.
    pub tenant: Option<TenantId>,
    /// With which key.
    pub key: Option<KeyId>,
    /// In which request.
    pub request: Option<RequestId>,
    /// Words of ours, never an upstream's.
    pub detail: String,
}

impl Notice {
    /// Something that happened to a caller before anything was tried.
    pub(crate) fn of_caller(kind: Kind, tenant: TenantId, key: KeyId, detail: String) -> Self {
        let (tenant, key) = (Some(tenant), Some(key));
        Self { kind, model: String::new(), channel: None, credential: None, tenant, key, request: None, detail }
    }
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A request was served by another candidate than the first one tried.
    Failover,
    /// Nothing served a request.
    AllFailed,
    /// A caller met one of our limits.
    RateLimited,
    /// A budget did not cover a request, or its stream any further.
    BudgetRefused,
    /// A key is used from an address that this node has not seen it at; the detail is the address. No news by itself.
    Address,
    /// Something turned in what is known of an upstream.
    Upstream(Turn),
}

impl Kind {
    /// The word in metrics, events and alerts.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Failover => "failover",
            Self::AllFailed => "all_failed",
            Self::RateLimited => "rate_limited",
            Self::BudgetRefused => "budget_refused",
            Self::Address => "address",
            Self::Upstream(Turn::Opened) => "breaker_opened",
            Self::Upstream(Turn::Closed) => "breaker_closed",
            Self::Upstream(Turn::Cooling) => "upstream_rate_limited",
            Self::Upstream(Turn::CredentialOff) => "credential_off",
            Self::Upstream(Turn::CredentialBack) => "credential_back",
            Self::Upstream(Turn::ModelMissing) => "model_missing",
        }
    }
}

/// Where notices go.
#[derive(Debug, Clone, Default)]
pub struct Notices(Option<mpsc::Sender<Notice>>);

impl Notices {
    /// To this listener.
    pub fn to(listener: mpsc::Sender<Notice>) -> Self {
        Self(Some(listener))
    }

    /// Tells it. A listener that does not keep up misses some, and the metric does not.
    pub(crate) fn tell(&self, notice: impl FnOnce() -> Notice, kind: Kind) {
        metrics::counter!("turnpike_events_total", "kind" => kind.as_str()).increment(1);
        if let Some(Ok(room)) = self.0.as_ref().map(mpsc::Sender::try_reserve) {
            room.send(notice());
        }
    }
}
