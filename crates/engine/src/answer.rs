//! What goes back to the caller: a status, headers, and a body that is whole or streamed.

use crate::frames::Frames;
use bytes::Bytes;
use domain::{dialect::Dialect, ids::RequestId, limits::Left, refusal::Refusal};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};

/// The answer to one request.
pub struct Answer {
    /// The HTTP status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: AnswerBody,
}

/// Its body.
pub enum AnswerBody {
    /// All there is.
    Full(Bytes),
    /// Comes as it comes.
    Stream(Frames),
}

/// The relay's id of a request.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// What the tenant was charged, a decimal in USD.
pub const COST_USD: HeaderName = HeaderName::from_static("x-turnpike-cost-usd");
/// Microseconds the relay itself took.
pub const OVERHEAD_US: HeaderName = HeaderName::from_static("x-turnpike-overhead-us");

/// What was left out or changed on the way to an upstream of another dialect, separated by commas.
pub const WARNINGS: HeaderName = HeaderName::from_static("x-turnpike-warnings");

impl Answer {
    pub(crate) fn new(request: RequestId, status: StatusCode, content_type: HeaderValue, body: AnswerBody) -> Self {
        let mut headers = HeaderMap::with_capacity(6);
        headers.insert(header::CONTENT_TYPE, content_type);
        if let Ok(id) = HeaderValue::try_from(request.to_string()) {
            headers.insert(REQUEST_ID, id);
        }
        Self { status, headers, body }
    }

    /// A refusal in the caller's dialect.
    pub fn refused(dialect: Dialect, request: RequestId, refusal: &Refusal) -> Self {
        let status = StatusCode::from_u16(refusal.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = protocol::error::refusal_body(dialect, refusal, &request.to_string());
        let json = HeaderValue::from_static("application/json");
        let mut answer = Self::new(request, status, json, AnswerBody::Full(body));
        if let Some(after) = refusal.retry_after {
            let seconds = after.as_secs() + u64::from(after.subsec_nanos() > 0);
            answer.headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds.max(1)));
        }
        if let Some(met) = refusal.limit {
            let left = Left { limit: met.limit, remaining: 0, reset: refusal.retry_after.unwrap_or_default() };
            answer.tell_left(met.what, &left);
        }
        answer
    }

    /// Tells what a translation left out, if anything.
    pub(crate) fn with_warnings(self, warnings: &[String]) -> Self {
        if warnings.is_empty() { self } else { self.with_text(WARNINGS, &warnings.join(", ")) }
    }

    /// Tells what is left of limits of requests and of tokens, as OpenAI does.
    /// <https://platform.openai.com/docs/guides/rate-limits#rate-limits-in-headers>
    pub(crate) fn with_left(mut self, left: [Option<Left>; 2]) -> Self {
        for (what, left) in ["requests", "tokens"].into_iter().zip(left) {
            if let Some(left) = left {
                self.tell_left(what, &left);
            }
        }
        self
    }

    fn tell_left(&mut self, what: &str, left: &Left) {
        let reset = format!("{}ms", left.reset.as_millis());
        for (kind, value) in
            [("limit", left.limit.to_string()), ("remaining", left.remaining.to_string()), ("reset", reset)]
        {
            let name = HeaderName::try_from(format!("x-ratelimit-{kind}-{what}"));
            if let (Ok(name), Ok(value)) = (name, HeaderValue::try_from(value)) {
                self.headers.insert(name, value);
            }
        }
    }

    pub(crate) fn with_text(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
        self
    }
}
