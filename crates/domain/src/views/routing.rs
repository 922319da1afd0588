//! What the routing page shows: how each model finds its channel, what is shut, and what happened of late.

use crate::{
    ids::ChannelId,
    route::{Decided, Strategy},
};
use serde::{Deserialize, Serialize};

/// A model and how its requests find their channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouteLine {
    /// The public name.
    pub model: String,
    /// The order within one priority.
    pub strategy: Strategy,
    /// Models that stand in.
    pub fallbacks: Vec<String>,
    /// How many rules there are.
    pub rules: usize,
    /// How many channels carry it.
    pub channels: u64,
}

/// A credential and model that is not tried at the moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShutLine {
    /// The channel.
    pub channel: ChannelId,
    /// Its name.
    pub channel_name: String,
    /// Its credential's name; empty for a channel that has none.
    pub credential: String,
    /// The model's name upstream.
    pub model: String,
    /// `open`, `cooling`, `refused`, `model_missing` or `probe`.
    pub state: String,
    /// For so many seconds more; 0: one request may try it now.
    pub seconds: u64,
}

/// Something that happened, once or more within a minute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventLine {
    /// Which.
    pub id: i64,
    /// When it last happened, RFC 3339.
    pub time: String,
    /// What.
    pub kind: String,
    /// How often.
    pub count: u64,
    /// The model; empty: none.
    pub model: String,
    /// The channel's name, the tenant's, or to a tenant its key's; empty: none.
    pub about: String,
    /// The last request it happened in.
    pub request: Option<String>,
    /// More words.
    pub detail: String,
}

/// The page.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoutingView {
    /// Every model, by name.
    pub routes: Vec<RouteLine>,
    /// What this node does not try at the moment.
    pub shut: Vec<ShutLine>,
    /// What happened, newest first.
    pub events: Vec<EventLine>,
}

/// One model's route and where a request would go now.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouteView {
    /// The order within one priority.
    pub strategy: Strategy,
    /// Models that stand in, with commas between.
    pub fallbacks: String,
    /// The rules as JSON; empty: none.
    pub rules: String,
    /// Where a request would go.
    pub decided: Decided,
}

/// A request that might come, as it was typed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WouldBeAsked {
    /// Its input tokens; empty: a usual number.
    pub input: String,
    /// The output tokens to expect; empty: a usual number.
    pub output: String,
    /// Whether it gives tools.
    pub tools: bool,
    /// Whether it shows a picture.
    pub images: bool,
    /// The order it asks for; empty: none.
    pub strategy: String,
}
