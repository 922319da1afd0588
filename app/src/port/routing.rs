//! Routing, as the console asks for it. All of it is for those who run the place.

use super::{Author, Failed};
use domain::{
    ids::ChannelId,
    views::{RouteView, RoutingView, WouldBeAsked},
};
use futures::future::BoxFuture;

/// A route to be set, as it was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRoute {
    /// The public model name.
    pub model: String,
    /// The strategy's word.
    pub strategy: String,
    /// Models, with commas between.
    pub fallbacks: String,
    /// JSON; empty: none.
    pub rules: String,
}

/// Routing.
pub trait Routing: Send + Sync + 'static {
    /// Every model's route, what is shut, and what happened.
    fn routing(&self) -> BoxFuture<'_, Result<RoutingView, Failed>>;

    /// One model's route, and where such a request would go now.
    fn route(&self, model: String, asked: WouldBeAsked) -> BoxFuture<'_, Result<RouteView, Failed>>;

    /// Sets a model's route.
    fn set_route(&self, by: Author, new: NewRoute) -> BoxFuture<'_, Result<(), Failed>>;

    /// Forgets what is held against a channel.
    fn revive(&self, channel: ChannelId) -> BoxFuture<'_, Result<(), Failed>>;
}
