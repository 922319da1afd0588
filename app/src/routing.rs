//! Routing: the server functions. All of it is for those who run the place.

use crate::refusal::Refusal;
use domain::{
    ids::ChannelId,
    views::{RouteView, RoutingView},
};
use leptos::prelude::*;

/// Every model's route, what is shut, and what happened.
#[server(prefix = "/fn", endpoint = "all_routes", input = leptos::server_fn::codec::GetUrl)]
pub async fn all_routes() -> Result<RoutingView, Refusal> {
    crate::guard::admin().await?;
    Ok(crate::port::console()?.routing().await?)
}

/// One model's route and where such a request would go now; `None` without a model.
#[server(prefix = "/fn", endpoint = "explain_route", input = leptos::server_fn::codec::GetUrl)]
pub async fn explain_route(
    model: String,
    #[server(default)] input: String,
    #[server(default)] output: String,
    #[server(default)] tools: bool,
    #[server(default)] images: bool,
    #[server(default)] strategy: String,
) -> Result<Option<RouteView>, Refusal> {
    crate::guard::admin().await?;
    if model.trim().is_empty() {
        return Ok(None);
    }
    let asked = domain::views::WouldBeAsked { input, output, tools, images, strategy };
    Ok(Some(crate::port::console()?.route(model, asked).await?))
}

/// Sets a model's route.
#[server(prefix = "/fn", endpoint = "set_route")]
pub async fn set_route(
    model: String,
    strategy: String,
    #[server(default)] fallbacks: String,
    #[server(default)] rules: String,
) -> Result<(), Refusal> {
    let seen = crate::guard::admin().await?;
    let new = crate::port::NewRoute { model, strategy, fallbacks, rules };
    Ok(crate::port::console()?.set_route(seen.author(), new).await?)
}

/// Forgets what is held against a channel: the next request may try it again.
#[server(prefix = "/fn", endpoint = "revive")]
pub async fn revive(channel: ChannelId) -> Result<(), Refusal> {
    crate::guard::admin().await?;
    Ok(crate::port::console()?.revive(channel).await?)
}
