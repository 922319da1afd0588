//! Groups of tenants: what their prices are multiplied by, and which models they may call. A tenant is in the group that its
//! `group` names; without a group of that name it has the usual terms.

use super::{
    ApiState,
    guard::By,
    input::{Fields, InPath, given},
    problem::Problem,
    shown::{made, time_us},
};
use axum::{Json, extract::State, response::IntoResponse};
use domain::money::Multiplier;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use store::{
    groups::{Group, GroupPatch},
    words::ModelName,
};
use utoipa::ToSchema;

/// A group.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Group)]
pub struct GroupShown {
    /// Its name, which tenants name.
    name: String,
    /// What everybody's price is multiplied by: a decimal. A price of the group's own is charged as it stands.
    #[schema(value_type = String, example = "0.85")]
    multiplier: Multiplier,
    /// The models its tenants may call; null: all.
    models: Option<Vec<String>>,
    /// How many tenants are in it.
    tenants: i64,
    /// When it was made.
    created_at: String,
}

/// Every group.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Groups)]
pub struct GroupsShown {
    /// By name.
    data: Vec<GroupShown>,
}

/// A group to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewGroup)]
pub struct GroupFields {
    /// Its name; tenants that name it already are in it.
    name: String,
    /// 0 to 1000 with six decimals at most; default 1.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    multiplier: Option<Multiplier>,
    /// The models its tenants may call; default: all.
    #[serde(default)]
    models: Option<Vec<String>>,
}

/// What of a group is to change.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = GroupChange)]
pub struct GroupChangeFields {
    /// As in a new one.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    multiplier: Option<Multiplier>,
    /// The whole list; null: all.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Vec<String>>)]
    models: Option<Option<Vec<String>>>,
}

impl From<Group> for GroupShown {
    fn from(group: Group) -> Self {
        let Group { name, multiplier, models, tenants, created_us } = group;
        Self { name, multiplier, models, tenants, created_at: time_us(created_us) }
    }
}

fn named(models: Option<Vec<String>>) -> Result<Option<Vec<ModelName>>, Problem> {
    let read = |models: Vec<String>| models.iter().map(|name| ModelName::parse("models", name)).collect();
    Ok(models.map(read).transpose()?)
}

/// Makes a group.
#[utoipa::path(post, path = "/api/v1/groups", tag = "groups", request_body = GroupFields,
    responses((status = 201, body = GroupShown)))]
pub async fn create(
    State(state): State<ApiState>,
    By(actor): By,
    Fields(fields): Fields<GroupFields>,
) -> Result<impl IntoResponse, Problem> {
    let multiplier = fields.multiplier.unwrap_or_default();
    let group = state.store.groups().create(&actor, &fields.name, multiplier, named(fields.models)?).await?;
    Ok(made(GroupShown::from(group)))
}

/// Lists every group.
#[utoipa::path(get, path = "/api/v1/groups", tag = "groups", responses((status = 200, body = GroupsShown)))]
pub async fn list(State(state): State<ApiState>) -> Result<Json<GroupsShown>, Problem> {
    let data = state.store.groups().list().await?.into_iter().map(GroupShown::from).collect();
    Ok(Json(GroupsShown { data }))
}

/// One group.
#[utoipa::path(get, path = "/api/v1/groups/{name}", tag = "groups",
    params(("name" = String, Path, description = "Its name, percent-encoded")), responses((status = 200, body = GroupShown)))]
pub async fn show(State(state): State<ApiState>, InPath(name): InPath<String>) -> Result<Json<GroupShown>, Problem> {
    Ok(Json(state.store.groups().get(&name).await?.into()))
}

/// Changes a group; requests admitted from then on follow it.
#[utoipa::path(patch, path = "/api/v1/groups/{name}", tag = "groups",
    params(("name" = String, Path, description = "Its name, percent-encoded")), request_body = GroupChangeFields,
    responses((status = 200, body = GroupShown)))]
pub async fn change(
    State(state): State<ApiState>,
    InPath(name): InPath<String>,
    By(actor): By,
    Fields(fields): Fields<GroupChangeFields>,
) -> Result<Json<GroupShown>, Problem> {
    let models = fields.models.map(named).transpose()?;
    let patch = GroupPatch { multiplier: fields.multiplier, models };
    Ok(Json(state.store.groups().patch(&actor, &name, patch).await?.into()))
}

/// Deletes a group and its own prices; its tenants then have the usual terms.
#[utoipa::path(delete, path = "/api/v1/groups/{name}", tag = "groups",
    params(("name" = String, Path, description = "Its name, percent-encoded")), responses((status = 204)))]
pub async fn remove(
    State(state): State<ApiState>,
    InPath(name): InPath<String>,
    By(actor): By,
) -> Result<StatusCode, Problem> {
    state.store.groups().delete(&actor, &name).await?;
    Ok(StatusCode::NO_CONTENT)
}
