//! What every request to the console passes: the Origin check, a small body, the caller's address, safe headers; and what
//! pages behind the session pass besides.

use crate::{api::caller::Caller, app::Peer, origin};
use ::app::port::{CallerAddress, RequestId, user_of};
use axum::{
    body::Body,
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Redirect},
};
use http::{HeaderName, HeaderValue, Response, StatusCode, header};
use http_body_util::Limited;
use std::sync::Arc;
use store::{Error, Store};
use tower_sessions::Session;
use tracing::Instrument as _;
use uuid::Uuid;

/// The largest form: an e-mail address and a password, many times over.
const FORM_MAX: usize = 16 * 1024;

/// How people reach the console, as far as its middlewares need to know.
#[derive(Debug, Clone)]
pub struct Reach {
    /// The configured address, if there is one.
    pub public_url: Option<Arc<str>>,
    /// Whether that address is https: cookies are then kept to it.
    pub secure: bool,
}

/// Refuses what a page of another site asks for, and bounds the rest.
pub async fn admit(State(reach): State<Reach>, request: Request, next: Next) -> Response<Body> {
    if let Err(foreign) = origin::check(&request, reach.public_url.as_deref()) {
        return (StatusCode::FORBIDDEN, foreign.to_string()).into_response();
    }
    let mut request = request.map(|body| Body::new(Limited::new(body, FORM_MAX)));
    let id: Arc<str> = Uuid::now_v7().simple().to_string().into();
    request.extensions_mut().insert(RequestId(id.clone()));
    if let Some(Peer(address)) = request.extensions().get().copied() {
        request.extensions_mut().insert(CallerAddress(address));
    }
    // What is logged meanwhile carries the id; the page tells it where something went wrong.
    let mut response = next.run(request).instrument(tracing::info_span!("console", %id)).await;
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(HeaderName::from_static("x-request-id"), id);
    }
    response
}

/// Sends people without a session to the sign-in page, before anything is rendered. Server functions answer for
/// themselves: a redirect would tell a script nothing.
pub async fn signed_in_only(session: Session, request: Request, next: Next) -> Response<Body> {
    let path = request.uri().path();
    let for_everyone = matches!(path, "/sign-in" | "/fees") || path.starts_with("/setup/") || path.starts_with("/fn/");
    // While the database is away the page itself says so.
    if !for_everyone && user_of(&session).await == Ok(None) {
        return Redirect::to("/sign-in").into_response();
    }
    next.run(request).await
}

/// Who belongs where.
#[derive(Debug, Clone)]
pub struct Members {
    /// The main database.
    pub store: Store,
}

impl Members {
    async fn caller(&self, session: &Session) -> Result<Option<Caller>, Error> {
        let Ok(user) = user_of(session).await else { return Err(Error::Unavailable(None)) };
        let Some(id) = user else { return Ok(None) };
        let person = match self.store.users().get(id).await {
            Err(Error::NotFound(_)) => return Ok(None),
            found => found?,
        };
        let memberships = self.store.members().of(id).await?.into_iter().map(|it| (it.tenant, it.role)).collect();
        Ok(Some(Caller::User { id, admin: person.admin, memberships }))
    }
}

/// Tells the management API who is signed in. A bearer token needs no session, and none is read then.
pub async fn name_caller(
    State(members): State<Members>,
    session: Session,
    mut request: Request,
    next: Next,
) -> Response<Body> {
    if origin::bearer(request.headers()).is_none() {
        match members.caller(&session).await {
            Ok(Some(caller)) => drop(request.extensions_mut().insert(caller)),
            Ok(None) => {}
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "a session's person could not be read");
                let problem = r#"{"type":"about:blank","title":"Service Unavailable","status":503}"#;
                let kind = [(header::CONTENT_TYPE, "application/problem+json")];
                return (StatusCode::SERVICE_UNAVAILABLE, kind, problem).into_response();
            }
        }
    }
    next.run(request).await
}

/// Headers that keep a page to itself. A page sets its own content policy, which allows its scripts.
pub async fn safe_headers(State(reach): State<Reach>, request: Request, next: Next) -> Response<Body> {
    const FIXED: [(HeaderName, HeaderValue); 6] = [
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
        (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
        (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
        (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
        (
            HeaderName::from_static("permissions-policy"),
            HeaderValue::from_static("camera=(), microphone=(), geolocation=()"),
        ),
    ];
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.extend(FIXED);
    headers
        .entry(header::CONTENT_SECURITY_POLICY)
        .or_insert(HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    if reach.secure {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
    response
}
