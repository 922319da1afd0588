//! Sale prices of a model: every PUT makes a new immutable version; running requests keep the one they were quoted with.

use super::{
    ApiState,
    guard::By,
    input::{Asked, Fields, InPath},
    page::{Page, Part},
    problem::Problem,
    shown::time_us,
};
use axum::{Json, extract::State};
use domain::{ids::PriceId, price::Rates};
use serde::Serialize;
use store::{prices::PriceVersion, words::ModelName};
use utoipa::ToSchema;

/// Rates in USD per million units, as decimal strings (`per_request` and `web_search` too: `"10000"` is one cent each).
/// Unset cache, audio and image input fall back to `input`; unset reasoning, audio and image output to `output`; unset
/// `per_request` and `web_search` to nothing. `"0"` is free.
#[derive(Debug, ToSchema)]
#[schema(as = Rates)]
#[expect(dead_code, reason = "the shape of domain::price::Rates for the OpenAPI document; a test compares the two")]
pub struct RatesShape {
    /// Per million input tokens.
    #[schema(example = "0.15")]
    pub input: String,
    /// Per million output tokens.
    #[schema(example = "0.6")]
    pub output: String,
    /// Per million tokens read from the prompt cache.
    pub cache_read: Option<String>,
    /// Per million tokens written to the five-minute cache.
    pub cache_write_5m: Option<String>,
    /// Per million tokens written to the one-hour cache.
    pub cache_write_1h: Option<String>,
    /// Per million reasoning tokens.
    pub reasoning: Option<String>,
    /// Per million audio input tokens.
    pub audio_input: Option<String>,
    /// Per million audio output tokens.
    pub audio_output: Option<String>,
    /// Per million image input tokens.
    pub image_input: Option<String>,
    /// Per million image output tokens.
    pub image_output: Option<String>,
    /// Per million web searches made by the provider.
    pub web_search: Option<String>,
    /// Per million requests.
    pub per_request: Option<String>,
}

/// One version of a model's sale price.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Price)]
pub struct PriceShown {
    /// `prc_…`; requests name it as their price version.
    #[schema(value_type = String)]
    id: PriceId,
    /// The model.
    model: String,
    /// Counts up from 1.
    version: i64,
    /// Its rates.
    #[serde(flatten)]
    #[schema(value_type = RatesShape, inline)]
    rates: RatesText,
    /// Since when it holds (RFC 3339, UTC).
    valid_from: String,
}

/// Rates with what is unset left out.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub struct RatesText(std::collections::BTreeMap<&'static str, String>);

impl From<&Rates> for RatesText {
    fn from(rates: &Rates) -> Self {
        Self(rates.named().into_iter().filter_map(|(name, rate)| Some((name, rate?.to_string()))).collect())
    }
}

impl From<PriceVersion> for PriceShown {
    fn from(price: PriceVersion) -> Self {
        Self {
            id: price.id,
            rates: RatesText::from(&price.rates),
            model: price.model,
            version: price.version,
            valid_from: time_us(price.valid_from_us),
        }
    }
}

/// Refuses what no price may be.
///
/// # Errors
/// 400 naming the field.
pub fn checked(field: &str, rates: Rates) -> Result<Rates, Problem> {
    let negative = rates.named().into_iter().find(|(_, rate)| rate.is_some_and(|rate| rate.0 < 0));
    match negative {
        Some((name, _)) => Err(Problem::field(&format!("{field}{name}"), "must not be negative")),
        None => Ok(rates),
    }
}

/// Sets a model's sale price: a new version, in force at once.
#[utoipa::path(put, path = "/api/v1/models/{name}/price", tag = "prices",
    params(("name" = String, Path, description = "The model's name, percent-encoded")),
    request_body = RatesShape, responses((status = 200, body = PriceShown)))]
pub async fn set(
    State(state): State<ApiState>,
    InPath(model): InPath<String>,
    By(actor): By,
    Fields(rates): Fields<Rates>,
) -> Result<Json<PriceShown>, Problem> {
    let model = ModelName::parse("name", &model)?;
    let version = state.store.prices().put_sale(&actor, &model, checked("", rates)?).await?;
    Ok(Json(version.into()))
}

/// A model's sale prices, the one in force first.
#[utoipa::path(get, path = "/api/v1/models/{name}/price", tag = "prices",
    params(("name" = String, Path, description = "The model's name, percent-encoded"), Part),
    responses((status = 200, body = Page<PriceShown>)))]
pub async fn versions(
    State(state): State<ApiState>,
    InPath(model): InPath<String>,
    Asked(part): Asked<Part>,
) -> Result<Json<Page<PriceShown>>, Problem> {
    let model = ModelName::parse("name", &model)?;
    let listing = state.store.prices().history(&model, None, part.page()?).await?;
    Ok(Json(Page::shown(listing, PriceShown::from)))
}
