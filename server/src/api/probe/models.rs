//! `GET /channels/{id}/upstream-models`: what the upstream says it has, asked on demand.

use super::{MAX_ANSWER, PATIENCE, Problem};
use crate::api::{ApiState, input::InPath};
use axum::{Json, extract::State};
use domain::ids::ChannelId;
use engine::overrides;
use http::{HeaderMap, StatusCode};
use http_body_util::{BodyExt, Limited};
use protocol::{
    models::{list_address, read_list},
    upstream::upstream_head,
};
use serde::Serialize;
use std::time::Duration;
use tokio::time::timeout;
use utoipa::ToSchema;

/// What an upstream has.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UpstreamModels)]
pub struct UpstreamModels {
    /// Names there, in alphabetical order.
    data: Vec<String>,
    /// Those of them that the channel carries already.
    carried: Vec<String>,
}

fn unanswered(why: impl Into<String>) -> Problem {
    Problem::new(StatusCode::BAD_GATEWAY, "upstream_error", why.into())
}

/// Asks a channel's upstream which models it has.
#[utoipa::path(get, path = "/api/v1/channels/{id}/upstream-models", tag = "channels", params(("id" = String, Path)),
    responses((status = 200, body = UpstreamModels)))]
pub async fn discover(
    State(state): State<ApiState>,
    InPath(id): InPath<ChannelId>,
) -> Result<Json<UpstreamModels>, Problem> {
    let row = state.store.channels().get(id).await?;
    let channel = state.store.channels().opened(id).await?;
    let address = list_address(channel.provider, &channel.base_url)
        .ok_or_else(|| Problem::conflict("This provider does not list its models."))?;
    let dialect = channel.dialects.first().copied();
    let dialect = dialect.ok_or_else(|| Problem::conflict("The channel speaks no dialect."))?;
    let secret = channel.credentials.first().map(|credential| &credential.secret);
    let none = HeaderMap::new();
    let head = upstream_head(channel.provider, dialect, &channel.base_url, secret, &none, "", false);
    let mut head = head.map_err(|error| unanswered(error.to_string()))?;
    head.uri = address;
    overrides::headers(&channel.settings.headers, &mut head.headers);
    let connect = channel.timeouts.connect_ms.map_or(state.connect_timeout, Duration::from_millis);
    let asked = timeout(PATIENCE, async {
        let response = state.upstream.get(&channel, head, connect).await.map_err(|failed| unanswered(failed.what))?;
        let (head, body) = response.into_parts();
        let body = Limited::new(body, MAX_ANSWER).collect().await;
        let body = body.map_err(|_| unanswered("The list broke off or is too large."))?.to_bytes();
        if head.status.is_success() {
            read_list(&body).ok_or_else(|| unanswered("The upstream did not answer with a list of models."))
        } else {
            Err(unanswered(format!("The upstream answered {}.", head.status.as_u16())))
        }
    });
    let data = asked.await.unwrap_or_else(|_| Err(unanswered("No list came in time.")))?;
    let carried = data.iter().filter(|name| row.models.iter().any(|offer| offer.upstream == **name)).cloned().collect();
    Ok(Json(UpstreamModels { data, carried }))
}
