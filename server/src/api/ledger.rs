//! A tenant's money: its wallet, adjustments by admins, and the transfers that made the balance what it is.

use super::{
    ApiState,
    guard::{By, OfTenant},
    input::{Asked, Fields},
    page::{Page, Part},
    problem::Problem,
    shown::{made, time_us},
};
use axum::{Json, extract::State, response::IntoResponse};
use domain::{
    ids::{TenantId, TransferId},
    money::NanoUsd,
};
use serde::{Deserialize, Serialize};
use store::{Moment, ledger::listing::Line, words::Name};
use utoipa::ToSchema;

/// A wallet at this moment. All amounts in USD.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Balance)]
pub struct BalanceShown {
    /// The sum of the wallet's transfers.
    #[schema(value_type = String)]
    posted: NanoUsd,
    /// Drawn by nodes for running requests, and neither charged nor returned.
    #[schema(value_type = String)]
    leased: NanoUsd,
    /// What nodes can still draw: `posted + credit_limit - leased`.
    #[schema(value_type = String)]
    available: NanoUsd,
    /// Charged on this node and not posted yet; part of `leased`.
    #[schema(value_type = String)]
    pending: NanoUsd,
    /// How far `posted` may go below zero.
    #[schema(value_type = String)]
    credit_limit: NanoUsd,
}

/// A transfer to or from a wallet.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Transfer)]
pub struct TransferShown {
    /// `trf_…`
    #[schema(value_type = String)]
    id: TransferId,
    /// Whose wallet.
    #[schema(value_type = String)]
    tenant: TenantId,
    /// When (RFC 3339, UTC).
    time: String,
    /// `usage`, `adjustment`, `writeoff`, …
    kind: String,
    /// In USD; negative: taken from the wallet.
    #[schema(value_type = String)]
    amount: NanoUsd,
    /// The wallet's balance after it, in USD.
    #[schema(value_type = String)]
    balance: NanoUsd,
    /// What it was for.
    reference: String,
}

/// Credit to be given or taken.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewAdjustment)]
pub struct AdjustmentFields {
    /// In USD; negative takes away. Not zero.
    #[schema(value_type = String, example = "12.5")]
    amount: NanoUsd,
    /// Why, 1 to 200 characters; the tenant sees it.
    reason: String,
}

/// A tenant's wallet.
#[utoipa::path(get, path = "/api/v1/tenants/{id}/balance", tag = "money", params(("id" = String, Path)),
    responses((status = 200, body = BalanceShown)))]
pub async fn balance(State(state): State<ApiState>, OfTenant(tenant): OfTenant) -> Result<Json<BalanceShown>, Problem> {
    let balance = state.ledger.balance(tenant).await?;
    Ok(Json(BalanceShown {
        posted: balance.posted,
        leased: balance.leased,
        available: balance.available,
        pending: balance.pending,
        credit_limit: balance.credit_limit,
    }))
}

/// Gives a tenant credit, or takes it away. Taking may wait up to 2 s for nodes to return what they hold; what then is not
/// there is refused with 409 `insufficient_balance` and the amount that is.
#[utoipa::path(post, path = "/api/v1/tenants/{id}/adjustments", tag = "money", params(("id" = String, Path)),
    request_body = AdjustmentFields, responses((status = 201, body = TransferShown)))]
pub async fn adjust(
    State(state): State<ApiState>,
    OfTenant(tenant): OfTenant,
    By(actor): By,
    Fields(fields): Fields<AdjustmentFields>,
) -> Result<impl IntoResponse, Problem> {
    let reason = Name::parse("reason", &fields.reason)?;
    let posted = state.store.wallets().adjust(&actor, tenant, fields.amount, reason.as_str()).await?;
    Ok(made(TransferShown {
        id: posted.id,
        tenant,
        time: time_us(posted.time_us),
        kind: "adjustment".to_owned(),
        amount: posted.amount,
        balance: posted.balance,
        reference: reason.to_string(),
    }))
}

/// Lists a wallet's transfers with the balance after each, newest first.
#[utoipa::path(get, path = "/api/v1/tenants/{id}/ledger", tag = "money", params(("id" = String, Path), Part),
    responses((status = 200, body = Page<TransferShown>)))]
pub async fn transfers(
    State(state): State<ApiState>,
    OfTenant(tenant): OfTenant,
    Asked(part): Asked<Part>,
) -> Result<Json<Page<TransferShown>>, Problem> {
    let page = part.page()?;
    state.store.tenants().get(tenant).await?;
    let limit = u32::try_from(page.fetch()).unwrap_or(1);
    let rows = Moment::now(state.store.db()).await?.transfers(tenant, Some(page.before()), limit).await?;
    let listing = page.cut(rows, |line| line.line);
    Ok(Json(Page::shown(listing, |line: Line| TransferShown {
        id: line.id,
        tenant,
        time: time_us(line.time_us),
        kind: line.kind,
        amount: line.amount,
        balance: line.balance,
        reference: line.reference,
    })))
}
