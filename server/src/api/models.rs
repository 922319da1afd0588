//! Models by public name, as the relay knows them at this moment: their price, and for admins who carries them.
//!
//! Read from the relay's own snapshot, so what is listed is what can be called; a change shows within a second.

use super::{
    ApiState,
    caller::Scope,
    input::Asked,
    page::{Page, Part},
    problem::Problem,
};
use axum::{Json, extract::State};
use domain::{
    channel::Model,
    dialect::Dialect,
    ids::{ChannelId, PriceId},
    money::Multiplier,
    ports::Catalog as _,
    price::{Price, Tariff},
};
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// A model that callers may name.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Model)]
pub struct ModelShown {
    /// Its public name.
    name: String,
    /// Whether it can be called: it has a sale price and an enabled channel.
    callable: bool,
    /// What the caller pays, the multiplier of its group in it; null: it has no sale price now, and cannot be called.
    #[schema(value_type = Option<super::price_fields::RatesShape>)]
    price: Option<Tariff>,
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
    fn of(name: &str, model: &Model, sale: Option<(&Arc<Price>, Multiplier)>, costs: bool) -> Self {
        let mut dialects: Vec<Dialect> = model.offers.iter().flat_map(|offer| offer.channel.dialects.clone()).collect();
        dialects.sort_unstable();
        dialects.dedup();
        Self {
            name: name.to_owned(),
            callable: sale.is_some() && !model.offers.is_empty(),
            price: sale.map(|(price, multiplier)| price.tariff.map(|rate| multiplier.of_rate(rate))),
            price_version: sale.map(|(price, _)| price.id),
            max_output: model.max_output,
            dialects,
            channels: costs.then(|| model.offers.iter().map(|offer| offer.channel.id).collect()),
        }
    }
}

/// Lists models by name. Customers see what they can call, at the prices of their group; admins see those without a price
/// or a channel too, at everybody's price.
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
    let group = match &scope {
        // Who is in several tenants sees the prices of the first.
        Scope::Tenants(tenants) => match tenants.first() {
            Some(tenant) => state.store.tenants().get(*tenant).await?.group,
            None => String::new(),
        },
        Scope::Everything => String::new(),
    };
    let now = store::time::now_us();
    let mut rows: Vec<_> = snapshot
        .models
        .iter()
        .filter(|(name, _)| after.as_ref().is_none_or(|after| *name > after))
        .map(|(name, model)| {
            let sale = snapshot.sale_to(&group, name, now).map(|(_, price, multiplier)| (price, multiplier));
            (name, model, sale)
        })
        .filter(|(_, model, sale)| costs || sale.is_some() && !model.offers.is_empty())
        .collect();
    rows.sort_unstable_by_key(|(name, ..)| *name);
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next_cursor = rows.last().filter(|_| more).map(|(name, ..)| (*name).clone());
    let data = rows.into_iter().map(|(name, model, sale)| ModelShown::of(name, model, sale, costs)).collect();
    Ok(Json(Page { data, next_cursor }))
}
