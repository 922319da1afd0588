//! Alert rules: who is told of which events, by mail or by a signed call.

use super::{
    ApiState,
    guard::By,
    input::{Fields, InPath},
    problem::Problem,
    shown::{made, time_us},
};
use crate::watch::{alerts::tell, tell::permitted};
use axum::{Json, extract::State, response::IntoResponse};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use store::{
    alerts::{Due, NewRule, Rule},
    time::now_us,
    words::Name,
};
use tokio_util::sync::CancellationToken;
use utoipa::ToSchema;

/// An alert rule.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AlertRule)]
pub struct RuleShown {
    /// Which.
    id: String,
    /// Its name.
    name: String,
    /// The kinds of events it counts; empty: all.
    kinds: Vec<String>,
    /// From so many on it tells …
    threshold: u32,
    /// … within so many seconds.
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

/// A rule just made, with the secret that signs its calls: shown this once.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AlertRuleMade)]
pub struct RuleMade {
    /// The rule.
    #[serde(flatten)]
    rule: RuleShown,
    /// What signs the webhook's calls; null without a webhook.
    secret: Option<String>,
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
    name: String,
    /// The kinds of events it counts (`GET /api/v1/events/log` names them; others are refused); default: all.
    #[serde(default)]
    kinds: Vec<String>,
    /// From so many on it tells; default 1.
    #[serde(default)]
    threshold: Option<u32>,
    /// Within so many seconds; default 300.
    #[serde(default)]
    window_seconds: Option<u32>,
    /// Who gets a mail; refused where no mail server is configured.
    #[serde(default)]
    emails: Vec<String>,
    /// What is called: an http or https URL, with a query if need be.
    #[serde(default)]
    webhook: Option<String>,
}

/// What of a rule is to change.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AlertRuleChange)]
pub struct RuleChange {
    /// Whether it is looked at.
    #[serde(default)]
    enabled: Option<bool>,
}

/// What came of telling.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AlertTold)]
pub struct Told {
    /// What could not be told; empty: all was.
    failures: Vec<String>,
}

/// Makes a rule.
#[utoipa::path(post, path = "/api/v1/alerts", tag = "alerts", request_body = RuleFields,
    responses((status = 201, body = RuleMade)))]
pub async fn create(
    State(state): State<ApiState>,
    By(actor): By,
    Fields(fields): Fields<RuleFields>,
) -> Result<impl IntoResponse, Problem> {
    if let Some(url) = &fields.webhook {
        permitted(&state.egress, url).map_err(|why| Problem::field("webhook", why))?;
    }
    // Such a rule would fail each time it has something to tell, when nobody looks.
    if !fields.emails.is_empty() && !state.tellers.as_ref().is_some_and(|tellers| tellers.can_mail()) {
        return Err(Problem::field("emails", "no mail server is configured: set alerts.smtp_url and alerts.from"));
    }
    let new = NewRule {
        name: Name::parse("name", &fields.name)?,
        kinds: fields.kinds,
        threshold: fields.threshold.unwrap_or(1),
        window_seconds: fields.window_seconds.unwrap_or(300),
        emails: fields.emails,
        webhook: fields.webhook,
    };
    let (rule, secret) = state.store.alerts().create(&actor, &new).await?;
    Ok(made(RuleMade { rule: rule.into(), secret }))
}

/// Lists all rules.
#[utoipa::path(get, path = "/api/v1/alerts", tag = "alerts", responses((status = 200, body = RulesShown)))]
pub async fn list(State(state): State<ApiState>) -> Result<Json<RulesShown>, Problem> {
    let rules = state.store.alerts().list().await?;
    Ok(Json(RulesShown { data: rules.into_iter().map(RuleShown::from).collect() }))
}

/// Switches a rule on or off.
#[utoipa::path(patch, path = "/api/v1/alerts/{id}", tag = "alerts", params(("id" = String, Path)),
    request_body = RuleChange, responses((status = 200, body = RuleShown)))]
pub async fn change(
    State(state): State<ApiState>,
    InPath(id): InPath<i64>,
    By(actor): By,
    Fields(fields): Fields<RuleChange>,
) -> Result<Json<RuleShown>, Problem> {
    let rule = match fields.enabled {
        Some(enabled) => state.store.alerts().enable(&actor, id, enabled).await?,
        None => state.store.alerts().get(id).await?,
    };
    Ok(Json(rule.into()))
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
    let rule = state.store.alerts().get(id).await?;
    let due = Due { counts: vec![("test".to_owned(), 1)], since_us: now_us(), until_us: now_us() };
    let failures = match &state.tellers {
        Some(tellers) => {
            // Whoever presses the button sees what happens, and does not wait for more tries.
            let once = CancellationToken::new();
            once.cancel();
            tell(&state.store, tellers, &rule, &due, &once).await
        }
        None => vec!["nobody can be told from here".to_owned()],
    };
    Ok(made(Told { failures }))
}
