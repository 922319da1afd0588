//! Tenants: make, list, look at, change (name, credit limit, frozen).

use super::{
    ApiState,
    caller::Scope,
    channel_parts::LimitsShape,
    guard::{By, OfTenant},
    input::{Asked, Fields, given},
    page::{Page, Part},
    problem::Problem,
    shown::{made, time_us},
};
use axum::{Json, extract::State, response::IntoResponse};
use domain::{channel::Limits, ids::TenantId, money::NanoUsd};
use serde::{Deserialize, Serialize};
use store::{
    responses,
    tenants::{Tenant, TenantPatch},
    words::Name,
};
use utoipa::ToSchema;

/// A tenant: the customer who owns a wallet, keys and members.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Tenant)]
pub struct TenantShown {
    /// `ten_…`
    #[schema(value_type = String)]
    id: TenantId,
    /// Its name.
    name: String,
    /// How far its balance may go below zero, in USD.
    #[schema(value_type = String)]
    credit_limit: NanoUsd,
    /// Whether its keys are refused with 403 `tenant_frozen`.
    frozen: bool,
    /// For how many days its responses are kept, sealed, so that a later request can go on from them
    /// (`previous_response_id`); 0: they are not kept.
    response_days: u16,
    /// What rules call it by; null: nothing.
    group: Option<String>,
    /// How much all its keys together may ask for.
    #[schema(value_type = LimitsShape)]
    limits: Limits,
    /// Where its days begin, for budgets and bills: an IANA time zone.
    zone: String,
    /// When it was made (RFC 3339, UTC).
    created_at: String,
    /// When it was closed for good; null: it is not.
    closed_at: Option<String>,
}

impl From<Tenant> for TenantShown {
    fn from(tenant: Tenant) -> Self {
        let Tenant { id, name, credit_limit, frozen, response_days, group, limits, zone, created_us, closed_us } =
            tenant;
        let group = Some(group).filter(|group| !group.is_empty());
        Self {
            id,
            name,
            credit_limit,
            frozen,
            response_days,
            group,
            limits,
            zone,
            created_at: time_us(created_us),
            closed_at: closed_us.map(time_us),
        }
    }
}

/// A tenant to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewTenant)]
pub struct TenantFields {
    /// Its name, 1 to 200 characters.
    name: String,
    /// How far its balance may go below zero, in USD; default 0.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    credit_limit: Option<NanoUsd>,
    /// What rules call it by; default: nothing.
    #[serde(default)]
    group: Option<String>,
}

/// What of a tenant is to change; absent fields stay.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TenantChange)]
pub struct TenantChange {
    /// Its name.
    name: Option<String>,
    /// How far its balance may go below zero, in USD. Lowering it may take up to 2 s, while nodes return what they hold.
    #[schema(value_type = Option<String>)]
    credit_limit: Option<NanoUsd>,
    /// Refuse its keys, or take them again.
    frozen: Option<bool>,
    /// For how many days its responses are kept, 0 to 365. Fewer days count for what is kept already.
    response_days: Option<u32>,
    /// What rules call it by; null: nothing.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    group: Option<Option<String>>,
    /// How much all its keys together may ask for; all of them.
    #[schema(value_type = Option<LimitsShape>)]
    limits: Option<Limits>,
    /// Where its days begin, for budgets and bills: an IANA time zone.
    #[schema(example = "Europe/Berlin")]
    zone: Option<String>,
}

/// Makes a tenant with an empty wallet.
#[utoipa::path(post, path = "/api/v1/tenants", tag = "tenants", request_body = TenantFields,
    responses((status = 201, body = TenantShown)))]
pub async fn create(
    State(state): State<ApiState>,
    By(actor): By,
    Fields(fields): Fields<TenantFields>,
) -> Result<impl IntoResponse, Problem> {
    let name = Name::parse("name", &fields.name)?;
    let limit = fields.credit_limit.unwrap_or_default();
    let tenant =
        state.store.tenants().create_in(&actor, fields.group.as_deref().unwrap_or_default(), &name, limit).await?;
    Ok(made(TenantShown::from(tenant)))
}

/// Lists tenants, newest first; a member sees their own.
#[utoipa::path(get, path = "/api/v1/tenants", tag = "tenants", params(Part),
    responses((status = 200, body = Page<TenantShown>)))]
pub async fn list(
    State(state): State<ApiState>,
    scope: Scope,
    Asked(part): Asked<Part>,
) -> Result<Json<Page<TenantShown>>, Problem> {
    let page = part.page()?;
    let listing = match scope {
        Scope::Everything => state.store.tenants().list(page).await?,
        Scope::Tenants(own) => {
            let mut rows = Vec::new();
            for id in own.into_iter().filter(|id| id.0 < page.before()) {
                rows.push(state.store.tenants().get(id).await?);
            }
            rows.sort_by_key(|tenant| std::cmp::Reverse(tenant.id));
            page.cut(rows, |tenant| tenant.id.0)
        }
    };
    Ok(Json(Page::shown(listing, TenantShown::from)))
}

/// One tenant.
#[utoipa::path(get, path = "/api/v1/tenants/{id}", tag = "tenants", params(("id" = String, Path)),
    responses((status = 200, body = TenantShown)))]
pub async fn show(State(state): State<ApiState>, OfTenant(id): OfTenant) -> Result<Json<TenantShown>, Problem> {
    Ok(Json(state.store.tenants().get(id).await?.into()))
}

/// Changes a tenant. Freezing it refuses its keys within a second and calls back what nodes hold of its money.
#[utoipa::path(patch, path = "/api/v1/tenants/{id}", tag = "tenants", params(("id" = String, Path)),
    request_body = TenantChange, responses((status = 200, body = TenantShown)))]
pub async fn change(
    State(state): State<ApiState>,
    OfTenant(id): OfTenant,
    By(actor): By,
    Fields(fields): Fields<TenantChange>,
) -> Result<Json<TenantShown>, Problem> {
    let name = fields.name.map(|text| Name::parse("name", &text)).transpose()?;
    let response_days = fields.response_days.map(|days| responses::days("response_days", days)).transpose()?;
    // First what may be refused: the rest then cannot fail for want of money.
    if let Some(limit) = fields.credit_limit {
        state.store.wallets().set_credit_limit(&actor, id, limit).await?;
    }
    let group = fields.group.map(Option::unwrap_or_default);
    let patch =
        TenantPatch { name, frozen: fields.frozen, response_days, group, limits: fields.limits, zone: fields.zone };
    let tenant = if patch == TenantPatch::default() {
        state.store.tenants().get(id).await?
    } else {
        state.store.tenants().patch(&actor, id, patch).await?
    };
    if let Some(frozen) = fields.frozen {
        // This node at once; others at their next look. Running requests end within their holds.
        state.ledger.set_frozen(id, frozen);
    }
    Ok(Json(tenant.into()))
}
