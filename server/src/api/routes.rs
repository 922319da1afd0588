//! Routes: how a model's requests find their channel, and what would happen to one, told by the relay's own decision.

use super::{
    ApiState,
    guard::By,
    input::{Fields, FieldsOrNone, InPath},
    problem::Problem,
};
use axum::{Json, extract::State};
use domain::{
    dialect::Dialect,
    ports::Catalog as _,
    route::{Decided, Facts, Route, Strategy},
};
use engine::routing::{Ask, decide};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use store::words::ModelName;
use tokio::time::Instant;
use utoipa::ToSchema;

/// A model's route.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Route)]
pub struct RouteShown {
    /// The model.
    model: String,
    /// Its strategy, fallbacks and rules.
    #[serde(flatten)]
    #[schema(value_type = RouteShape, inline)]
    route: Route,
}

/// `strategy`: `cost`, `performance`, `balanced` (default) or `availability`. `fallbacks`: models whose channels are tried, in
/// this order, when none of its own serves or a request is over its window; the caller still pays this model's price.
/// `rules`: the first whose `when` holds applies its `then`.
#[derive(Debug, ToSchema)]
#[schema(as = RouteFields)]
#[expect(dead_code, reason = "the shape of domain::route::Route for the OpenAPI document")]
pub struct RouteShape {
    /// The order within one priority.
    #[schema(example = "balanced")]
    strategy: Option<String>,
    /// Models that stand in.
    fallbacks: Option<Vec<String>>,
    /// `{"when": {input_tokens_min?, input_tokens_max?, tools?, images?, group?, tag?, header?: {name, value}, hours_utc?:
    /// [from, to]}, "then": {strategy?, only?: [names, tags or regions], prefer?: […], model?}}`
    #[schema(value_type = Option<Vec<Object>>)]
    rules: Option<Vec<serde_json::Value>>,
}

/// All routes that are configured.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Routes)]
pub struct RoutesShown {
    /// By model.
    data: Vec<RouteShown>,
}

/// Lists the models that have a route of their own; all others are `balanced`.
#[utoipa::path(get, path = "/api/v1/routes", tag = "routes", responses((status = 200, body = RoutesShown)))]
pub async fn list(State(state): State<ApiState>) -> Result<Json<RoutesShown>, Problem> {
    let routes = state.store.routes().list().await?;
    let data = routes.into_iter().map(|(model, route)| RouteShown { model, route }).collect();
    Ok(Json(RoutesShown { data }))
}

/// A model's route; the default where none is configured.
#[utoipa::path(get, path = "/api/v1/routes/{model}", tag = "routes",
    params(("model" = String, Path, description = "The model's name, percent-encoded")),
    responses((status = 200, body = RouteShown)))]
pub async fn show(State(state): State<ApiState>, InPath(model): InPath<String>) -> Result<Json<RouteShown>, Problem> {
    let name = ModelName::parse("model", &model)?;
    Ok(Json(RouteShown { route: state.store.routes().get(&name).await?, model }))
}

/// Puts a model's route in place of the one it had; every node follows it within a second.
#[utoipa::path(put, path = "/api/v1/routes/{model}", tag = "routes",
    params(("model" = String, Path, description = "The model's name, percent-encoded")),
    request_body = RouteShape, responses((status = 200, body = RouteShown)))]
pub async fn set(
    State(state): State<ApiState>,
    InPath(model): InPath<String>,
    By(actor): By,
    Fields(route): Fields<Route>,
) -> Result<Json<RouteShown>, Problem> {
    let name = ModelName::parse("model", &model)?;
    state.store.routes().put(&actor, &name, &route).await?;
    Ok(Json(RouteShown { model, route }))
}

/// Takes a model's route away: `balanced` applies again.
#[utoipa::path(delete, path = "/api/v1/routes/{model}", tag = "routes",
    params(("model" = String, Path, description = "The model's name, percent-encoded")), responses((status = 204)))]
pub async fn remove(
    State(state): State<ApiState>,
    InPath(model): InPath<String>,
    By(actor): By,
) -> Result<StatusCode, Problem> {
    let name = ModelName::parse("model", &model)?;
    state.store.routes().delete(&actor, &name).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A request that might come.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(as = WouldBeRequest)]
pub struct WouldBe {
    /// The caller's dialect; default `openai_chat`.
    pub dialect: Option<String>,
    /// Its input tokens; default 1 000.
    pub input_tokens: Option<u64>,
    /// The output tokens to expect; default 500.
    pub output_tokens: Option<u64>,
    /// Whether it gives tools.
    pub tools: bool,
    /// Whether it shows a picture.
    pub images: bool,
    /// The tenant's group.
    pub group: Option<String>,
    /// The caller's `x-turnpike-tag`.
    pub tag: Option<String>,
    /// The caller's `x-turnpike-route`.
    pub strategy: Option<String>,
    /// Other headers of the caller's, by name in lower case.
    pub headers: BTreeMap<String, String>,
    /// The hour of day; default: now.
    pub hour_utc: Option<u8>,
}

/// Why a request would go where.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Explanation)]
pub struct Explained {
    /// The model asked for.
    model: String,
    /// The strategy, the rule that applied, and the candidates in the order of trying.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    decided: Decided,
}

/// Tells where a request would go now and why: the relay's own decision, by what this node knows of its upstreams. Nothing
/// is sent.
#[utoipa::path(post, path = "/api/v1/routes/{model}/explain", tag = "routes",
    params(("model" = String, Path, description = "The model's name, percent-encoded")),
    request_body(content = Option<WouldBe>), responses((status = 200, body = Explained)))]
pub async fn explain(
    State(state): State<ApiState>,
    InPath(model): InPath<String>,
    FieldsOrNone(would_be): FieldsOrNone<WouldBe>,
) -> Result<Json<Explained>, Problem> {
    Ok(Json(Explained { decided: explained(&state, &model, &would_be)?, model }))
}

/// The decision, with the channels' names.
///
/// # Errors
/// 404 for a model that is not known, 400 for a dialect or strategy that is none.
pub fn explained(state: &ApiState, model: &str, would_be: &WouldBe) -> Result<Decided, Problem> {
    let snapshot = state.catalog.snapshot();
    if !snapshot.models.contains_key(model) {
        return Err(Problem::not_found("model"));
    }
    let dialect = would_be.dialect.as_deref().map(|word| super::input::word::<Dialect>("dialect", word)).transpose()?;
    let strategy =
        would_be.strategy.as_deref().map(|word| super::input::word::<Strategy>("strategy", word)).transpose()?;
    let hour_now = u8::try_from(store::time::now_ms().div_euclid(3_600_000).rem_euclid(24)).unwrap_or_default();
    let input_tokens = would_be.input_tokens.unwrap_or(1_000);
    let facts = || Facts {
        input_tokens,
        tools: would_be.tools,
        images: would_be.images,
        group: would_be.group.as_deref().unwrap_or_default(),
        tag: would_be.tag.as_deref(),
        hour_utc: would_be.hour_utc.unwrap_or(hour_now),
    };
    let ask = Ask {
        model,
        dialect: dialect.unwrap_or(Dialect::OpenaiChat),
        input_tokens,
        output_tokens: would_be.output_tokens.unwrap_or(500),
        time_us: store::time::now_us(),
        strategy,
        bound: None,
        facts: &facts,
        header: &|name| would_be.headers.get(name).map(String::as_str),
    };
    let decision = decide(&snapshot, &ask, &state.health, &state.weights, Instant::now(), &mut rand::rng());
    let mut decided = decision.told(&snapshot, model);
    for (considered, candidate) in decided.candidates.iter_mut().zip(&decision.candidates) {
        considered.channel_name.clone_from(&candidate.channel().name);
    }
    Ok(decided)
}
