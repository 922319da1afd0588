//! Budgets of a tenant, its keys and its members: how much may be spent in a day, a week, a month, or at all.

use super::{
    ApiState,
    guard::{By, OfTenant},
    input::{Asked, Fields, InPath},
    page::{Page, Part},
    problem::Problem,
    shown::{made, time_us},
};
use axum::{Json, extract::State, response::IntoResponse};
use domain::{
    budget::{BudgetOf, Period},
    ids::{BudgetId, KeyId, TenantId, UserId},
    money::NanoUsd,
};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use store::budgets::{BudgetNow, BudgetPatch, BudgetRow, NewBudget, rows::Owner};
use utoipa::ToSchema;

/// Parts per million in a percent.
const PERCENT: u32 = 10_000;

/// A budget that is set.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Budget)]
pub struct BudgetShown {
    /// `bud_…`
    #[schema(value_type = String)]
    id: BudgetId,
    /// Of which tenant, or of whose key or member.
    #[schema(value_type = String)]
    tenant: TenantId,
    /// Whose: `tenant` (all its keys together), `key` or `member` (all of the member's keys together).
    #[schema(value_type = String)]
    of: BudgetOf,
    /// The key's or the user's id; null: the tenant itself.
    owner: Option<String>,
    /// `day`, `week`, `month` or `total`.
    #[schema(value_type = String)]
    period: Period,
    /// So much may be spent in each, in USD.
    #[schema(value_type = String)]
    amount: NanoUsd,
    /// Whether requests that do not fit are refused with 402 `insufficient_balance`.
    hard: bool,
    /// Percents of the amount; passing one is an event `budget_reached`.
    steps: Vec<u32>,
    /// When it was set (RFC 3339, UTC).
    created_at: String,
}

/// A budget with the window that runs now.
#[derive(Debug, Serialize, ToSchema)]
pub struct BudgetWithWindow {
    #[serde(flatten)]
    budget: BudgetShown,
    /// Charged in this window so far, in USD.
    #[schema(value_type = String)]
    spent: NanoUsd,
    /// Set aside for requests that run or are not posted yet.
    #[schema(value_type = String)]
    held: NanoUsd,
    /// When the window began; null: it has always run.
    from: Option<String>,
    /// When it ends; null: never.
    to: Option<String>,
}

/// A budget to be set: of the tenant, or of the key or the member named.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewBudget)]
pub struct BudgetFields {
    /// Of this key.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    key: Option<KeyId>,
    /// Of this member.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    member: Option<UserId>,
    /// `day`, `week`, `month` (from midnight, Monday, the 1st in the tenant's zone) or `total`.
    #[schema(value_type = String)]
    period: Period,
    /// So much may be spent in each, in USD.
    #[schema(value_type = String)]
    amount: NanoUsd,
    /// Whether requests that do not fit are refused; default: they are.
    #[serde(default)]
    hard: Option<bool>,
    /// Percents of the amount that are told, 1 to 1000, at most 10; default: 50, 80, 100.
    #[serde(default)]
    steps: Option<Vec<u32>>,
}

/// What of a budget is to change; absent fields stay.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BudgetChange {
    /// So much may be spent in each window, in USD.
    #[schema(value_type = Option<String>)]
    amount: Option<NanoUsd>,
    /// Whether requests that do not fit are refused.
    hard: Option<bool>,
    /// Percents of the amount that are told.
    steps: Option<Vec<u32>>,
}

impl From<BudgetRow> for BudgetShown {
    fn from(row: BudgetRow) -> Self {
        let BudgetRow { id, tenant, of, owner, period, amount, hard, steps, created_us } = row;
        let owner = match of {
            BudgetOf::Tenant => None,
            BudgetOf::Key => Some(KeyId(owner).to_string()),
            BudgetOf::Member => Some(UserId(owner).to_string()),
        };
        let steps = steps.into_iter().map(|step| step / PERCENT).collect();
        Self { id, tenant, of, owner, period, amount, hard, steps, created_at: time_us(created_us) }
    }
}

impl From<BudgetNow> for BudgetWithWindow {
    fn from(now: BudgetNow) -> Self {
        let BudgetNow { budget, owner_name: _, spent, leased, since_us, until_us } = now;
        let (from, to) = (since_us.map(time_us), until_us.map(time_us));
        Self { budget: budget.into(), spent, held: leased, from, to }
    }
}

/// Percents as parts per million; what is too high stays too high.
fn parts(steps: Vec<u32>) -> Vec<u32> {
    steps.into_iter().map(|step| step.saturating_mul(PERCENT)).collect()
}

/// Sets a budget. What was spent in its window already counts.
#[utoipa::path(post, path = "/api/v1/tenants/{id}/budgets", tag = "budgets", params(("id" = String, Path)),
    request_body = BudgetFields, responses((status = 201, body = BudgetShown)))]
pub async fn create(
    State(state): State<ApiState>,
    OfTenant(tenant): OfTenant,
    By(actor): By,
    Fields(fields): Fields<BudgetFields>,
) -> Result<impl IntoResponse, Problem> {
    let owner = match (fields.key, fields.member) {
        (None, None) => Owner::Tenant,
        (Some(key), None) => Owner::Key(key),
        (None, Some(member)) => Owner::Member(member),
        (Some(_), Some(_)) => return Err(Problem::field("member", "must not be named beside a key")),
    };
    let usual = NewBudget::hard(owner, fields.period, fields.amount);
    let hard = fields.hard.unwrap_or(usual.hard);
    let new = NewBudget { hard, steps: fields.steps.map_or(usual.steps.clone(), parts), ..usual };
    let row = state.store.budgets().create(&actor, tenant, &new).await?;
    Ok(made(BudgetShown::from(row)))
}

/// Lists a tenant's budgets, newest first, each with what is spent of it now.
#[utoipa::path(get, path = "/api/v1/tenants/{id}/budgets", tag = "budgets", params(("id" = String, Path), Part),
    responses((status = 200, body = Page<BudgetWithWindow>)))]
pub async fn list(
    State(state): State<ApiState>,
    OfTenant(tenant): OfTenant,
    Asked(part): Asked<Part>,
) -> Result<Json<Page<BudgetWithWindow>>, Problem> {
    let page = part.page()?;
    state.store.tenants().get(tenant).await?;
    let listing = state.store.budgets().list(tenant, page).await?;
    Ok(Json(Page::shown(listing, BudgetWithWindow::from)))
}

/// Changes a budget, in force within a second.
#[utoipa::path(patch, path = "/api/v1/tenants/{id}/budgets/{budget}", tag = "budgets",
    params(("id" = String, Path), ("budget" = String, Path)), request_body = BudgetChange,
    responses((status = 200, body = BudgetShown)))]
pub async fn change(
    State(state): State<ApiState>,
    OfTenant(tenant): OfTenant,
    InPath(budget): InPath<BudgetId>,
    By(actor): By,
    Fields(fields): Fields<BudgetChange>,
) -> Result<Json<BudgetShown>, Problem> {
    let patch = BudgetPatch { amount: fields.amount, hard: fields.hard, steps: fields.steps.map(parts) };
    Ok(Json(state.store.budgets().patch(&actor, tenant, budget, patch).await?.into()))
}

/// Takes a budget away, within a second.
#[utoipa::path(delete, path = "/api/v1/tenants/{id}/budgets/{budget}", tag = "budgets",
    params(("id" = String, Path), ("budget" = String, Path)), responses((status = 204)))]
pub async fn remove(
    State(state): State<ApiState>,
    OfTenant(tenant): OfTenant,
    InPath(budget): InPath<BudgetId>,
    By(actor): By,
) -> Result<StatusCode, Problem> {
    state.store.budgets().delete(&actor, tenant, budget).await?;
    Ok(StatusCode::NO_CONTENT)
}
