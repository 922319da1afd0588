//! Redemption codes: batches that admins make and withdraw, and redeeming one.

use super::{
    ApiState,
    guard::{By, OfTenant},
    input::{self, Asked, Fields, InPath},
    page::{Page, Part},
    problem::Problem,
    shown::{made, time_us},
};
use axum::{Json, extract::State, response::IntoResponse};
use domain::{
    ids::{BatchId, TenantId, TransferId},
    money::NanoUsd,
};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use store::codes::{Batch, CodeKind, NewBatch, Redeemed};
use utoipa::ToSchema;

/// Codes that were made together.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CodeBatch)]
pub struct BatchShown {
    /// `bat_…`
    #[schema(value_type = String)]
    id: BatchId,
    /// `topup`: they are sold; `bonus`: they are given away, and not paid out when a tenant is closed.
    #[schema(value_type = String)]
    kind: CodeKind,
    /// What each is worth, in USD.
    #[schema(value_type = String)]
    amount: NanoUsd,
    /// How many there are.
    count: i64,
    /// How many are redeemed.
    redeemed: i64,
    /// What for.
    note: String,
    /// Until when they can be redeemed (RFC 3339, UTC); null: for ever.
    expires_at: Option<String>,
    /// When they were withdrawn; null: they were not.
    revoked_at: Option<String>,
    /// When they were made.
    created_at: String,
}

impl From<Batch> for BatchShown {
    fn from(batch: Batch) -> Self {
        let Batch { id, kind, amount, codes, redeemed, note, expires_us, revoked_us, created_us } = batch;
        let (expires_at, revoked_at) = (expires_us.map(time_us), revoked_us.map(time_us));
        Self { id, kind, amount, count: codes, redeemed, note, expires_at, revoked_at, created_at: time_us(created_us) }
    }
}

/// A batch with its codes.
#[derive(Debug, Serialize, ToSchema)]
pub struct BatchMade {
    #[serde(flatten)]
    batch: BatchShown,
    /// The codes. They are in this answer and nowhere else.
    codes: Vec<String>,
}

/// Codes to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewCodes)]
pub struct BatchFields {
    /// What each is worth, in USD.
    #[schema(value_type = String, example = "10")]
    amount: NanoUsd,
    /// How many, 1 to 10 000; default 1.
    #[serde(default)]
    count: Option<u32>,
    /// `topup` (they are sold; the default) or `bonus` (they are given away).
    #[serde(default)]
    kind: Option<String>,
    /// Until when they can be redeemed (RFC 3339); default: for ever.
    #[serde(default)]
    expires_at: Option<String>,
    /// What for, at most 200 characters; tenants do not see it.
    #[serde(default)]
    note: Option<String>,
}

/// A code to be redeemed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Redemption)]
pub struct RedemptionFields {
    /// For whom.
    #[schema(value_type = String)]
    #[expect(dead_code, reason = "the guard reads it")]
    tenant: TenantId,
    /// The code; case, blanks and dashes do not matter.
    #[schema(example = "7H2KQ-00000-00000-00000-00000")]
    code: String,
}

/// What a code came to.
#[derive(Debug, Serialize, ToSchema)]
pub struct RedeemedShown {
    /// The transfer into the wallet.
    #[schema(value_type = String)]
    transfer: TransferId,
    /// In USD.
    #[schema(value_type = String)]
    amount: NanoUsd,
    /// The wallet's balance after it, in USD.
    #[schema(value_type = String)]
    balance: NanoUsd,
    /// When (RFC 3339, UTC).
    time: String,
}

/// Makes a batch of codes. They are in the answer and nowhere else.
#[utoipa::path(post, path = "/api/v1/codes", tag = "payments", request_body = BatchFields,
    responses((status = 201, body = BatchMade)))]
pub async fn create(
    State(state): State<ApiState>,
    By(actor): By,
    Fields(fields): Fields<BatchFields>,
) -> Result<impl IntoResponse, Problem> {
    let kind = fields.kind.as_deref().map_or(Ok(CodeKind::Topup), |text| input::word("kind", text))?;
    let expires_us = fields.expires_at.map(|text| input::time_us("expires_at", &text)).transpose()?;
    let (codes, note) = (fields.count.unwrap_or(1), fields.note.unwrap_or_default());
    let new = NewBatch { kind, amount: fields.amount, codes, note, expires_us };
    let (batch, codes) = state.store.codes().create(&actor, new).await?;
    Ok(made(BatchMade { batch: batch.into(), codes }))
}

/// Lists batches of codes, newest first.
#[utoipa::path(get, path = "/api/v1/codes", tag = "payments", params(Part),
    responses((status = 200, body = Page<BatchShown>)))]
pub async fn list(State(state): State<ApiState>, Asked(part): Asked<Part>) -> Result<Json<Page<BatchShown>>, Problem> {
    let listing = state.store.codes().list(part.page()?).await?;
    Ok(Json(Page::shown(listing, BatchShown::from)))
}

/// Withdraws a batch: codes of it that are not redeemed yet cannot be any more.
#[utoipa::path(delete, path = "/api/v1/codes/{id}", tag = "payments", params(("id" = String, Path)),
    responses((status = 204)))]
pub async fn revoke(
    State(state): State<ApiState>,
    By(actor): By,
    InPath(id): InPath<BatchId>,
) -> Result<StatusCode, Problem> {
    state.store.codes().revoke(&actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Redeems a code, once; the same code again for the same tenant gives the same answer. Too many that are none: 429.
#[utoipa::path(post, path = "/api/v1/redeem", tag = "payments", request_body = RedemptionFields,
    responses((status = 201, body = RedeemedShown)))]
pub async fn redeem(
    State(state): State<ApiState>,
    OfTenant(tenant): OfTenant,
    By(actor): By,
    Fields(fields): Fields<RedemptionFields>,
) -> Result<impl IntoResponse, Problem> {
    match state.store.codes().redeem(&actor, tenant, &fields.code).await? {
        Redeemed::TooMany { retry_after } => {
            Err(Problem::too_many("Too many codes that were none. Wait before the next one.", retry_after))
        }
        Redeemed::Credited(posted) => Ok(made(RedeemedShown {
            transfer: posted.id,
            amount: posted.amount,
            balance: posted.balance,
            time: time_us(posted.time_us),
        })),
    }
}
