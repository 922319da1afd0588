//! Alert rules: who is told of which events, by mail or by a signed call. The place has some, and each tenant may have some of
//! its own, which count what happened to it.

use super::{
    ApiState,
    guard::{By, OfTenant},
    input::{Fields, InPath},
    problem::Problem,
    shown::{made, time_us},
};
use crate::watch::{alerts::tell, tell::permitted};
use axum::{Json, extract::State, response::IntoResponse};
use domain::ids::TenantId;
use http::StatusCode;
use serde::{Deserialize, Deserializer, Serialize};
use store::{
    alerts::{Due, NewRule, Rule, RulePatch},
    events::EventRow,
    time::now_us,
    words::Name,
};
use tokio_util::sync::CancellationToken;
use utoipa::ToSchema;

/// How many events of a tenant are listed.
const EVENTS: u32 = 100;

/// An alert rule.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AlertRule)]
pub struct RuleShown {
    /// Which.
    id: String,
    /// Whose; null: the place's.
    #[schema(value_type = Option<String>)]
    tenant: Option<TenantId>,
    /// Its name.
    name: String,
    /// The kinds of events it counts; empty: all.
    kinds: Vec<String>,
    /// From so many on it tells …
    threshold: u32,
    /// … within so many seconds, and at most once in them.
    window_seconds: u32,
    /// Who gets a mail.
    emails: Vec<String>,
    /// What is called, by its scheme and host (`https://hooks.example.com/…`), as the rest may be a token; with
    /// `x-turnpike-signature: t=<unix seconds>,v1=<HMAC-SHA-256 of "t.body", hexadecimal>`.
    webhook: Option<String>,
    /// Whether it is looked at.
    enabled: bool,
    /// Until when it has told; at first when it was made.
    told_until: String,
}

impl From<Rule> for RuleShown {
    fn from(rule: Rule) -> Self {
        let webhook = rule.webhook_shown();
        Self {
            id: rule.id.to_string(),
            tenant: rule.tenant,
            name: rule.name,
            kinds: rule.kinds,
            threshold: rule.threshold,
            window_seconds: rule.window_seconds,
            webhook,
            emails: rule.emails,
            enabled: rule.enabled,
            told_until: time_us(rule.told_until_us),
        }
    }
}

/// A rule just made or changed, with the secret that signs its calls where the webhook is its first: shown this once.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AlertRuleMade)]
pub struct RuleMade {
    /// The rule.
    #[serde(flatten)]
    rule: RuleShown,
    /// What signs the webhook's calls; null without a new one.
    pub(crate) secret: Option<String>,
}

/// All rules.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AlertRules)]
pub struct RulesShown {
    /// The newest first.
    data: Vec<RuleShown>,
}

/// A rule to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewAlertRule)]
pub struct RuleFields {
    /// Its name.
    pub name: String,
    /// The kinds of events it counts (`GET /api/v1/events/log` names them; others are refused; a tenant's rule: those of
    /// `GET /api/v1/tenants/{id}/events`); default: all.
    #[serde(default)]
    pub kinds: Vec<String>,
    /// From so many on it tells; default 1.
    #[serde(default)]
    pub threshold: Option<u32>,
    /// Within so many seconds, and at most once in them; default 300.
    #[serde(default)]
    pub window_seconds: Option<u32>,
    /// Who gets a mail: of a tenant's rule, members; refused where no mail server is configured.
    #[serde(default)]
    pub emails: Vec<String>,
    /// What is called: an http or https URL, with a query if need be; of a tenant's rule, not at a private address.
    #[serde(default)]
    pub webhook: Option<String>,
}

/// What of a rule is to change; absent fields stay.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AlertRuleChange)]
pub struct RuleChange {
    /// Its name.
    #[serde(default)]
    pub name: Option<String>,
    /// The kinds of events it counts; empty: all.
    #[serde(default)]
    pub kinds: Option<Vec<String>>,
    /// From so many on it tells.
    #[serde(default)]
    pub threshold: Option<u32>,
    /// Within so many seconds, and at most once in them.
    #[serde(default)]
    pub window_seconds: Option<u32>,
    /// Who gets a mail.
    #[serde(default)]
    pub emails: Option<Vec<String>>,
    /// What is called; null: nothing any more. Another address is signed by the same secret.
    #[serde(default, deserialize_with = "told")]
    #[schema(value_type = Option<String>)]
    pub webhook: Option<Option<String>>,
    /// Whether it is looked at.
    #[serde(default)]
    pub enabled: Option<bool>,
}

/// A field that is there, be it null.
fn told<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(from).map(Some)
}

/// What came of telling.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AlertTold)]
pub struct Told {
    /// What could not be told; empty: all was.
    failures: Vec<String>,
}

/// Something that happened to a tenant, once or more within a second.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TenantEvent)]
pub struct TenantEventShown {
    /// Which.
    id: String,
    /// What: `budget_reached`, `budget_refused`, `rate_limited`, `new_address`, `spend_abnormal`, `errors_abnormal`,
    /// `token_ratio_abnormal`, `chargeback` or `alert_failed`.
    kind: String,
    /// With which key; null: none in particular.
    #[schema(value_type = Option<String>)]
    key: Option<domain::ids::KeyId>,
    /// How often.
    count: i64,
    /// More words.
    detail: String,
    /// When it first happened (RFC 3339, UTC).
    first_at: String,
    /// When it last did.
    last_at: String,
}

impl From<EventRow> for TenantEventShown {
    fn from(EventRow { id, event }: EventRow) -> Self {
        let (first_at, last_at) = (time_us(event.times_us.0), time_us(event.times_us.1));
        let (kind, key, count, detail) = (event.kind, event.key, event.count, event.detail);
        Self { id: id.to_string(), kind, key, count, detail, first_at, last_at }
    }
}

/// What happened to a tenant.
#[derive(Debug, Serialize, ToSchema)]
pub struct TenantEvents {
    /// The latest first.
    data: Vec<TenantEventShown>,
}

/// Refuses whom nobody could tell: such a rule would fail each time it has something to tell, when nobody looks.
fn reachable(state: &ApiState, of: Option<TenantId>, emails: &[String], webhook: Option<&str>) -> Result<(), Problem> {
    if let Some(url) = webhook {
        permitted(&state.egress, url, of.is_none()).map_err(|why| Problem::field("webhook", why))?;
    }
    if !emails.is_empty() && !state.can_mail() {
        return Err(Problem::field("emails", "no mail server is configured: set alerts.smtp_url and alerts.from"));
    }
    Ok(())
}

/// Makes a rule of a tenant's or of the place's.
pub(crate) async fn make(
    state: &ApiState,
    actor: &store::Actor,
    of: Option<TenantId>,
    fields: RuleFields,
) -> Result<RuleMade, Problem> {
    reachable(state, of, &fields.emails, fields.webhook.as_deref())?;
    let new = NewRule {
        name: Name::parse("name", &fields.name)?,
        kinds: fields.kinds,
        threshold: fields.threshold.unwrap_or(1),
        window_seconds: fields.window_seconds.unwrap_or(300),
        emails: fields.emails,
        webhook: fields.webhook,
    };
    let (rule, secret) = state.store.alerts_of(of).create(actor, &new).await?;
    Ok(RuleMade { rule: rule.into(), secret })
}

pub(crate) async fn alter(
    state: &ApiState,
    actor: &store::Actor,
    of: Option<TenantId>,
    id: i64,
    fields: RuleChange,
) -> Result<RuleMade, Problem> {
    let RuleChange { name, kinds, threshold, window_seconds, emails, webhook, enabled } = fields;
    reachable(state, of, emails.as_deref().unwrap_or_default(), webhook.as_ref().and_then(Option::as_deref))?;
    let name = name.map(|name| Name::parse("name", &name)).transpose()?;
    let patch = RulePatch { name, kinds, threshold, window_seconds, emails, webhook, enabled };
    let (rule, secret) = state.store.alerts_of(of).patch(actor, id, patch).await?;
    Ok(RuleMade { rule: rule.into(), secret })
}

async fn listed(state: &ApiState, of: Option<TenantId>) -> Result<Json<RulesShown>, Problem> {
    let rules = state.store.alerts_of(of).list().await?;
    Ok(Json(RulesShown { data: rules.into_iter().map(RuleShown::from).collect() }))
}

/// Tells everybody a rule names that this is a test; what could not be told.
pub(crate) async fn try_out(state: &ApiState, of: Option<TenantId>, id: i64) -> store::Result<Vec<String>> {
    let rule = state.store.alerts_of(of).get(id).await?;
    let due = Due { counts: vec![("test".to_owned(), 1)], since_us: now_us(), until_us: now_us() };
    Ok(match &state.tellers {
        Some(tellers) => {
            // Whoever presses the button sees what happens, and does not wait for more tries.
            let once = CancellationToken::new();
            once.cancel();
            tell(&state.store, tellers, &rule, &due, &once).await
        }
        None => vec!["nobody can be told from here".to_owned()],
    })
}

/// Makes a rule.
#[utoipa::path(post, path = "/api/v1/alerts", tag = "alerts", request_body = RuleFields,
    responses((status = 201, body = RuleMade)))]
pub async fn create(
    State(state): State<ApiState>,
    By(actor): By,
    Fields(fields): Fields<RuleFields>,
) -> Result<impl IntoResponse, Problem> {
    Ok(made(make(&state, &actor, None, fields).await?))
}

/// Lists all rules of the place.
#[utoipa::path(get, path = "/api/v1/alerts", tag = "alerts", responses((status = 200, body = RulesShown)))]
pub async fn list(State(state): State<ApiState>) -> Result<Json<RulesShown>, Problem> {
    listed(&state, None).await
}

/// Changes a rule, or switches it on or off.
#[utoipa::path(patch, path = "/api/v1/alerts/{id}", tag = "alerts", params(("id" = String, Path)),
    request_body = RuleChange, responses((status = 200, body = RuleMade)))]
pub async fn change(
    State(state): State<ApiState>,
    InPath(id): InPath<i64>,
    By(actor): By,
    Fields(fields): Fields<RuleChange>,
) -> Result<Json<RuleMade>, Problem> {
    Ok(Json(alter(&state, &actor, None, id, fields).await?))
}

/// Removes a rule.
#[utoipa::path(delete, path = "/api/v1/alerts/{id}", tag = "alerts", params(("id" = String, Path)),
    responses((status = 204)))]
pub async fn remove(
    State(state): State<ApiState>,
    InPath(id): InPath<i64>,
    By(actor): By,
) -> Result<StatusCode, Problem> {
    state.store.alerts().delete(&actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Tells everybody a rule names that this is a test.
#[utoipa::path(post, path = "/api/v1/alerts/{id}/test", tag = "alerts", params(("id" = String, Path)),
    responses((status = 201, body = Told)))]
pub async fn test(State(state): State<ApiState>, InPath(id): InPath<i64>) -> Result<impl IntoResponse, Problem> {
    Ok(made(Told { failures: try_out(&state, None, id).await? }))
}

/// Makes a rule of a tenant's: it counts what happened to the tenant.
#[utoipa::path(post, path = "/api/v1/tenants/{id}/alerts", tag = "alerts", params(("id" = String, Path)),
    request_body = RuleFields, responses((status = 201, body = RuleMade)))]
pub async fn create_of_tenant(
    State(state): State<ApiState>,
    OfTenant(tenant): OfTenant,
    By(actor): By,
    Fields(fields): Fields<RuleFields>,
) -> Result<impl IntoResponse, Problem> {
    Ok(made(make(&state, &actor, Some(tenant), fields).await?))
}

/// Lists a tenant's rules.
#[utoipa::path(get, path = "/api/v1/tenants/{id}/alerts", tag = "alerts", params(("id" = String, Path)),
    responses((status = 200, body = RulesShown)))]
pub async fn list_of_tenant(
    State(state): State<ApiState>,
    OfTenant(tenant): OfTenant,
) -> Result<Json<RulesShown>, Problem> {
    state.store.tenants().get(tenant).await?;
    listed(&state, Some(tenant)).await
}

/// Changes a tenant's rule, or switches it on or off.
#[utoipa::path(patch, path = "/api/v1/tenants/{id}/alerts/{rule}", tag = "alerts",
    params(("id" = String, Path), ("rule" = String, Path)), request_body = RuleChange,
    responses((status = 200, body = RuleMade)))]
pub async fn change_of_tenant(
    State(state): State<ApiState>,
    OfTenant(tenant): OfTenant,
    InPath(rule): InPath<i64>,
    By(actor): By,
    Fields(fields): Fields<RuleChange>,
) -> Result<Json<RuleMade>, Problem> {
    Ok(Json(alter(&state, &actor, Some(tenant), rule, fields).await?))
}

/// Removes a tenant's rule.
#[utoipa::path(delete, path = "/api/v1/tenants/{id}/alerts/{rule}", tag = "alerts",
    params(("id" = String, Path), ("rule" = String, Path)), responses((status = 204)))]
pub async fn remove_of_tenant(
    State(state): State<ApiState>,
    OfTenant(tenant): OfTenant,
    InPath(rule): InPath<i64>,
    By(actor): By,
) -> Result<StatusCode, Problem> {
    state.store.alerts_of(Some(tenant)).delete(&actor, rule).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Tells everybody a tenant's rule names that this is a test.
#[utoipa::path(post, path = "/api/v1/tenants/{id}/alerts/{rule}/test", tag = "alerts",
    params(("id" = String, Path), ("rule" = String, Path)), responses((status = 201, body = Told)))]
pub async fn test_of_tenant(
    State(state): State<ApiState>,
    OfTenant(tenant): OfTenant,
    InPath(rule): InPath<i64>,
) -> Result<impl IntoResponse, Problem> {
    Ok(made(Told { failures: try_out(&state, Some(tenant), rule).await? }))
}

/// The latest that happened to a tenant: budgets reached and refused, limits met, new addresses, abnormal traffic.
#[utoipa::path(get, path = "/api/v1/tenants/{id}/events", tag = "alerts", params(("id" = String, Path)),
    responses((status = 200, body = TenantEvents)))]
pub async fn events_of_tenant(
    State(state): State<ApiState>,
    OfTenant(tenant): OfTenant,
) -> Result<Json<TenantEvents>, Problem> {
    state.store.tenants().get(tenant).await?;
    let events = state.store.events().of_tenant(tenant, EVENTS).await?;
    Ok(Json(TenantEvents { data: events.into_iter().map(TenantEventShown::from).collect() }))
}
