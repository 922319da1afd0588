//! Channels, credentials and the snapshot of everything the relay needs to route and price a request.

use crate::{
    dialect::{Dialect, Provider},
    ids::{ChannelId, CredentialId},
    money::Multiplier,
    price::{Price, Schedule},
    route::Route,
    secret::CredentialSecret,
};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

/// A configured way to a provider.
#[derive(Debug, Clone)]
pub struct Channel {
    /// Which.
    pub id: ChannelId,
    /// An admin's name for it.
    pub name: String,
    /// What is at the other end.
    pub provider: Provider,
    /// Where; a URL without a trailing slash. Includes the version path for OpenAI-like providers.
    pub base_url: String,
    /// What it speaks, preferred first; never empty.
    pub dialects: Vec<Dialect>,
    /// Higher comes first.
    pub priority: i32,
    /// Share among equals of one priority.
    pub weight: u32,
    /// How long to wait for what.
    pub timeouts: Timeouts,
    /// Whether it may be at a private or loopback address, if `egress.allow_private` permits that at all.
    pub allow_private_network: bool,
    /// At least one, unless the provider needs none.
    pub credentials: Vec<Credential>,
    /// How it is treated.
    pub settings: ChannelSettings,
    /// The way out, where it is not the straight one.
    pub proxy: Option<Proxy>,
}

/// How a channel is treated.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ChannelSettings {
    /// What rules call it by, besides its name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// Where it is, in the operator's words; rules call it by this too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// How much it may be given.
    #[serde(skip_serializing_if = "Limits::is_none")]
    pub limits: Limits,
    /// Headers of every request to it, by name in lower case.
    #[serde(skip_serializing_if = "Overrides::is_empty")]
    pub headers: Overrides<String>,
    /// Fields of the top level of every JSON body to it.
    #[serde(skip_serializing_if = "Overrides::is_empty")]
    pub params: Overrides<serde_json::Value>,
}

impl Channel {
    /// Whether any of these is its name, its region or one of its tags.
    pub fn is_named(&self, any: &[String]) -> bool {
        let ChannelSettings { tags, region, .. } = &self.settings;
        any.iter().any(|word| *word == self.name || Some(word) == region.as_ref() || tags.contains(word))
    }
}

/// Limits in one minute, or at once; an unset one is none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Requests a minute.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rpm: Option<u32>,
    /// Tokens a minute, input and output.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tpm: Option<u32>,
    /// Requests at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub concurrency: Option<u32>,
}

impl Limits {
    /// Whether nothing is limited.
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

/// A proxy to reach a channel through: `http://`, `socks5://` or `socks5h://`. May hold a password, so it is a secret.
#[derive(Debug, Clone)]
pub struct Proxy(pub CredentialSecret);

/// What is put in place of what a caller sent: always, only where the caller sent nothing, or not at all.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default, bound(serialize = "T: Serialize", deserialize = "T: Deserialize<'de>"))]
pub struct Overrides<T> {
    /// Always so.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub set: BTreeMap<String, T>,
    /// So where it is not there.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub default: BTreeMap<String, T>,
    /// Taken away.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub remove: Vec<String>,
}

impl<T> Default for Overrides<T> {
    fn default() -> Self {
        Self { set: BTreeMap::new(), default: BTreeMap::new(), remove: Vec::new() }
    }
}

impl<T> Overrides<T> {
    /// Whether nothing is changed.
    pub fn is_empty(&self) -> bool {
        self.set.is_empty() && self.default.is_empty() && self.remove.is_empty()
    }

    /// Every name in it.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.set.keys().chain(self.default.keys()).chain(&self.remove).map(String::as_str)
    }
}

/// One upstream secret of a channel.
#[derive(Debug, Clone)]
pub struct Credential {
    /// Which.
    pub id: CredentialId,
    /// An admin's name for it.
    pub name: String,
    /// The secret.
    pub secret: CredentialSecret,
    /// Share among the channel's credentials.
    pub weight: u32,
}

/// How long a channel may take. Milliseconds; an unset one takes the relay's default.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Timeouts {
    /// To connect, TLS included. Default 2 000.
    pub connect_ms: Option<u64>,
    /// To the first meaningful event, or to the head of a JSON answer's end. Default 30 000.
    pub first_token_ms: Option<u64>,
    /// Between two events. Default 120 000.
    pub idle_ms: Option<u64>,
    /// In all. Default 1 800 000.
    pub total_ms: Option<u64>,
}

/// A channel that carries a model, under which name and at which cost.
#[derive(Debug, Clone)]
pub struct Offer {
    /// The channel.
    pub channel: Arc<Channel>,
    /// The model's name there.
    pub upstream_model: Arc<str>,
    /// What it costs us; where nothing holds it is not known, and booked as zero.
    pub cost: Schedule,
}

/// A model callers may name.
#[derive(Debug, Clone, Default)]
pub struct Model {
    /// What a tenant pays; while nothing holds it cannot be called.
    pub sale: Schedule,
    /// What tenants of a group pay instead, where it has prices of its own.
    pub group_sales: Vec<(Arc<str>, Schedule)>,
    /// The longest answer it gives, in tokens, where the catalogue knows.
    pub max_output: Option<u64>,
    /// Enabled channels that carry it, highest priority first.
    pub offers: Vec<Offer>,
    /// How its requests find their channel, where that is configured.
    pub route: Option<Arc<Route>>,
}

impl Model {
    /// What a tenant of this group pays at this moment, and what that is multiplied by. A group's own price is charged as
    /// it stands.
    pub fn sale_to(&self, group: &str, terms: Option<&GroupTerms>, time_us: i64) -> Option<(&Arc<Price>, Multiplier)> {
        let own = self.group_sales.iter().find(|(of, _)| !group.is_empty() && **of == *group);
        if let Some(price) = own.and_then(|(_, schedule)| schedule.at(time_us)) {
            return Some((price, Multiplier::ONE));
        }
        Some((self.sale.at(time_us)?, terms.map(|terms| terms.multiplier).unwrap_or_default()))
    }

    /// How many ways there are to try: channels by their credentials, fallbacks not counted.
    pub fn ways(&self) -> usize {
        self.offers.iter().map(|offer| offer.channel.credentials.len().max(1)).sum()
    }
}

/// What the tenants of a group pay and may call.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GroupTerms {
    /// What prices are multiplied by for them.
    pub multiplier: Multiplier,
    /// The models they may call; `None`: all.
    pub models: Option<HashSet<String>>,
}

impl GroupTerms {
    /// Whether they may call this model.
    pub fn allows_model(&self, model: &str) -> bool {
        self.models.as_ref().is_none_or(|models| models.contains(model))
    }
}

/// Everything but keys and money that the relay needs, as of the last change seen. Shared, never waited for.
#[derive(Debug, Default)]
pub struct Snapshot {
    /// By public name.
    pub models: HashMap<String, Model>,
    /// By name; a group that is not here has the usual terms.
    pub groups: HashMap<String, GroupTerms>,
}

impl Snapshot {
    /// What a tenant of this group pays for this model at this moment, and what that is multiplied by; `None`: it does not
    /// exist for them.
    pub fn sale_to(&self, group: &str, model: &str, time_us: i64) -> Option<(&Model, &Arc<Price>, Multiplier)> {
        let terms = self.groups.get(group);
        if terms.is_some_and(|terms| !terms.allows_model(model)) {
            return None;
        }
        let model = self.models.get(model)?;
        let (price, multiplier) = model.sale_to(group, terms, time_us)?;
        Some((model, price, multiplier))
    }
}
