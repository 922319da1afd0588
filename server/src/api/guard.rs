//! What stands in front of every route: the Origin check, who calls, and the row of the table.
//!
//! What it lets through carries its decision as types: [`TenantId`] of the path as [`OfTenant`], what may be seen as
//! [`Scope`], and who answers for a change as [`By`]. A handler cannot make these itself, so it cannot forget to ask.

use super::{
    ApiState,
    authorisation::{Cell, Kind, ROUTES, Route, Subject},
    caller::{Caller, Scope, identify},
    idempotency,
    input::{in_path, named_in_body, named_in_path},
    openapi,
    problem::Problem,
    requests,
};
use crate::{app::Peer, origin};
use axum::{
    extract::{FromRequestParts, Request},
    middleware::Next,
    response::{IntoResponse, Response},
};
use domain::ids::{KeyId, RequestId, StatementId, TenantId, TopupId};
use http::{HeaderName, Method, request::Parts};
use std::net::IpAddr;
use store::change::Actor;

/// The header that makes a POST happen once.
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The tenant in the path; the caller may do with it what the route does.
#[derive(Debug, Clone, Copy)]
pub struct OfTenant(pub TenantId);

/// Who answers for a change, for the audit log.
#[derive(Debug, Clone)]
pub struct By(pub Actor);

macro_rules! handed_on {
    ($($name:ty),*) => {$(
        impl<S: Send + Sync> FromRequestParts<S> for $name {
            type Rejection = Problem;

            async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
                let missing = || Problem::internal(&concat!(stringify!($name), " was not handed on by the guard"));
                parts.extensions.get::<Self>().cloned().ok_or_else(missing)
            }
        }
    )*};
}
handed_on!(OfTenant, By, Scope, Caller);

/// The guard in front of `ROUTES[row]`.
pub async fn guard(state: ApiState, row: usize, request: Request, next: Next) -> Response {
    let Some(route) = ROUTES.get(row) else { return Problem::not_found("path").into_response() };
    let response = match admit(&state, row, route, request).await {
        Ok(Admitted { request, once: None }) => next.run(request).await,
        Ok(Admitted { request, once: Some(once) }) => idempotency::once(state.clone(), once, request, next).await,
        Err(problem) => return problem.into_response(),
    };
    // Whoever made a change finds it in force on this node; the others see it at their next look.
    if route.method != Method::GET
        && response.status().is_success()
        && let Err(error) = state.catalog.refresh().await
    {
        tracing::debug!(%error, "a change is seen at the next look");
    }
    response
}

struct Admitted {
    request: Request,
    once: Option<idempotency::Once>,
}

async fn admit(state: &ApiState, row: usize, route: &Route, request: Request) -> Result<Admitted, Problem> {
    if route.access.nobody == Cell::Open {
        return Ok(Admitted { request, once: None });
    }
    origin::check(&request, state.public_url.as_deref()).map_err(|_| {
        Problem::forbidden(
            "foreign_origin",
            "A change must be asked for by a page of this site, or carry a bearer token.",
        )
    })?;
    let (mut parts, mut body) = request.into_parts();
    let caller = identify(state, &parts).await?;
    let tenant = match &caller {
        Some(_) if route.subject == Subject::Named => Some(named_in_body(&mut body, "tenant").await?),
        Some(_) => subject(state, route.subject, &mut parts).await?,
        None => None,
    };
    let kind = kind_of(caller.as_ref(), tenant);
    match route.access.of(kind) {
        Cell::Open | Cell::Filtered => {}
        Cell::Closed(status) => return Err(closed(status, kind, route.subject)),
    }
    let caller = caller.ok_or_else(|| closed(401, kind, route.subject))?;
    if parts.uri.query().is_some_and(|query| !query.is_empty()) && !openapi::takes_query(row) {
        return Err(Problem::invalid("query: this path takes no parameters"));
    }
    let address = parts.extensions.get::<Peer>().map(|Peer(address)| *address);
    let once = idempotency::Once::of(&parts, &caller, key_of(&parts)?);
    hand_on(&mut parts, caller, tenant, address);
    Ok(Admitted { request: Request::from_parts(parts, body), once })
}

fn key_of(parts: &Parts) -> Result<Option<String>, Problem> {
    let mut values = parts.headers.get_all(IDEMPOTENCY_KEY).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return if parts.headers.contains_key(IDEMPOTENCY_KEY) {
            Err(Problem::invalid("There must be one Idempotency-Key."))
        } else {
            Ok(None)
        };
    };
    if parts.method != Method::POST {
        return Err(Problem::invalid(
            "Idempotency-Key is for POST; PUT, PATCH and DELETE may be repeated as they are.",
        ));
    }
    let text = value.to_str().ok().filter(|text| (1..=255).contains(&text.len()));
    text.map(|text| Some(text.to_owned()))
        .ok_or_else(|| Problem::invalid("Idempotency-Key must be 1 to 255 printable ASCII characters."))
}

fn hand_on(parts: &mut Parts, caller: Caller, tenant: Option<TenantId>, address: Option<IpAddr>) {
    if let Some(tenant) = tenant {
        parts.extensions.insert(OfTenant(tenant));
    }
    parts.extensions.insert(caller.scope());
    parts.extensions.insert(By(caller.actor(address)));
    parts.extensions.insert(caller);
}

/// The tenant a path is about.
async fn subject(state: &ApiState, subject: Subject, parts: &mut Parts) -> Result<Option<TenantId>, Problem> {
    match subject {
        // The body is not read here: see `admit`.
        Subject::Place | Subject::Named => Ok(None),
        Subject::Tenant => {
            named_in_path::<TenantId>(parts, "id").await.map(Some).ok_or_else(|| Problem::not_found("tenant"))
        }
        Subject::Key => {
            let id = in_path::<KeyId>(parts).await.ok_or_else(|| Problem::not_found("key"))?;
            Ok(Some(state.store.keys().get(id).await?.tenant))
        }
        Subject::Request => {
            let id = in_path::<RequestId>(parts).await.ok_or_else(|| Problem::not_found("request"))?;
            requests::tenant_of(state, id).await.map(Some)
        }
        Subject::Statement => {
            let id = in_path::<StatementId>(parts).await.ok_or_else(|| Problem::not_found("statement"))?;
            Ok(Some(state.store.statements().get(id).await?.tenant))
        }
        Subject::Topup => {
            let id = in_path::<TopupId>(parts).await.ok_or_else(|| Problem::not_found("top-up"))?;
            Ok(Some(state.store.topups().get(id).await?.tenant))
        }
    }
}

fn kind_of(caller: Option<&Caller>, tenant: Option<TenantId>) -> Kind {
    match caller {
        None => Kind::Nobody,
        Some(Caller::Token { read_only: true, .. }) => Kind::ReadOnly,
        Some(Caller::Token { .. } | Caller::User { admin: true, .. }) => Kind::Admin,
        Some(Caller::User { memberships, .. }) => match tenant {
            Some(tenant) => caller.and_then(|caller| caller.role_in(tenant)).map_or(Kind::OtherTenant, Kind::Member),
            None => memberships.first().map_or(Kind::OtherTenant, |(_, role)| Kind::Member(*role)),
        },
    }
}

fn closed(status: u16, kind: Kind, subject: Subject) -> Problem {
    match (status, kind, subject) {
        (401, ..) => {
            Problem::unauthenticated("Send a management token as `Authorization: Bearer tp-admin-…`, or sign in.")
        }
        (404, _, Subject::Key) => Problem::not_found("key"),
        (404, _, Subject::Request) => Problem::not_found("request"),
        (404, _, Subject::Statement) => Problem::not_found("statement"),
        (404, _, Subject::Topup) => Problem::not_found("top-up"),
        (404, ..) => Problem::not_found("tenant"),
        (_, Kind::Member(_), subject) if subject != Subject::Place => {
            Problem::forbidden("not_allowed", "Your role does not allow this.")
        }
        (_, Kind::ReadOnly, _) => Problem::forbidden("read_only_token", "This token may only read."),
        _ => Problem::forbidden("not_allowed", "This is for admins."),
    }
}
