//! A whole answer, buffered: its bytes go to the caller unchanged, or translated, after its usage was read.

use crate::attempt::{AttemptFailed, Told, content_type};
use bytes::Bytes;
use domain::dialect::Dialect;
use http::HeaderValue;
use http_body::Body;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use protocol::{answer, stream::Fault, translate::Translation};
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// An upstream's answer, with what it says about usage.
pub(crate) struct JsonAnswer {
    pub body: Bytes,
    pub content_type: HeaderValue,
    pub read: answer::Answer,
    /// The way to the caller's dialect, where it is another.
    pub translation: Option<Box<Translation>>,
}

/// Reads the body to its end, within `max` bytes, `idle` and `deadline`.
pub(crate) async fn read<B>(
    dialect: Dialect,
    response: http::Response<B>,
    max: usize,
    idle: Duration,
    deadline: Instant,
) -> Result<JsonAnswer, AttemptFailed>
where
    B: Body<Data = Bytes, Error: std::fmt::Display> + Unpin,
{
    let (head, body) = response.into_parts();
    let content_type = content_type(&head.headers, "application/json");
    let body = body.map_err(|error| std::io::Error::other(error.to_string()));
    let until = deadline.min(Instant::now() + idle);
    let failed = |failed: AttemptFailed| failed.within(head.status, None);
    let body = match timeout_at(until, Limited::new(body, max).collect()).await {
        Err(_) => return Err(failed(AttemptFailed::timeout("the answer did not end in time"))),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            return Err(failed(AttemptFailed::transient("the answer is too large")));
        }
        Ok(Err(error)) => return Err(failed(AttemptFailed::transient(error.to_string()))),
        Ok(Ok(body)) => body.to_bytes(),
    };
    match answer::read_answer(dialect, &body) {
        Ok(read) if read.empty => {
            let empty = AttemptFailed::transient("an empty answer");
            Err(empty.within(head.status, Told::of(read.usage, read.service_tier)))
        }
        Ok(read) => Ok(JsonAnswer { body, content_type, read, translation: None }),
        Err(Fault::UpstreamError(error)) => Err(failed(AttemptFailed::in_answer(error))),
        Err(fault) => Err(failed(AttemptFailed::transient(fault.to_string()))),
    }
}
