//! Prices from the catalogue: how they differ from what stands, and taking chosen ones over.

use super::{
    ApiState,
    guard::By,
    input::{Asked, Fields, time_us},
    page::Page,
    prices::PriceShown,
    problem::Problem,
};
use crate::import::{self, Line, Terms};
use axum::{Json, extract::State};
use domain::{
    ids::{ChannelId, PriceId},
    money::{Multiplier, PicoPerUnit},
    price::{RateChange, TierName},
};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use utoipa::{IntoParams, ToSchema};

/// The most models of one import.
const MOST: usize = 1_000;

/// One rate, now and by the catalogue, in USD per million units.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RateChange)]
pub struct RateShown {
    /// The kind of unit: `input`, `cache_read`, …
    rate: String,
    /// The service tier; absent: the standard one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    service_tier: Option<TierName>,
    /// Of requests whose input is longer than so many tokens; absent: of any.
    #[serde(skip_serializing_if = "Option::is_none")]
    above: Option<u64>,
    /// What is charged now; null: there is no price.
    #[schema(value_type = Option<String>)]
    now: Option<PicoPerUnit>,
    /// What would be by the catalogue, multiplied; null: it does not have the model.
    #[schema(value_type = Option<String>)]
    catalogue: Option<PicoPerUnit>,
}

impl From<RateChange> for RateShown {
    fn from(it: RateChange) -> Self {
        let above = Some(it.above).filter(|above| *above > 0);
        Self { rate: it.kind, service_tier: it.service_tier, above, now: it.now, catalogue: it.then }
    }
}

/// One price beside the catalogue's.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PriceDifference)]
pub struct LineShown {
    /// The public model name.
    model: String,
    /// The channel whose cost it is; absent: a sale price.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    channel: Option<ChannelId>,
    /// The provider whose price it is; null: the catalogue does not have the model.
    provider: Option<&'static str>,
    /// `new`, `dearer`, `cheaper`, `mixed`, `same` or `only_here`: as the catalogue's price would change it.
    change: &'static str,
    /// Rate by rate, as they are charged: what is left out is what it falls back to. Tiers where either changes by them.
    rates: Vec<RateShown>,
    /// The version that holds; null: none.
    #[schema(value_type = Option<String>)]
    price_version: Option<PriceId>,
    /// The channels that would cost more than tenants pay, in some unit, tier or group.
    #[schema(value_type = Vec<String>)]
    below_cost: Vec<ChannelId>,
    /// What an import names this line by.
    seen: String,
}

impl From<Line> for LineShown {
    fn from(line: Line) -> Self {
        Self {
            model: line.model,
            channel: line.channel,
            provider: line.provider,
            change: line.change.word(),
            rates: line.rates.into_iter().map(RateShown::from).collect(),
            price_version: line.follows,
            below_cost: line.below_cost,
            seen: line.seen,
        }
    }
}

/// Compared how.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DifferencesAsked {
    /// `sale` (default): what everybody pays; `cost`: what channels cost us.
    what: Option<String>,
    /// What the catalogue's rates are multiplied by, as a decimal; default 1.
    #[param(value_type = Option<String>, example = "1.2")]
    multiplier: Option<Multiplier>,
    /// From when the prices would hold (RFC 3339): compared with what holds then. Default: at once.
    valid_from: Option<String>,
    /// `true`: also models of the catalogue that are not sold here and that no channel carries.
    all: Option<bool>,
}

fn terms(what: Option<&str>, multiplier: Option<Multiplier>, valid_from: Option<&str>) -> Result<Terms, Problem> {
    let costs = match what.unwrap_or("sale") {
        "sale" => false,
        "cost" => true,
        _ => return Err(Problem::field("what", "must be `sale` or `cost`")),
    };
    let valid_from_us = valid_from.map(|text| time_us("valid_from", text)).transpose()?;
    Ok(Terms::new(costs, multiplier.unwrap_or_default(), valid_from_us)?)
}

/// Compares prices with the catalogue's, model by model and rate by rate. Changes nothing.
#[utoipa::path(get, path = "/api/v1/catalog/diff", tag = "prices", params(DifferencesAsked),
    responses((status = 200, body = Page<LineShown>)))]
pub async fn differences(
    State(state): State<ApiState>,
    Asked(asked): Asked<DifferencesAsked>,
) -> Result<Json<Page<LineShown>>, Problem> {
    let terms = terms(asked.what.as_deref(), asked.multiplier, asked.valid_from.as_deref())?;
    let lines = import::lines(&state.store, terms).await?;
    let shown = lines.into_iter().filter(|line| line.is_here || asked.all == Some(true));
    Ok(Json(Page { data: shown.map(LineShown::from).collect(), next_cursor: None }))
}

/// A line that is chosen.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChosenFields {
    /// The public model name.
    model: String,
    /// The channel, for a cost.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    channel: Option<ChannelId>,
    /// `seen` of the line that was shown.
    seen: String,
}

/// What is to be taken over.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportFields {
    /// `sale` (default) or `cost`.
    #[serde(default)]
    what: Option<String>,
    /// As the lines were shown with.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    multiplier: Option<Multiplier>,
    /// As the lines were shown with.
    #[serde(default)]
    valid_from: Option<String>,
    /// Which, 1 to 1 000.
    models: Vec<ChosenFields>,
}

/// What was taken over.
#[derive(Debug, Serialize, ToSchema)]
pub struct ImportShown {
    /// The versions that were made.
    made: Vec<PriceShown>,
    /// How many were as in the catalogue already, and were left alone.
    unchanged: usize,
}

/// Takes over the catalogue's prices of exactly these models: a new version each, all or none. What is the same already is
/// left alone; 409 where a line is no longer as it was shown.
#[utoipa::path(post, path = "/api/v1/catalog/import", tag = "prices", request_body = ImportFields,
    responses((status = 201, body = ImportShown)))]
pub async fn take_over(
    State(state): State<ApiState>,
    By(actor): By,
    Fields(fields): Fields<ImportFields>,
) -> Result<(StatusCode, Json<ImportShown>), Problem> {
    let terms = terms(fields.what.as_deref(), fields.multiplier, fields.valid_from.as_deref())?;
    if fields.models.is_empty() || fields.models.len() > MOST {
        return Err(Problem::field("models", format!("must be 1 to {MOST}")));
    }
    let lines = import::lines(&state.store, terms).await?;
    let mut left: HashMap<_, _> = lines.iter().map(|line| ((line.model.as_str(), line.channel), line)).collect();
    let mut chosen = Vec::with_capacity(fields.models.len());
    for (at, one) in fields.models.iter().enumerate() {
        let line = left.remove(&(one.model.as_str(), one.channel)).filter(|line| line.provider.is_some());
        let line = line.ok_or_else(|| {
            let why = "is named twice, not in the catalogue, or not carried by the channel";
            Problem::field(&format!("models[{at}].model"), why)
        })?;
        if line.seen != one.seen {
            return Err(Problem::conflict(format!("The price of {} is not as it was shown: look again.", line.model)));
        }
        chosen.push(line);
    }
    let made = import::take_over(&state.store, &actor, terms, chosen).await?;
    let unchanged = fields.models.len().saturating_sub(made.len());
    let made = made.into_iter().map(PriceShown::from).collect();
    Ok((StatusCode::CREATED, Json(ImportShown { made, unchanged })))
}
