//! The members of a tenant and their roles.
//!
//! A tenant's own admins manage its members, but who is an owner is for owners, and for those who run the place.

use super::{
    ApiState,
    caller::Caller,
    guard::{By, OfTenant},
    input::{Asked, Fields, InPath},
    page::{Page, Part},
    people::UserShown,
    problem::Problem,
    shown::made,
};
use axum::{Json, extract::State, http::StatusCode, response::IntoResponse};
use domain::{
    ids::{TenantId, UserId},
    role::Role,
};
use serde::{Deserialize, Serialize};
use store::members::Member;
use utoipa::ToSchema;

/// What a member may do.
#[derive(ToSchema)]
#[schema(as = Role)]
#[serde(rename_all = "lowercase")]
#[expect(dead_code, reason = "the document's words for `domain::role::Role`")]
pub enum RoleWord {
    /// Everything.
    Owner,
    /// Everything but money.
    Admin,
    /// Keys and usage.
    Developer,
    /// Usage and money.
    Billing,
    /// Looks only.
    Viewer,
}

/// A member to be added.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewMember)]
pub struct MemberFields {
    /// The id of a user who is there already.
    #[schema(value_type = String)]
    user: UserId,
    /// In which role; default: `owner`.
    #[serde(default)]
    #[schema(value_type = Option<RoleWord>)]
    role: Option<Role>,
}

/// Another role for a member.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = MemberPatch)]
pub struct RoleFields {
    /// The role from now on.
    #[schema(value_type = RoleWord)]
    role: Role,
}

/// A membership.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Member)]
pub struct MemberShown {
    /// The tenant.
    #[schema(value_type = String)]
    tenant: TenantId,
    /// The person.
    user: UserShown,
    /// Their role.
    #[schema(value_type = RoleWord)]
    role: Role,
}

/// Adds a user to a tenant.
#[utoipa::path(post, path = "/api/v1/tenants/{id}/members", tag = "people", params(("id" = String, Path)),
    request_body = MemberFields, responses((status = 201, body = MemberShown)))]
pub async fn add(
    State(state): State<ApiState>,
    OfTenant(tenant): OfTenant,
    By(actor): By,
    Fields(fields): Fields<MemberFields>,
) -> Result<impl IntoResponse, Problem> {
    let role = fields.role.unwrap_or(Role::Owner);
    state.store.members().add(&actor, tenant, fields.user, role).await?;
    let user = state.store.users().get(fields.user).await?;
    Ok(made(MemberShown { tenant, user: user.into(), role }))
}

/// Lists a tenant's members, newest first.
#[utoipa::path(get, path = "/api/v1/tenants/{id}/members", tag = "people", params(("id" = String, Path), Part),
    responses((status = 200, body = Page<MemberShown>)))]
pub async fn list(
    State(state): State<ApiState>,
    OfTenant(tenant): OfTenant,
    Asked(part): Asked<Part>,
) -> Result<Json<Page<MemberShown>>, Problem> {
    let page = part.page()?;
    state.store.tenants().get(tenant).await?;
    let listing = state.store.members().list(tenant, page).await?;
    Ok(Json(Page::shown(listing, |Member { user, role }| MemberShown { tenant, user: user.into(), role })))
}

/// Gives a member another role.
#[utoipa::path(patch, path = "/api/v1/tenants/{id}/members/{user}", tag = "people",
    params(("id" = String, Path), ("user" = String, Path)), request_body = RoleFields,
    responses((status = 200, body = MemberShown)))]
pub async fn change(
    State(state): State<ApiState>,
    OfTenant(tenant): OfTenant,
    InPath(user): InPath<UserId>,
    caller: Caller,
    By(actor): By,
    Fields(RoleFields { role }): Fields<RoleFields>,
) -> Result<Json<MemberShown>, Problem> {
    owners_are_for_owners(&state, &caller, tenant, user, Some(role)).await?;
    state.store.members().set_role(&actor, tenant, user, role).await?;
    let found = state.store.users().get(user).await?;
    Ok(Json(MemberShown { tenant, user: found.into(), role }))
}

/// Ends a membership.
#[utoipa::path(delete, path = "/api/v1/tenants/{id}/members/{user}", tag = "people",
    params(("id" = String, Path), ("user" = String, Path)), responses((status = 204)))]
pub async fn remove(
    State(state): State<ApiState>,
    OfTenant(tenant): OfTenant,
    InPath(user): InPath<UserId>,
    caller: Caller,
    By(actor): By,
) -> Result<StatusCode, Problem> {
    owners_are_for_owners(&state, &caller, tenant, user, None).await?;
    state.store.members().remove(&actor, tenant, user).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn owners_are_for_owners(
    state: &ApiState,
    caller: &Caller,
    tenant: TenantId,
    user: UserId,
    becomes: Option<Role>,
) -> Result<(), Problem> {
    if caller.role_in(tenant).is_none_or(|role| role == Role::Owner) {
        return Ok(());
    }
    let theirs = state.store.members().of(user).await?;
    let is_owner = theirs.iter().any(|membership| membership.tenant == tenant && membership.role == Role::Owner);
    if is_owner || becomes == Some(Role::Owner) {
        return Err(Problem::forbidden("not_allowed", "Only an owner says who is an owner."));
    }
    Ok(())
}
