//! Channels: make, list, look at, change, remove. Credentials go in and never come back.

use super::{
    ApiState,
    channel_input::{ChannelChange, ChannelFields},
    channel_parts,
    guard::By,
    input::{Asked, Fields, InPath},
    page::{Page, Part},
    problem::Problem,
    shown::{made, time_us},
};
use axum::{Json, extract::State, response::IntoResponse};
use domain::{
    channel::{Limits, Overrides, Timeouts},
    dialect::{Dialect, Provider},
    ids::{ChannelId, CredentialId},
};
use http::StatusCode;
use serde::Serialize;
use store::channels::ChannelRow;
use utoipa::ToSchema;

/// A configured way to a provider.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Channel)]
pub struct ChannelShown {
    /// `chn_…`
    #[schema(value_type = String)]
    id: ChannelId,
    /// Its name.
    name: String,
    /// What is at the other end.
    #[schema(value_type = String)]
    provider: Provider,
    /// Where it is.
    base_url: String,
    /// Its upstream secrets, by name and their last four characters.
    credentials: Vec<CredentialShown>,
    /// The models it carries.
    models: Vec<ChannelModelShown>,
    /// Higher comes first.
    priority: i32,
    /// Its share among equals of one priority.
    weight: u32,
    /// Whether requests go to it.
    enabled: bool,
    /// How long to wait for what, in milliseconds; null: the relay's default.
    #[schema(value_type = channel_parts::TimeoutsShape)]
    timeouts: Timeouts,
    /// What it speaks, preferred first.
    #[schema(value_type = Vec<String>)]
    dialects: Vec<Dialect>,
    /// Whether it may be at a private or loopback address.
    allow_private_network: bool,
    /// What rules call it by, besides its name.
    tags: Vec<String>,
    /// Where it is, in the operator's words.
    region: Option<String>,
    /// How much it may be given.
    #[schema(value_type = channel_parts::LimitsShape)]
    limits: Limits,
    /// The way out, without user and password; null: the straight one.
    proxy: Option<String>,
    /// Headers of every request to it.
    #[schema(value_type = Object)]
    headers: Overrides<String>,
    /// Fields of the top level of every JSON body to it.
    #[schema(value_type = Object)]
    params: Overrides<serde_json::Value>,
    /// When it was made (RFC 3339, UTC).
    created_at: String,
}

/// A credential, without its secret.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Credential)]
pub struct CredentialShown {
    /// `crd_…`
    #[schema(value_type = String)]
    id: CredentialId,
    /// Its name.
    name: String,
    /// How the secret ends.
    last4: String,
    /// Its share among the channel's credentials.
    weight: u32,
}

/// A model that a channel carries.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ChannelModel)]
pub struct ChannelModelShown {
    /// The name callers use.
    model: String,
    /// The model's name upstream.
    upstream: String,
    /// What it costs us; null: not known.
    #[schema(value_type = Option<super::price_fields::RatesShape>)]
    cost: Option<domain::price::Tariff>,
}

impl From<ChannelRow> for ChannelShown {
    fn from(channel: ChannelRow) -> Self {
        let credentials = channel.credentials.into_iter().map(|credential| CredentialShown {
            id: credential.id,
            name: credential.name,
            last4: credential.last4,
            weight: credential.weight,
        });
        let models = channel.models.into_iter().map(|model| ChannelModelShown {
            model: model.model,
            upstream: model.upstream,
            cost: model.cost.map(|price| price.tariff),
        });
        Self {
            id: channel.id,
            name: channel.name,
            provider: channel.provider,
            base_url: channel.base_url,
            credentials: credentials.collect(),
            models: models.collect(),
            priority: channel.priority,
            weight: channel.weight,
            enabled: channel.enabled,
            timeouts: channel.timeouts,
            dialects: channel.dialects,
            allow_private_network: channel.allow_private_network,
            tags: channel.settings.tags,
            region: channel.settings.region,
            limits: channel.settings.limits,
            proxy: channel.proxy,
            headers: channel.settings.headers,
            params: channel.settings.params,
            created_at: time_us(channel.created_us),
        }
    }
}

/// Makes a channel.
#[utoipa::path(post, path = "/api/v1/channels", tag = "channels", request_body = ChannelFields,
    responses((status = 201, body = ChannelShown)))]
pub async fn create(
    State(state): State<ApiState>,
    By(actor): By,
    Fields(fields): Fields<ChannelFields>,
) -> Result<impl IntoResponse, Problem> {
    let new = fields.checked(&state.egress)?;
    let channel = state.store.channels().create(&actor, new).await?;
    Ok(made(ChannelShown::from(channel)))
}

/// Lists channels, newest first.
#[utoipa::path(get, path = "/api/v1/channels", tag = "channels", params(Part),
    responses((status = 200, body = Page<ChannelShown>)))]
pub async fn list(
    State(state): State<ApiState>,
    Asked(part): Asked<Part>,
) -> Result<Json<Page<ChannelShown>>, Problem> {
    let listing = state.store.channels().list(part.page()?).await?;
    Ok(Json(Page::shown(listing, ChannelShown::from)))
}

/// One channel.
#[utoipa::path(get, path = "/api/v1/channels/{id}", tag = "channels", params(("id" = String, Path)),
    responses((status = 200, body = ChannelShown)))]
pub async fn show(State(state): State<ApiState>, InPath(id): InPath<ChannelId>) -> Result<Json<ChannelShown>, Problem> {
    Ok(Json(state.store.channels().get(id).await?.into()))
}

/// Changes a channel; requests see it within a second.
#[utoipa::path(patch, path = "/api/v1/channels/{id}", tag = "channels", params(("id" = String, Path)),
    request_body = ChannelChange, responses((status = 200, body = ChannelShown)))]
pub async fn change(
    State(state): State<ApiState>,
    InPath(id): InPath<ChannelId>,
    By(actor): By,
    Fields(fields): Fields<ChannelChange>,
) -> Result<Json<ChannelShown>, Problem> {
    let now = state.store.channels().get(id).await?;
    let patch = fields.checked(&now, &state.egress)?;
    let channel = state.store.channels().patch(&actor, id, patch).await?;
    Ok(Json(channel.into()))
}

/// Removes a channel and its secrets. Requests that used it keep its name.
#[utoipa::path(delete, path = "/api/v1/channels/{id}", tag = "channels", params(("id" = String, Path)),
    responses((status = 204)))]
pub async fn remove(
    State(state): State<ApiState>,
    InPath(id): InPath<ChannelId>,
    By(actor): By,
) -> Result<StatusCode, Problem> {
    state.store.channels().delete(&actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
