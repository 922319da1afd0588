//! Prices of a model: every PUT makes a new immutable version; running requests keep the one they were quoted with.
//!
//! A version may begin later, be one group's own, or be what a channel costs us.

use super::{
    ApiState,
    guard::By,
    input::{Asked, Fields, InPath, time_us as read_time},
    page::Page,
    price_fields::{PriceFields, PriceShape, RatesShape},
    problem::Problem,
    shown::time_us,
};
use axum::{Json, extract::State};
use domain::{
    ids::{ChannelId, PriceId},
    price::Tariff,
};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use store::{
    prices::{NewPrice, PriceVersion, Scope},
    words::{self, ModelName},
};
use utoipa::{IntoParams, ToSchema};

/// One version of a price.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Price)]
pub struct PriceShown {
    /// `prc_…`; requests name it as their price version.
    #[schema(value_type = String)]
    id: PriceId,
    /// The model.
    model: String,
    /// The group whose own it is; absent: everybody's.
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<String>,
    /// The channel whose cost it is; absent: a sale price.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    channel: Option<ChannelId>,
    /// Counts up from 1.
    version: i64,
    /// Its rates.
    #[serde(flatten)]
    #[schema(value_type = RatesShape, inline)]
    rates: Tariff,
    /// Since when it holds, or will (RFC 3339, UTC).
    valid_from: String,
    /// `holds`, `scheduled`, or `past`: followed by another, or cancelled.
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<&'static str>,
}

impl From<PriceVersion> for PriceShown {
    fn from(price: PriceVersion) -> Self {
        let (group, channel) = match price.scope {
            Scope::Sale(group) => (Some(group).filter(|group| !group.is_empty()), None),
            Scope::Cost(channel) => (None, Some(channel)),
        };
        Self {
            id: price.id,
            model: price.model,
            group,
            channel,
            version: price.version,
            rates: price.tariff,
            valid_from: time_us(price.valid_from_us),
            state: None,
        }
    }
}

/// Refuses what no price may be; `field` comes before the names of its fields.
///
/// # Errors
/// 400 naming the field.
pub fn checked(field: &str, tariff: Tariff) -> Result<Tariff, Problem> {
    match tariff.check() {
        Ok(()) => Ok(tariff),
        Err((name, wrong)) => Err(Problem::field(&format!("{field}{name}"), wrong)),
    }
}

fn scope(group: Option<String>, channel: Option<&str>) -> Result<Scope, Problem> {
    match (group, channel) {
        (Some(_), Some(_)) => {
            Err(Problem::field("group", "must not be set together with `channel`: groups have sale prices"))
        }
        (group, None) => Ok(Scope::Sale(group.unwrap_or_default())),
        (None, Some(channel)) => {
            let id = channel.parse().map_err(|error| Problem::field("channel", error))?;
            Ok(Scope::Cost(id))
        }
    }
}

/// Sets a price: a new version. Without `valid_from` it holds at once; with one it holds from then on, and what holds until
/// then stays. `group`: what tenants of this group pay, in place of everybody's price and without their multiplier.
/// `channel`: what this channel costs us.
#[utoipa::path(put, path = "/api/v1/models/{name}/price", tag = "prices",
    params(("name" = String, Path, description = "The model's name, percent-encoded")),
    request_body = PriceShape, responses((status = 200, body = PriceShown)))]
pub async fn set(
    State(state): State<ApiState>,
    InPath(model): InPath<String>,
    By(actor): By,
    Fields(fields): Fields<PriceFields>,
) -> Result<Json<PriceShown>, Problem> {
    let model = ModelName::parse("name", &model)?;
    let new = NewPrice {
        scope: scope(fields.group, fields.channel.as_deref())?,
        tariff: checked("", fields.tariff)?,
        valid_from_us: fields.valid_from.map(|text| read_time("valid_from", &text)).transpose()?,
    };
    let version = state.store.prices().put(&actor, &model, new).await?;
    Ok(Json(version.into()))
}

/// Whose price.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Whose {
    /// A group's own.
    group: Option<String>,
    /// What this channel costs us.
    channel: Option<String>,
}

/// Whose prices, and how many.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WhoseVersions {
    /// A group's own.
    group: Option<String>,
    /// What this channel costs us.
    channel: Option<String>,
    /// Rows at most, 1 to 500; default 50.
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// A model's prices, the one set last first, each with whether it holds, will, or is past.
#[utoipa::path(get, path = "/api/v1/models/{name}/price", tag = "prices",
    params(("name" = String, Path, description = "The model's name, percent-encoded"), WhoseVersions),
    responses((status = 200, body = Page<PriceShown>)))]
pub async fn versions(
    State(state): State<ApiState>,
    InPath(model): InPath<String>,
    Asked(asked): Asked<WhoseVersions>,
) -> Result<Json<Page<PriceShown>>, Problem> {
    let model = ModelName::parse("name", &model)?;
    let scope = scope(asked.group, asked.channel.as_deref())?;
    let page = words::Page::parse(asked.limit, asked.cursor.as_deref())?;
    let listing = state.store.prices().history(&model, &scope, page).await?;
    let standing = state.store.prices().standing(Some(&model)).await?;
    let now = store::time::now_us();
    let shown = |price: PriceVersion| {
        let state = Some(price.state(&standing, now).as_str());
        PriceShown { state, ..PriceShown::from(price) }
    };
    Ok(Json(Page::shown(listing, shown)))
}

/// Takes a price away, and what was to follow it: a model without a sale price can no longer be called, a group pays what
/// everybody pays, a channel's cost is not known.
#[utoipa::path(delete, path = "/api/v1/models/{name}/price", tag = "prices",
    params(("name" = String, Path, description = "The model's name, percent-encoded"), Whose), responses((status = 204)))]
pub async fn clear(
    State(state): State<ApiState>,
    InPath(model): InPath<String>,
    Asked(asked): Asked<Whose>,
    By(actor): By,
) -> Result<StatusCode, Problem> {
    let model = ModelName::parse("name", &model)?;
    let scope = scope(asked.group, asked.channel.as_deref())?;
    state.store.prices().clear(&actor, &model, &scope).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Cancels a version that has not begun; one that holds is followed by another instead.
#[utoipa::path(delete, path = "/api/v1/prices/{id}", tag = "prices", params(("id" = String, Path)),
    responses((status = 204)))]
pub async fn cancel(
    State(state): State<ApiState>,
    InPath(id): InPath<PriceId>,
    By(actor): By,
) -> Result<StatusCode, Problem> {
    state.store.prices().cancel(&actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
