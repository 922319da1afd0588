//! One request: what it used, what it cost and why, where it went and how long that took.

use super::{ApiState, caller::Scope, input::InPath, prices::PriceShown, problem::Problem, usage::UsageShown};
use axum::{Json, extract::State};
use domain::{
    ids::{ChannelId, CredentialId, PriceId, RequestId, TenantId, TransferId},
    money::NanoUsd,
    record::{Attempt, Spent},
    usage::Usage,
};
use serde::Serialize;
use store::usage::{self, Event};
use utoipa::ToSchema;

/// One request with everything that is known of it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RequestDetail)]
pub struct RequestShown {
    /// The row of the usage list.
    #[serde(flatten)]
    row: UsageShown,
    /// Whether a stream was asked for.
    stream: bool,
    /// What was used, kind by kind.
    #[schema(value_type = UsageShape)]
    usage: Usage,
    /// How long it took.
    timings: Timings,
    /// The most it could have cost, in USD: what was set aside for it.
    #[schema(value_type = String)]
    hold_usd: NanoUsd,
    /// The sale price it was charged by.
    price: PriceShown,
    /// The ledger's transfer it is part of; null: nothing was charged.
    #[schema(value_type = Option<String>)]
    transfer: Option<TransferId>,
    /// The caller's own id for it.
    client_request_id: Option<String>,
    /// For admins: every upstream that was tried.
    #[serde(skip_serializing_if = "Option::is_none")]
    tries: Option<Vec<TryShown>>,
    /// For admins: why this channel; the candidates in the order they would be tried.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    decision: Option<serde_json::Value>,
    /// For admins: the cost price it was booked by; null: not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    cost_price: Option<PriceShown>,
}

/// How long a request took, in microseconds.
#[derive(Debug, Serialize, ToSchema)]
pub struct Timings {
    /// From its first byte to the answer's last.
    total_us: u64,
    /// To the first meaningful byte.
    first_token_us: Option<u64>,
    /// Spent in the relay itself.
    overhead_us: u64,
}

/// One try on one channel and credential.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Attempt)]
pub struct TryShown {
    /// Where.
    #[schema(value_type = String)]
    channel: ChannelId,
    /// With which credential.
    #[schema(value_type = Option<String>)]
    credential: Option<CredentialId>,
    /// The upstream's status; null: there was no answer.
    status: Option<u16>,
    /// The error class; null: it served.
    error: Option<String>,
    /// Microseconds from the request's start.
    start_us: u64,
    /// Microseconds it took.
    took_us: u64,
    /// What it used all the same, where it failed: a cost of its channel, never the tenant's. Left out: nothing was told.
    #[serde(skip_serializing_if = "Option::is_none")]
    spent: Option<SpentShown>,
}

/// What a failed attempt used, as its upstream told before it failed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Spent)]
pub struct SpentShown {
    /// Kind by kind.
    #[schema(value_type = UsageShape)]
    usage: Usage,
    /// What that cost, in USD.
    #[schema(value_type = String)]
    cost_usd: NanoUsd,
    /// The cost price; null: not known.
    #[schema(value_type = Option<String>)]
    cost_price: Option<PriceId>,
}

impl From<Spent> for SpentShown {
    fn from(spent: Spent) -> Self {
        Self { usage: spent.usage, cost_usd: spent.cost, cost_price: spent.cost_price }
    }
}

impl From<Attempt> for TryShown {
    fn from(attempt: Attempt) -> Self {
        Self {
            channel: attempt.channel,
            credential: attempt.credential,
            status: Some(attempt.status).filter(|status| *status != 0),
            error: Some(attempt.error).filter(|error| !error.is_empty()),
            start_us: attempt.start_us,
            took_us: attempt.took_us,
            spent: attempt.spent.map(|spent| SpentShown::from(*spent)),
        }
    }
}

/// Counted units. Totals hold their parts: `input` audio and image input (but no cache), `output` reasoning.
#[derive(Debug, ToSchema)]
#[schema(as = Usage)]
#[expect(dead_code, reason = "the shape of domain::usage::Usage for the OpenAPI document")]
pub struct UsageShape {
    /// Input tokens, without cache.
    input: u64,
    /// Input tokens read from a prompt cache.
    cache_read: u64,
    /// Input tokens written to the five-minute cache.
    cache_write_5m: u64,
    /// Input tokens written to the one-hour cache.
    cache_write_1h: u64,
    /// Output tokens.
    output: u64,
    /// Of those, reasoning.
    reasoning: u64,
    /// Of the input, audio.
    audio_input: u64,
    /// Of the output, audio.
    audio_output: u64,
    /// Of the input, images.
    image_input: u64,
    /// Of the output, images.
    image_output: u64,
    /// Web searches made by the provider.
    web_searches: u64,
}

async fn event(state: &ApiState, id: RequestId) -> Result<Event, Problem> {
    usage::get(state.store.db(), id).await?.ok_or_else(|| Problem::not_found("request"))
}

/// Whose request it is.
///
/// # Errors
/// 404 when it has no row (yet).
pub async fn tenant_of(state: &ApiState, id: RequestId) -> Result<TenantId, Problem> {
    event(state, id).await.map(|event| event.tenant)
}

/// One request. It is here within a second of its last byte.
#[utoipa::path(get, path = "/api/v1/requests/{id}", tag = "usage", params(("id" = String, Path)),
    responses((status = 200, body = RequestShown)))]
pub async fn show(
    State(state): State<ApiState>,
    scope: Scope,
    InPath(id): InPath<RequestId>,
) -> Result<Json<RequestShown>, Problem> {
    let event = event(&state, id).await?;
    let costs = scope.sees_costs();
    let price = state.store.prices().get(event.sale_price).await?;
    let cost_price = match event.cost_price.filter(|_| costs) {
        Some(id) => Some(state.store.prices().get(id).await?),
        None => None,
    };
    Ok(Json(RequestShown {
        row: UsageShown::of(&event, costs),
        stream: event.stream,
        usage: event.usage,
        timings: Timings { total_us: event.latency_us, first_token_us: event.ttft_us, overhead_us: event.overhead_us },
        hold_usd: event.hold,
        price: price.into(),
        transfer: event.transfer,
        client_request_id: event.client_request_id,
        tries: costs.then(|| event.attempts.into_iter().map(TryShown::from).collect()),
        // Rows of an older build hold words.
        decision: costs.then(|| serde_json::from_str(&event.decision).unwrap_or(event.decision.into())),
        cost_price: cost_price.map(PriceShown::from),
    }))
}
