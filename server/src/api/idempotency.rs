//! `Idempotency-Key`: a POST that carries one happens once, and repeats get the first answer.
//!
//! The key is claimed before the handler runs, and the store lets a change commit only for the attempt that holds it, so
//! concurrent repeats have one effect; they wait for the first one's answer. Answers are kept for a day, sealed, because
//! the answer that makes a key holds its secret. A refused call (400 and up) changed nothing and gives the key back, so it
//! may be mended and sent again. Once claimed, a call runs to its end even if its caller leaves.

use super::{
    ApiState,
    caller::Caller,
    guard::By,
    input::{MAX_BODY, collect},
    problem::Problem,
};
use axum::{
    body::{Body, to_bytes},
    extract::Request,
    middleware::Next,
    response::{IntoResponse, Response},
};
use domain::secret::SecretHash;
use http::{HeaderName, HeaderValue, StatusCode, header, request::Parts};
use store::idempotency::{Attempt, Begun};

/// Says that the answer is the first one's.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// A call that is to happen once.
pub struct Once {
    actor: String,
    key: String,
    /// Method and path: the same key for another call is a mistake too.
    call: String,
}

impl Once {
    /// The call, if it carries a key.
    pub fn of(parts: &Parts, caller: &Caller, key: Option<String>) -> Option<Self> {
        let call = format!("{} {}", parts.method, parts.uri);
        key.map(|key| Self { actor: caller.label(), key, call })
    }
}

/// Runs the call, or answers as the first one did.
pub async fn once(state: ApiState, once: Once, request: Request, next: Next) -> Response {
    let running = state.clone();
    let task = state.tracker.spawn(async move { run(&running, once, request, next).await });
    match task.await {
        Ok(Ok(response)) => response,
        Ok(Err(problem)) => problem.into_response(),
        Err(error) => Problem::internal(&error).into_response(),
    }
}

async fn run(state: &ApiState, once: Once, request: Request, next: Next) -> Result<Response, Problem> {
    let (mut parts, body) = request.into_parts();
    let body = collect(body).await?;
    let hash = SecretHash::of(&format!("{}\n{}", once.call, String::from_utf8_lossy(&body)));
    let attempt = match state.store.idempotency().begin(&once.actor, &once.key, hash).await? {
        Begun::Fresh(attempt) => attempt,
        Begun::Replay { status, answer } => return Ok(replay(status, answer)),
    };
    if let Some(By(actor)) = parts.extensions.remove::<By>() {
        parts.extensions.insert(By(actor.attempting(attempt.clone())));
    }
    let response = next.run(Request::from_parts(parts, Body::from(body))).await;
    keep(state, &attempt, response).await
}

fn replay(status: u16, answer: Vec<u8>) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    let json = HeaderValue::from_static("application/json");
    let mut response = (status, [(header::CONTENT_TYPE, json)], answer).into_response();
    response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    response
}

/// Keeps an answer for repeats, or gives the key back.
async fn keep(state: &ApiState, attempt: &Attempt, response: Response) -> Result<Response, Problem> {
    let status = response.status();
    if !status.is_success() {
        if let Err(error) = state.store.idempotency().abandon(attempt).await {
            tracing::warn!(%error, "an idempotency key was not given back");
        }
        return Ok(response);
    }
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, MAX_BODY).await.map_err(|error| Problem::internal(&error))?;
    if let Err(error) = state.store.idempotency().finish(attempt, status.as_u16(), &body).await {
        // The effect stands and its caller is told so; a repeat is refused rather than done twice.
        tracing::warn!(%error, "an answer was not kept for repeats");
    }
    Ok(Response::from_parts(parts, Body::from(body)))
}
