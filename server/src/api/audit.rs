//! The audit log: who changed what, when, from where, and how it was before.

use super::{ApiState, input::Asked, page::Page, problem::Problem, shown::time_us};
use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use store::{audit::AuditRow, words};
use utoipa::{IntoParams, ToSchema};

/// One change.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuditEntry)]
pub struct AuditShown {
    /// When (RFC 3339, UTC).
    time: String,
    /// Who: `usr_…`, `tok_…` or `system`.
    actor: String,
    /// The address it came from.
    address: Option<String>,
    /// What was done, such as `key.create`.
    action: String,
    /// To what.
    target: String,
    /// How it was; null: it was not.
    #[schema(value_type = Option<Object>)]
    before: Option<Box<RawValue>>,
    /// How it is since; null: it is no more.
    #[schema(value_type = Option<Object>)]
    after: Option<Box<RawValue>>,
}

impl From<AuditRow> for AuditShown {
    fn from(row: AuditRow) -> Self {
        let json = |text: Option<String>| text.and_then(|text| RawValue::from_string(text).ok());
        Self {
            time: time_us(row.time_us),
            actor: row.actor,
            address: row.address,
            action: row.action,
            target: row.target,
            before: json(row.before),
            after: json(row.after),
        }
    }
}

/// Which part of the log.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AuditAsked {
    /// Only what was done to this: an id, or a model's name.
    target: Option<String>,
    /// Rows at most, 1 to 500; default 50.
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Lists changes, newest first.
#[utoipa::path(get, path = "/api/v1/audit", tag = "operation", params(AuditAsked),
    responses((status = 200, body = Page<AuditShown>)))]
pub async fn list(
    State(state): State<ApiState>,
    Asked(asked): Asked<AuditAsked>,
) -> Result<Json<Page<AuditShown>>, Problem> {
    let page = words::Page::parse(asked.limit, asked.cursor.as_deref())?;
    let listing = state.store.audit().list(asked.target.as_deref(), page).await?;
    Ok(Json(Page::shown(listing, AuditShown::from)))
}
