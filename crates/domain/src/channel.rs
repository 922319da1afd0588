//! Channels, credentials and the snapshot of everything the relay needs to route and price a request.

use crate::{
    dialect::{Dialect, Provider},
    ids::{ChannelId, CredentialId},
    price::Price,
    secret::CredentialSecret,
};
use serde::{Deserialize, Serialize};
use std::{collections::HashMap, sync::Arc};

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
    pub upstream_model: String,
    /// What it costs us; `None`: not known, booked as zero.
    pub cost: Option<Arc<Price>>,
}

/// A model callers may name.
#[derive(Debug, Clone, Default)]
pub struct Model {
    /// What a tenant pays; without one it cannot be called.
    pub sale: Option<Arc<Price>>,
    /// The longest answer it gives, in tokens, where the catalogue knows.
    pub max_output: Option<u64>,
    /// Enabled channels that carry it, highest priority first.
    pub offers: Vec<Offer>,
}

/// Everything but keys and money that the relay needs, as of the last change seen. Shared, never waited for.
#[derive(Debug, Default)]
pub struct Snapshot {
    /// By public name.
    pub models: HashMap<String, Model>,
}
