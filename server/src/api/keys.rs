//! Keys of a tenant: make (the secret is shown once), list, look at, change, rotate, revoke.
//!
//! A key that is turned off or revoked is refused by every node within a second: the change is a row that nodes poll, and
//! this node is told at once.

use super::{
    ApiState,
    guard::{By, OfTenant},
    input::{Asked, Fields, FieldsOrNone, InPath, given, time_ms},
    page::{Page, Part},
    problem::Problem,
    shown::{self, made},
};
use axum::{Json, extract::State, response::IntoResponse};
use domain::{
    budget::Period,
    channel::Limits,
    ids::{KeyId, TenantId, UserId},
    money::NanoUsd,
};
use http::StatusCode;
use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use store::{
    keys::{Key, KeyPatch, NewKey, Overlap, Scope},
    words::Name,
};
use utoipa::ToSchema;

/// A key, without its secret.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Key)]
pub struct KeyShown {
    /// `key_…`
    #[schema(value_type = String)]
    id: KeyId,
    /// Whose it is.
    #[schema(value_type = String)]
    tenant: TenantId,
    /// Its name.
    name: String,
    /// How its secret begins.
    prefix: String,
    /// How its secret ends.
    last4: String,
    /// Until when the secret it had before its last rotation is taken too; null: there is none.
    former_secret_ends_at: Option<String>,
    /// Whether it is taken.
    enabled: bool,
    /// The models it may call; null: all.
    models: Option<Vec<String>>,
    /// The endpoints it may call; null: all.
    endpoints: Option<Vec<String>>,
    /// The addresses and networks it may come from; null: any.
    #[schema(value_type = Option<Vec<String>>)]
    ip_allow: Option<Vec<IpNet>>,
    /// When it stops being taken (RFC 3339, UTC); null: never.
    expires_at: Option<String>,
    /// Requests a minute; null: no limit.
    rpm: Option<u32>,
    /// Tokens a minute, input and output; null: no limit.
    tpm: Option<u32>,
    /// Requests at once; null: no limit.
    concurrency: Option<u32>,
    /// The member it belongs to, whose budgets its requests count in; null: nobody in particular.
    #[schema(value_type = Option<String>)]
    member: Option<UserId>,
    /// When it was made.
    created_at: String,
    /// When it was revoked for good; null: it was not.
    revoked_at: Option<String>,
}

impl From<Key> for KeyShown {
    fn from(key: Key) -> Self {
        Self {
            id: key.id,
            tenant: key.tenant,
            name: key.name,
            prefix: key.prefix,
            last4: key.last4,
            former_secret_ends_at: key.former.map(|former| shown::time_ms(former.ends_at_ms)),
            enabled: key.enabled,
            models: key.scope.models,
            endpoints: key.scope.endpoints,
            ip_allow: key.scope.ip_allow,
            expires_at: key.expires_at_ms.map(shown::time_ms),
            rpm: key.limits.rpm,
            tpm: key.limits.tpm,
            concurrency: key.limits.concurrency,
            member: key.member,
            created_at: shown::time_us(key.created_us),
            revoked_at: key.revoked_us.map(shown::time_us),
        }
    }
}

/// A key just made or rotated, with its secret: shown this once.
#[derive(Debug, Serialize, ToSchema)]
pub struct KeyMade {
    /// The key.
    #[serde(flatten)]
    key: KeyShown,
    /// What apps present. It cannot be shown again.
    secret: String,
}

/// A key to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewKey)]
pub struct KeyFields {
    /// Its name, 1 to 200 characters.
    name: String,
    /// The models it may call; default: all.
    #[serde(default)]
    models: Option<Vec<String>>,
    /// The endpoints it may call (`chat_completions`, `responses`, `messages`, `generate_content`, `completions`, `embeddings`,
    /// `images`, `speech`, `transcriptions`, `moderations`, `rerank`); default: all.
    #[serde(default)]
    endpoints: Option<Vec<String>>,
    /// The addresses (`203.0.113.7`) and networks (`203.0.113.0/24`) it may come from; default: any.
    #[serde(default)]
    ip_allow: Option<Vec<String>>,
    /// When it stops being taken (RFC 3339); default: never.
    #[serde(default)]
    expires_at: Option<String>,
    /// Requests a minute; default: no limit.
    #[serde(default)]
    rpm: Option<u32>,
    /// Tokens a minute, input and output; default: no limit.
    #[serde(default)]
    tpm: Option<u32>,
    /// Requests at once; default: no limit.
    #[serde(default)]
    concurrency: Option<u32>,
    /// How much may be spent with it, by period: requests that do not fit are refused. More of budgets at
    /// `/api/v1/tenants/{id}/budgets`.
    #[serde(default)]
    budgets: Vec<KeyBudget>,
    /// The member it belongs to; default: who makes it, where they are a member.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    member: Option<UserId>,
}

/// How much may be spent with a key in a period.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyBudget {
    /// `day`, `week`, `month` (from midnight, Monday, the 1st in the tenant's zone) or `total`.
    #[schema(value_type = String)]
    period: Period,
    /// In USD.
    #[schema(value_type = String)]
    amount: NanoUsd,
}

/// What of a key is to change; absent fields stay, null lifts a restriction.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyChange {
    /// Its name.
    #[serde(default)]
    name: Option<String>,
    /// Whether it is taken.
    #[serde(default)]
    enabled: Option<bool>,
    /// The models it may call; null: all.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Vec<String>>)]
    models: Option<Option<Vec<String>>>,
    /// The endpoints it may call; null: all.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Vec<String>>)]
    endpoints: Option<Option<Vec<String>>>,
    /// The addresses and networks it may come from; null: any.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Vec<String>>)]
    ip_allow: Option<Option<Vec<String>>>,
    /// When it stops being taken (RFC 3339); null: never.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    expires_at: Option<Option<String>>,
    /// Requests a minute; null: no limit.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<u32>)]
    rpm: Option<Option<u32>>,
    /// Tokens a minute, input and output; null: no limit.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<u32>)]
    tpm: Option<Option<u32>>,
    /// Requests at once; null: no limit.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<u32>)]
    concurrency: Option<Option<u32>>,
}

/// How a key is rotated.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyRotation {
    /// How many seconds the secret it has now is still taken: 0 to 604800 (7 days); default: 86400, a day.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 604_800)]
    overlap_seconds: Option<i64>,
}

/// The scope after a change: lists that are not named stay.
fn changed(now: Scope, fields: &mut KeyChange) -> Result<Option<Scope>, Problem> {
    let (models, endpoints, ip_allow) = (fields.models.take(), fields.endpoints.take(), fields.ip_allow.take());
    if models.is_none() && endpoints.is_none() && ip_allow.is_none() {
        return Ok(None);
    }
    let (keep_models, keep_endpoints, keep_ip_allow) = (models.is_none(), endpoints.is_none(), ip_allow.is_none());
    let given = Scope::parse(models.flatten(), endpoints.flatten(), ip_allow.flatten())?;
    Ok(Some(Scope {
        models: if keep_models { now.models } else { given.models },
        endpoints: if keep_endpoints { now.endpoints } else { given.endpoints },
        ip_allow: if keep_ip_allow { now.ip_allow } else { given.ip_allow },
    }))
}

fn expiry(text: String) -> Result<i64, Problem> {
    time_ms("expires_at", &text)
}

/// Makes a key. Its secret is in this answer and nowhere else.
#[utoipa::path(post, path = "/api/v1/tenants/{id}/keys", tag = "keys", params(("id" = String, Path)),
    request_body = KeyFields, responses((status = 201, body = KeyMade)))]
pub async fn create(
    State(state): State<ApiState>,
    OfTenant(tenant): OfTenant,
    By(actor): By,
    Fields(fields): Fields<KeyFields>,
) -> Result<impl IntoResponse, Problem> {
    let new = NewKey {
        name: Name::parse("name", &fields.name)?,
        scope: Scope::parse(fields.models, fields.endpoints, fields.ip_allow)?,
        expires_at_ms: fields.expires_at.map(expiry).transpose()?,
        limits: Limits { rpm: fields.rpm, tpm: fields.tpm, concurrency: fields.concurrency },
        member: fields.member,
        budgets: fields.budgets.into_iter().map(|budget| (budget.period, budget.amount)).collect(),
    };
    let (key, secret) = state.store.keys().create(&actor, tenant, new).await?;
    Ok(made(KeyMade { key: key.into(), secret: secret.expose().to_owned() }))
}

/// Lists a tenant's keys, newest first. Revoked ones are gone from it.
#[utoipa::path(get, path = "/api/v1/tenants/{id}/keys", tag = "keys", params(("id" = String, Path), Part),
    responses((status = 200, body = Page<KeyShown>)))]
pub async fn list(
    State(state): State<ApiState>,
    OfTenant(tenant): OfTenant,
    Asked(part): Asked<Part>,
) -> Result<Json<Page<KeyShown>>, Problem> {
    let page = part.page()?;
    state.store.tenants().get(tenant).await?;
    let listing = state.store.keys().list(tenant, page).await?;
    Ok(Json(Page::shown(listing, KeyShown::from)))
}

/// One key.
#[utoipa::path(get, path = "/api/v1/keys/{id}", tag = "keys", params(("id" = String, Path)),
    responses((status = 200, body = KeyShown)))]
pub async fn show(State(state): State<ApiState>, InPath(id): InPath<KeyId>) -> Result<Json<KeyShown>, Problem> {
    Ok(Json(state.store.keys().get(id).await?.into()))
}

/// Changes a key. One that is turned off is refused within a second.
#[utoipa::path(patch, path = "/api/v1/keys/{id}", tag = "keys", params(("id" = String, Path)),
    request_body = KeyChange, responses((status = 200, body = KeyShown)))]
pub async fn change(
    State(state): State<ApiState>,
    InPath(id): InPath<KeyId>,
    By(actor): By,
    Fields(mut fields): Fields<KeyChange>,
) -> Result<Json<KeyShown>, Problem> {
    let now = state.store.keys().get(id).await?;
    let limits = Limits {
        rpm: fields.rpm.unwrap_or(now.limits.rpm),
        tpm: fields.tpm.unwrap_or(now.limits.tpm),
        concurrency: fields.concurrency.unwrap_or(now.limits.concurrency),
    };
    let patch = KeyPatch {
        limits: (limits != now.limits).then_some(limits),
        name: fields.name.as_deref().map(|text| Name::parse("name", text)).transpose()?,
        enabled: fields.enabled,
        scope: changed(now.scope, &mut fields)?,
        expires_at_ms: fields.expires_at.map(|text| text.map(expiry).transpose()).transpose()?,
    };
    let key = state.store.keys().patch(&actor, id, patch).await?;
    Ok(Json(key.into()))
}

/// Gives a key a new secret, which is in this answer and nowhere else. The one it had is taken until
/// `former_secret_ends_at`; without an overlap it is refused within a second, and so is one from before an earlier rotation.
#[utoipa::path(post, path = "/api/v1/keys/{id}/rotate", tag = "keys", params(("id" = String, Path)),
    request_body(content = Option<KeyRotation>), responses((status = 201, body = KeyMade)))]
pub async fn rotate(
    State(state): State<ApiState>,
    InPath(id): InPath<KeyId>,
    By(actor): By,
    FieldsOrNone(fields): FieldsOrNone<KeyRotation>,
) -> Result<impl IntoResponse, Problem> {
    let overlap = fields.overlap_seconds.map(|seconds| Overlap::parse("overlap_seconds", seconds)).transpose()?;
    let (key, secret) = state.store.keys().rotate(&actor, id, overlap.unwrap_or(Overlap::DAY)).await?;
    Ok(made(KeyMade { key: key.into(), secret: secret.expose().to_owned() }))
}

/// Revokes a key for good. It is refused within a second.
#[utoipa::path(delete, path = "/api/v1/keys/{id}", tag = "keys", params(("id" = String, Path)),
    responses((status = 204)))]
pub async fn revoke(
    State(state): State<ApiState>,
    InPath(id): InPath<KeyId>,
    By(actor): By,
) -> Result<StatusCode, Problem> {
    state.store.keys().revoke(&actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
