//! Models by public name, as the relay knows them at this moment: their price, and for admins who carries them.
//!
//! Read from the relay's own snapshot, so what is listed is what can be called; a change shows within a second.

use super::{
    ApiState,
    caller::Scope,
    input::Asked,
    page::{Page, Part},
    prices::RatesText,
    problem::Problem,
};
use axum::{Json, extract::State};
use domain::{
    channel::Model,
    dialect::Dialect,
    ids::{ChannelId, PriceId},
    ports::Catalog as _,
};
use serde::Serialize;
use utoipa::ToSchema;

/// A model that callers may name.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Model)]
pub struct ModelShown {
    /// Its public name.
    name: String,
    /// Whether it can be called: it has a sale price and an enabled channel.
    callable: bool,
    /// Its sale price in force; null: it has none, and cannot be called.
    #[schema(value_type = Option<super::prices::RatesShape>)]
    price: Option<RatesText>,
    /// The version of that price.
    #[schema(value_type = Option<String>)]
    price_version: Option<PriceId>,
    /// The longest answer it gives, in tokens, where that is known.
    max_output: Option<u64>,
    /// The dialects it can be called in.
    #[schema(value_type = Vec<String>)]
    dialects: Vec<Dialect>,
    /// For admins: the enabled channels that carry it, first choice first.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<String>>)]
    channels: Option<Vec<ChannelId>>,
}

impl ModelShown {
    fn of(name: &str, model: &Model, costs: bool) -> Self {
        let mut dialects: Vec<Dialect> = model.offers.iter().flat_map(|offer| offer.channel.dialects.clone()).collect();
        dialects.sort_unstable();
        dialects.dedup();
        Self {
            name: name.to_owned(),
            callable: is_callable(model),
            price: model.sale.as_ref().map(|price| RatesText::from(&price.rates)),
            price_version: model.sale.as_ref().map(|price| price.id),
            max_output: model.max_output,
            dialects,
            channels: costs.then(|| model.offers.iter().map(|offer| offer.channel.id).collect()),
        }
    }
}

fn is_callable(model: &Model) -> bool {
    model.sale.is_some() && !model.offers.is_empty()
}

/// Lists models by name. Admins see those without a price or a channel too.
#[utoipa::path(get, path = "/api/v1/models", tag = "prices", params(Part),
    responses((status = 200, body = Page<ModelShown>)))]
pub async fn list(
    State(state): State<ApiState>,
    scope: Scope,
    Asked(part): Asked<Part>,
) -> Result<Json<Page<ModelShown>>, Problem> {
    let (limit, after) = part.by_name()?;
    let snapshot = state.catalog.snapshot();
    let costs = scope.sees_costs();
    let mut rows: Vec<(&String, &Model)> = snapshot
        .models
        .iter()
        .filter(|(name, model)| (costs || is_callable(model)) && after.as_ref().is_none_or(|after| *name > after))
        .collect();
    rows.sort_unstable_by_key(|(name, _)| *name);
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next_cursor = rows.last().filter(|_| more).map(|(name, _)| (*name).clone());
    let data = rows.into_iter().map(|(name, model)| ModelShown::of(name, model, costs)).collect();
    Ok(Json(Page { data, next_cursor }))
}
