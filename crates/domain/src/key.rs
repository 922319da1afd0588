//! An API key as the relay knows it: what it may do, and whose it is.

use crate::{
    budget::Budgets,
    channel::Limits,
    dialect::Dialect,
    ids::{KeyId, TenantId},
};
use ipnet::IpNet;
use std::{net::IpAddr, sync::Arc};

/// A key and the state of its tenant, as of the last change seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRecord {
    /// Which key.
    pub id: KeyId,
    /// Whose.
    pub tenant: TenantId,
    /// Off keys are refused as unknown.
    pub enabled: bool,
    /// Whether the tenant is frozen.
    pub tenant_frozen: bool,
    /// For how many days the tenant's responses are kept; 0: they are not.
    pub response_days: u16,
    /// Milliseconds since 1970 after which it is refused.
    pub expires_at_ms: Option<i64>,
    /// The models it may call; `None`: all.
    pub models: Option<Vec<String>>,
    /// The endpoints it may call ([`Dialect::endpoint`]); `None`: all.
    pub endpoints: Option<Vec<String>>,
    /// The addresses it may come from; `None`: any.
    pub ip_allow: Option<Vec<IpNet>>,
    /// How much it may ask for.
    pub limits: Limits,
    /// How much all keys of its tenant may.
    pub tenant_limits: Limits,
    /// The tenant's group, for rules; empty: none.
    pub tenant_group: Arc<str>,
    /// The hard budgets its requests must fit into.
    pub budgets: Budgets,
}

impl KeyRecord {
    /// Enabled and not expired.
    pub fn is_valid_at(&self, now_ms: i64) -> bool {
        self.enabled && self.expires_at_ms.is_none_or(|expires| now_ms < expires)
    }

    /// Whether the key may name this model.
    pub fn allows_model(&self, model: &str) -> bool {
        self.models.as_ref().is_none_or(|models| models.iter().any(|allowed| allowed == model))
    }

    /// Whether the key may use this dialect's endpoint.
    pub fn allows_endpoint(&self, dialect: Dialect) -> bool {
        self.endpoints.as_ref().is_none_or(|endpoints| endpoints.iter().any(|allowed| allowed == dialect.endpoint()))
    }

    /// Whether the key may be used from this address.
    pub fn allows_address(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.ip_allow.as_ref().is_none_or(|nets| nets.iter().any(|net| net.contains(&address)))
    }
}
