//! Closing a tenant for good: what it would come to, and doing it.

use super::{
    ApiState,
    guard::{By, OfTenant},
    input::Fields,
    problem::Problem,
    shown::{made, time_us},
};
use axum::{Json, extract::State, response::IntoResponse};
use domain::{ids::TenantId, money::NanoUsd};
use serde::{Deserialize, Serialize};
use store::{
    closing::{Closed, Preview},
    words::Name,
};
use utoipa::ToSchema;

/// What closing a tenant now would come to. All amounts in USD.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ClosingPreview)]
pub struct PreviewShown {
    /// What is in the wallet.
    #[schema(value_type = String)]
    posted: NanoUsd,
    /// Of it, at work in running requests: it must come back first.
    #[schema(value_type = String)]
    leased: NanoUsd,
    /// What the tenant paid in, less what went back.
    #[schema(value_type = String)]
    paid_in: NanoUsd,
    /// What it owes after chargebacks, which the wallet pays first.
    #[schema(value_type = String)]
    owed: NanoUsd,
    /// Of that, what the wallet can pay.
    #[schema(value_type = String)]
    set_off: NanoUsd,
    /// What is paid out.
    #[schema(value_type = String)]
    pay_out: NanoUsd,
    /// Given credit that ends.
    #[schema(value_type = String)]
    ends: NanoUsd,
    /// Keys that are revoked.
    keys: i64,
    /// Orders of credit that may still be paid; what is paid on them later is for a refund.
    pending_topups: i64,
    /// When it was closed; null: it is not.
    closed_at: Option<String>,
}

/// How a tenant was closed. All amounts in USD.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Closing)]
pub struct ClosedShown {
    /// Which.
    #[schema(value_type = String)]
    tenant: TenantId,
    /// To be paid out.
    #[schema(value_type = String)]
    paid: NanoUsd,
    /// Given credit that ended.
    #[schema(value_type = String)]
    ended: NanoUsd,
    /// Of what it owed, paid by the wallet.
    #[schema(value_type = String)]
    set_off: NanoUsd,
    /// How it is paid out.
    reference: String,
    /// When (RFC 3339, UTC).
    closed_at: String,
}

/// How a tenant is to be closed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewClosing)]
pub struct ClosingFields {
    /// What is paid out, in USD, at most what is left in the wallet; default: what was paid in and is not spent, given credit
    /// counting as spent first.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pay_out: Option<NanoUsd>,
    /// How it is paid out, 1 to 200 characters; the tenant sees it.
    reference: String,
}

/// What closing a tenant now would come to.
#[utoipa::path(get, path = "/api/v1/tenants/{id}/close", tag = "tenants", params(("id" = String, Path)),
    responses((status = 200, body = PreviewShown)))]
pub async fn preview(State(state): State<ApiState>, OfTenant(tenant): OfTenant) -> Result<Json<PreviewShown>, Problem> {
    let closing = state.store.closing();
    let Preview { posted, leased, paid_in, owed, set_off, pay_out, ends, keys, pending_topups } =
        closing.preview(tenant).await?;
    let closed_at = closing.closed(tenant).await?.map(|closed| time_us(closed.time_us));
    let shown = PreviewShown { posted, leased, paid_in, owed, set_off, pay_out, ends, keys, pending_topups, closed_at };
    Ok(Json(shown))
}

/// Closes a tenant for good: its keys are revoked, what it owes is set off, what it paid in and has not spent is booked as paid
/// out (paying is for people), given credit ends. While requests run: 409 `insufficient_balance`; it is frozen then, and is to
/// be closed again. Closing it again answers as the first time.
#[utoipa::path(post, path = "/api/v1/tenants/{id}/close", tag = "tenants", params(("id" = String, Path)),
    request_body = ClosingFields, responses((status = 201, body = ClosedShown)))]
pub async fn close(
    State(state): State<ApiState>,
    OfTenant(tenant): OfTenant,
    By(actor): By,
    Fields(fields): Fields<ClosingFields>,
) -> Result<impl IntoResponse, Problem> {
    let reference = Name::parse("reference", &fields.reference)?;
    state.store.tenants().get(tenant).await?;
    // This node at once; others at their next look.
    let frozen = || state.ledger.set_frozen(tenant, true);
    let closed = state.store.closing().close(&actor, tenant, fields.pay_out, reference.as_str(), frozen).await?;
    let Closed { tenant, paid, ended, set_off, reference, time_us: closed_us } = closed;
    Ok(made(ClosedShown { tenant, paid, ended, set_off, reference, closed_at: time_us(closed_us) }))
}
