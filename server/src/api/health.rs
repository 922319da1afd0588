//! What this node knows of a channel's credentials: whether each may be tried for a model, and how it did of late.

use super::{ApiState, input::InPath, problem::Problem, shown::time_ms};
use axum::{Json, extract::State};
use domain::ids::{ChannelId, CredentialId};
use engine::health::{Slot, Standing};
use http::StatusCode;
use serde::Serialize;
use tokio::time::Instant;
use utoipa::ToSchema;

/// A channel's health, as this node sees it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ChannelHealth)]
pub struct HealthShown {
    /// The channel.
    #[schema(value_type = String)]
    channel: ChannelId,
    /// By credential and model; only what was used since this node started.
    data: Vec<SlotShown>,
}

/// One credential and model.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CredentialHealth)]
pub struct SlotShown {
    /// The credential; null for a channel that has none.
    #[schema(value_type = Option<String>)]
    credential: Option<CredentialId>,
    /// The model's name upstream.
    model: String,
    /// `ready`, `probe` (one request may try), `open` (the breaker), `cooling` (a limit of the provider's), `resting`
    /// (it failed and said when to come back), `refused` (the
    /// credential) or `model_missing`.
    state: &'static str,
    /// Until when it is not tried; null: it may be.
    until: Option<String>,
    /// The class of the last error since something served.
    last_error: Option<&'static str>,
    /// Share of attempts that served, decaying by half in five minutes.
    success: Option<f64>,
    /// Mean milliseconds to the first byte, decaying.
    ttft_ms: Option<f64>,
    /// Their 95th percentile.
    ttft_p95_ms: Option<f64>,
    /// Output tokens a second, decaying.
    tokens_per_second: Option<f64>,
    /// Requests there now.
    in_flight: u32,
}

/// A slot as it is shown.
pub fn shown(slot: &Slot, now: Instant) -> SlotShown {
    let (standing, figures) = slot.look(now);
    let until = match standing {
        Standing::Shut(_, until) => {
            let wait = i64::try_from(until.saturating_duration_since(now).as_millis()).unwrap_or(i64::MAX);
            Some(time_ms(store::time::now_ms().saturating_add(wait)))
        }
        Standing::Ready | Standing::Probe => None,
    };
    let ms = |us: f64| (us / 10.0).round() / 100.0;
    SlotShown {
        credential: slot.place.credential,
        model: slot.model.to_string(),
        state: standing.as_str(),
        until,
        last_error: slot.last_error().map(|class| engine::classes::of(class).word),
        success: figures.success.map(|share| (share * 1_000.0).round() / 1_000.0),
        ttft_ms: figures.ttft_us.map(ms),
        ttft_p95_ms: figures.ttft_p95_us.map(|us| ms(us as f64)),
        tokens_per_second: figures.tokens_per_second.map(|pace| (pace * 10.0).round() / 10.0),
        in_flight: figures.in_flight,
    }
}

/// What this node knows of a channel.
#[utoipa::path(get, path = "/api/v1/channels/{id}/health", tag = "channels", params(("id" = String, Path)),
    responses((status = 200, body = HealthShown)))]
pub async fn show(State(state): State<ApiState>, InPath(id): InPath<ChannelId>) -> Result<Json<HealthShown>, Problem> {
    state.store.channels().get(id).await?;
    let now = Instant::now();
    let slots = state.health.slots();
    let mut data: Vec<SlotShown> =
        slots.iter().filter(|slot| slot.place.channel == id).map(|slot| shown(slot, now)).collect();
    data.sort_by(|a, b| (a.credential, &a.model).cmp(&(b.credential, &b.model)));
    Ok(Json(HealthShown { channel: id, data }))
}

/// Forgets what this node holds against a channel: the next request may try it again.
#[utoipa::path(delete, path = "/api/v1/channels/{id}/health", tag = "channels", params(("id" = String, Path)),
    responses((status = 204)))]
pub async fn reset(State(state): State<ApiState>, InPath(id): InPath<ChannelId>) -> Result<StatusCode, Problem> {
    state.store.channels().get(id).await?;
    state.health.reset(|place| place.channel == id);
    Ok(StatusCode::NO_CONTENT)
}
