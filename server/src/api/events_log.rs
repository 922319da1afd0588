//! What happened on the way: failovers, breakers, refused credentials, limits that were met.

use super::{ApiState, input::Asked, page::Page, problem::Problem, shown::time_us};
use axum::{Json, extract::State};
use domain::ids::{ChannelId, CredentialId, KeyId, TenantId};
use serde::{Deserialize, Serialize};
use store::{
    events::{EventRow, Wanted},
    words,
};
use utoipa::{IntoParams, ToSchema};

/// Something that happened, once or more within a minute on one node.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Event)]
pub struct EventShown {
    /// `failover`, `all_failed`, `rate_limited`, `breaker_opened`, `breaker_closed`, `upstream_rate_limited`, `credential_off`,
    /// `credential_back`, `model_missing`, `new_address`, `spend_abnormal`, `errors_abnormal`, `token_ratio_abnormal`,
    /// `budget_reached`, `alert_failed`, `payment_unmatched`, `chargeback`.
    kind: String,
    /// When it first happened.
    time: String,
    /// When it last did.
    last: String,
    /// How often.
    count: i64,
    /// The model.
    model: Option<String>,
    /// The channel.
    #[schema(value_type = Option<String>)]
    channel: Option<ChannelId>,
    /// Its credential.
    #[schema(value_type = Option<String>)]
    credential: Option<CredentialId>,
    /// Whose request it was.
    #[schema(value_type = Option<String>)]
    tenant: Option<TenantId>,
    /// With which key.
    #[schema(value_type = Option<String>)]
    key: Option<KeyId>,
    /// The last request it happened in.
    request: Option<String>,
    /// More words.
    detail: String,
}

impl From<EventRow> for EventShown {
    fn from(row: EventRow) -> Self {
        let event = row.event;
        Self {
            kind: event.kind,
            time: time_us(event.times_us.0),
            last: time_us(event.times_us.1),
            count: event.count,
            model: Some(event.model).filter(|model| !model.is_empty()),
            channel: event.channel,
            credential: event.credential,
            tenant: event.tenant,
            key: event.key,
            request: event.request,
            detail: event.detail,
        }
    }
}

/// Which ones.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Which {
    /// Rows at most, 1 to 500; default 50.
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Only this kind.
    kind: Option<String>,
    /// Only about this channel.
    channel: Option<String>,
}

/// Lists events, newest first; they are kept for 30 days.
#[utoipa::path(get, path = "/api/v1/events/log", tag = "reports", params(Which),
    responses((status = 200, body = Page<EventShown>)))]
pub async fn list(
    State(state): State<ApiState>,
    Asked(which): Asked<Which>,
) -> Result<Json<Page<EventShown>>, Problem> {
    let channel = which.channel.as_deref().map(|text| super::input::word("channel", text)).transpose()?;
    let wanted = Wanted { kind: which.kind.unwrap_or_default(), channel, since_us: 0 };
    let page = words::Page::parse(which.limit, which.cursor.as_deref())?;
    let listing = state.store.events().list(&wanted, page).await?;
    Ok(Json(Page::shown(listing, EventShown::from)))
}
