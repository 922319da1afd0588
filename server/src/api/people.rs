//! People: users who sign in.

use super::{
    ApiState,
    guard::By,
    input::{Asked, Fields},
    members::RoleWord,
    page::{Page, Part},
    problem::Problem,
    shown::{made, time_us},
};
use axum::{Json, extract::State, response::IntoResponse};
use domain::{
    ids::{TenantId, UserId},
    role::Role,
    secret::Password,
};
use serde::{Deserialize, Serialize};
use store::{users::User, words::Email};
use utoipa::ToSchema;
use zeroize::Zeroizing;

/// A person who signs in.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = User)]
pub struct UserShown {
    /// `usr_…`
    #[schema(value_type = String)]
    id: UserId,
    /// Their e-mail address, lower case.
    email: String,
    /// Whether they run the place.
    admin: bool,
    /// When they were made (RFC 3339, UTC).
    created_at: String,
}

impl From<User> for UserShown {
    fn from(user: User) -> Self {
        Self { id: user.id, email: user.email, admin: user.admin, created_at: time_us(user.created_us) }
    }
}

/// A person to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewUser)]
pub struct UserFields {
    /// Their e-mail address.
    email: String,
    /// Their password, 10 to 1024 characters.
    #[schema(value_type = String)]
    password: Zeroizing<String>,
    /// Whether they run the place; default: no.
    #[serde(default)]
    admin: bool,
    /// The tenant they are a member of from the start; default: none.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    tenant: Option<TenantId>,
    /// In which role; default: `owner`.
    #[serde(default)]
    #[schema(value_type = Option<RoleWord>)]
    role: Option<Role>,
}

/// Makes a user.
#[utoipa::path(post, path = "/api/v1/users", tag = "people", request_body = UserFields,
    responses((status = 201, body = UserShown)))]
pub async fn create_user(
    State(state): State<ApiState>,
    By(actor): By,
    Fields(fields): Fields<UserFields>,
) -> Result<impl IntoResponse, Problem> {
    let email = Email::parse(&fields.email)?;
    let password = Password::new(fields.password.as_str().to_owned());
    if fields.role.is_some() && fields.tenant.is_none() {
        return Err(Problem::invalid("role: goes with tenant"));
    }
    let member_of = fields.tenant.map(|tenant| (tenant, fields.role.unwrap_or(Role::Owner)));
    let user = state.store.users().create(&actor, &email, &password, fields.admin, member_of).await?;
    Ok(made(UserShown::from(user)))
}

/// Lists users, newest first.
#[utoipa::path(get, path = "/api/v1/users", tag = "people", params(Part),
    responses((status = 200, body = Page<UserShown>)))]
pub async fn users(State(state): State<ApiState>, Asked(part): Asked<Part>) -> Result<Json<Page<UserShown>>, Problem> {
    let listing = state.store.users().list(part.page()?).await?;
    Ok(Json(Page::shown(listing, UserShown::from)))
}
