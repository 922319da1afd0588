//! Where providers of payments call: `/webhooks/stripe` and `/webhooks/epay`. Anybody can call; the signature says who it was.
//!
//! A provider that is not configured has no webhook: 404. What was dealt with, now or before, is answered with 200, so that it
//! does not come again; what could not be (the database is away) with 503, so that it does.

use super::{Payments, epay::Notified, stripe_webhook::NotTaken};
use crate::api::{input::collect, problem::Problem};
use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use http::{Method, StatusCode};
use std::sync::Arc;
use store::time;

/// The routes.
pub fn router(payments: Arc<Payments>) -> Router {
    Router::new()
        .route("/webhooks/stripe", post(stripe))
        .route("/webhooks/epay", get(epay).post(epay))
        .layer(axum::middleware::from_fn(crate::api::problem::finish))
        .with_state(payments)
}

async fn stripe(State(payments): State<Arc<Payments>>, request: Request) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let body = collect(body).await?;
    let header = parts.headers.get("stripe-signature").and_then(|value| value.to_str().ok()).unwrap_or_default();
    match payments.stripe_says(header, &body, time::now_us()).await {
        None => Err(Problem::not_found("path")),
        Some(Ok(())) => Ok(StatusCode::OK.into_response()),
        Some(Err(NotTaken::Store(error))) => Err(error.into()),
        Some(Err(NotTaken::Provider(error))) => {
            tracing::warn!(%error, "an event could not be dealt with; it will come again");
            Err(Problem::unavailable())
        }
        Some(Err(refused @ (NotTaken::Forged | NotTaken::Unreadable))) => Err(Problem::invalid(refused.to_string())),
    }
}

async fn epay(State(payments): State<Arc<Payments>>, request: Request) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let text = if parts.method == Method::POST {
        String::from_utf8_lossy(&collect(body).await?).into_owned()
    } else {
        parts.uri.query().unwrap_or_default().to_owned()
    };
    match payments.epay_says(&text).await {
        None => Err(Problem::not_found("path")),
        Some(Ok(Notified::Taken)) => Ok(Body::from("success").into_response()),
        Some(Ok(Notified::Forged)) => Ok((StatusCode::BAD_REQUEST, "fail").into_response()),
        Some(Err(error)) => Err(error.into()),
    }
}
