//! Models and prices: the server functions. All of it is for those who run the place.
#![allow(clippy::too_many_arguments, reason = "a form has a field for each unit")]

use crate::refusal::Refusal;
use domain::views::{ModelLine, ModelPrices};
use leptos::prelude::*;

/// Every model with its prices.
#[server(prefix = "/fn", endpoint = "models_view", input = leptos::server_fn::codec::GetUrl)]
pub async fn models_view() -> Result<Vec<ModelLine>, Refusal> {
    crate::guard::admin().await?;
    Ok(crate::port::console()?.models().await?)
}

/// Everything about what one model costs; `None` without a model.
#[server(prefix = "/fn", endpoint = "prices_view", input = leptos::server_fn::codec::GetUrl)]
pub async fn prices_view(model: String) -> Result<Option<ModelPrices>, Refusal> {
    crate::guard::admin().await?;
    if model.trim().is_empty() {
        return Ok(None);
    }
    Ok(Some(crate::port::console()?.model_prices(model).await?))
}

/// Sets a model's sale price. What is empty falls back as [`domain::price::Rates`] says.
#[server(prefix = "/fn", endpoint = "set_price")]
pub async fn set_price(
    model: String,
    input: String,
    output: String,
    #[server(default)] cache_read: String,
    #[server(default)] cache_write_5m: String,
    #[server(default)] cache_write_1h: String,
    #[server(default)] reasoning: String,
    #[server(default)] audio_input: String,
    #[server(default)] audio_output: String,
    #[server(default)] image_input: String,
    #[server(default)] image_output: String,
    #[server(default)] web_search: String,
    #[server(default)] per_request: String,
    #[server(default)] tiers: String,
    #[server(default)] valid_from: String,
    #[server(default)] group: String,
) -> Result<(), Refusal> {
    let seen = crate::guard::admin().await?;
    let given = [
        ("input", input),
        ("output", output),
        ("cache_read", cache_read),
        ("cache_write_5m", cache_write_5m),
        ("cache_write_1h", cache_write_1h),
        ("reasoning", reasoning),
        ("audio_input", audio_input),
        ("audio_output", audio_output),
        ("image_input", image_input),
        ("image_output", image_output),
        ("web_search", web_search),
        ("per_request", per_request),
    ];
    let rates = given.into_iter().map(|(name, rate)| (name, rate.trim().trim_start_matches('$').to_owned()));
    let rates = rates.filter(|(_, rate)| !rate.is_empty()).collect();
    let new = crate::port::NewPrice { model, rates, tiers, valid_from, group };
    Ok(crate::port::console()?.set_price(seen.author(), new).await?)
}

/// Cancels a price that has not begun.
#[server(prefix = "/fn", endpoint = "cancel_price")]
pub async fn cancel_price(id: String) -> Result<(), Refusal> {
    let seen = crate::guard::admin().await?;
    Ok(crate::port::console()?.cancel_price(seen.author(), id).await?)
}
