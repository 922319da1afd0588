//! Refusals as RFC 9457 problem documents: `{type, title, status, detail, code, request_id}`.
//!
//! Handlers answer with a [`Problem`]; the outermost layer ([`finish`]) writes it, because only that layer knows the
//! request's id. It also turns the framework's own bare refusals (405, a body that broke off) into documents, so that no
//! error of this API has another shape.

use super::json;
use axum::{
    body::Body,
    extract::Request,
    middleware::Next,
    response::{IntoResponse, Response},
};
use domain::{ids::RequestId, money::NanoUsd};
use engine::{answer::REQUEST_ID, received::new_request_id};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use std::{borrow::Cow, time::Duration};
use store::Error;
use utoipa::ToSchema;

/// The media type of problem documents.
pub const PROBLEM_JSON: &str = "application/problem+json";

/// Why a call was refused.
#[derive(Debug, Clone)]
pub struct Problem {
    status: StatusCode,
    code: &'static str,
    detail: Cow<'static, str>,
    available: Option<NanoUsd>,
    retry_after_seconds: u64,
}

/// A problem document (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemDocument {
    /// Always `about:blank`: the title is the status's own, `code` tells cases apart.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The status in words.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// What was wrong with this call and what to do.
    detail: String,
    /// A word for programs, such as `invalid_request` or `not_found`.
    code: &'static str,
    /// The id to give when asking about it.
    request_id: String,
    /// With `insufficient_balance`: what could be taken now, in USD.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    available: Option<NanoUsd>,
}

impl Problem {
    /// A problem of this status and code.
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { status, code, detail: detail.into(), available: None, retry_after_seconds: 1 }
    }

    /// Its status.
    #[cfg_attr(not(any(feature = "console", test)), expect(dead_code, reason = "the console words it anew"))]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// What was wrong.
    #[cfg_attr(not(feature = "console"), expect(dead_code, reason = "the console words it anew"))]
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// 400: the call cannot be understood or taken.
    pub fn invalid(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_request", detail)
    }

    /// 400: the value of this field cannot be taken.
    pub fn field(field: &str, why: impl std::fmt::Display) -> Self {
        Self::invalid(format!("field `{field}`: {why}"))
    }

    /// 400: the field is in the contract and does nothing in this build.
    pub fn not_built(field: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "not_built", format!("field `{field}` is not built yet"))
    }

    /// 401: nobody, or a credential that is not one.
    pub fn unauthenticated(detail: &'static str) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthenticated", detail)
    }

    /// 403: known, and not allowed.
    pub fn forbidden(code: &'static str, detail: &'static str) -> Self {
        Self::new(StatusCode::FORBIDDEN, code, detail)
    }

    /// 404: there is none, or none that this caller may see.
    pub fn not_found(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", format!("There is no such {what}."))
    }

    /// 409: it cannot be done as things are.
    pub fn conflict(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::CONFLICT, "conflict", detail)
    }

    /// 429: too often.
    pub fn too_many(detail: &'static str, retry_after: Duration) -> Self {
        let retry_after_seconds = retry_after.as_secs() + 1;
        Self { retry_after_seconds, ..Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", detail) }
    }

    /// 502: a provider of payments did not do what it was asked; its words are in the log.
    pub fn provider_failed() -> Self {
        let detail =
            "The provider of payments did not answer as it should. Nothing was changed; try again in a moment.";
        Self::new(StatusCode::BAD_GATEWAY, "provider_failed", detail)
    }

    /// 503: later.
    pub fn unavailable() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "unavailable",
            "The database does not answer. Try again in a moment.",
        )
    }

    /// 500: a defect of ours; `what` goes to the log, not to the caller.
    pub fn internal(what: &(dyn std::fmt::Display + Sync)) -> Self {
        tracing::error!(error = %what, "the management API failed");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal_error",
            "This is a defect of the server. The id leads to its log.",
        )
    }

    /// The document about it.
    pub fn document(&self, request: RequestId) -> ProblemDocument {
        ProblemDocument {
            kind: "about:blank",
            title: self.status.canonical_reason().unwrap_or("Error"),
            status: self.status.as_u16(),
            detail: self.detail.clone().into_owned(),
            code: self.code,
            request_id: request.to_string(),
            available: self.available,
        }
    }
}

/// The status with the problem beside it; [`finish`] writes the document.
impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::NotFound(what) => Self::not_found(what),
            Error::Conflict(why) => Self::conflict(why),
            Error::Invalid { field, why } => Self::field(field, why),
            Error::Insufficient { available } => Self {
                available: Some(available),
                ..Self::new(
                    StatusCode::CONFLICT,
                    "insufficient_balance",
                    format!("Only {available} USD can be taken now; the rest is spent or at work in running requests."),
                )
            },
            Error::IdempotencyMismatch => Self::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "idempotency_mismatch",
                "This Idempotency-Key was used for another call. Use a fresh key for every new call.",
            ),
            Error::Unavailable(_) | Error::Contended(_) => {
                tracing::warn!(error = %error, "the management API could not reach the database");
                Self::unavailable()
            }
            other => Self::internal(&other),
        }
    }
}

impl From<domain::ports::Unavailable> for Problem {
    fn from(_: domain::ports::Unavailable) -> Self {
        Self::unavailable()
    }
}

/// The outermost layer: gives every answer its id, forbids caches to keep it, and writes problems as documents.
pub async fn finish(request: Request, next: Next) -> Response {
    let id = new_request_id();
    let mut response = next.run(request).await;
    let status = response.status();
    if status.is_client_error() || status.is_server_error() {
        let problem = response.extensions_mut().remove::<Problem>().unwrap_or_else(|| bare(status));
        response = written(response, &problem, id);
    }
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::try_from(id.to_string()) {
        headers.insert(REQUEST_ID, id);
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// What the framework refused by itself.
fn bare(status: StatusCode) -> Problem {
    match status {
        StatusCode::METHOD_NOT_ALLOWED => Problem::new(
            status,
            "method_not_allowed",
            "This path does not answer to this method; see the Allow header.",
        ),
        StatusCode::NOT_FOUND => Problem::new(status, "not_found", "There is no such path."),
        status if status.is_client_error() => Problem::new(status, "invalid_request", "The call cannot be understood."),
        status => Problem::new(status, "internal_error", "This is a defect of the server."),
    }
}

fn written(response: Response, problem: &Problem, id: RequestId) -> Response {
    let (mut parts, _) = response.into_parts();
    let document = problem.document(id);
    if problem.status.is_server_error() {
        tracing::warn!(request = %id, status = problem.status.as_u16(), code = problem.code, "a management call failed");
    }
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
    match problem.status {
        StatusCode::UNAUTHORIZED => {
            parts.headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"turnpike\""));
        }
        StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS => {
            parts.headers.insert(header::RETRY_AFTER, problem.retry_after_seconds.into());
        }
        // What is left of the body is not read: the connection cannot be used again.
        StatusCode::PAYLOAD_TOO_LARGE => {
            parts.headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        _ => {}
    }
    Response::from_parts(parts, Body::from(json(&document)))
}
