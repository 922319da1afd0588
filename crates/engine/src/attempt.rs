//! One try on one candidate, before anything meaningful has gone to the caller.

use crate::{
    classes::{self, Another},
    held::Held,
    json_answer::{self, JsonAnswer},
    outgoing::Outgoing,
    overrides,
    patience::Patience,
    relay::Relay,
    routing::Candidate,
    stream_start::{self, StartedStream},
    upstream::Upstream,
};
use bytes::Bytes;
use domain::{
    ports::{Catalog, Ledger},
    price::TierName,
    usage::Usage,
};
use http::{HeaderValue, StatusCode, header};
use http_body_util::{BodyExt, Limited};
use protocol::{
    error::{self, Class},
    stream::StreamTap,
};
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// An error body larger than this tells nothing more.
const MAX_ERROR_BODY: usize = 64 << 10;
/// How long an upstream may take to finish an error's body.
const ERROR_BODY_TIMEOUT: Duration = Duration::from_secs(5);

/// What an upstream gave.
pub(crate) enum Served<B> {
    /// A whole answer.
    Json(JsonAnswer),
    /// A stream whose first meaningful event has come.
    Stream(Box<StartedStream<B>>),
    /// An error about the request itself, to be passed on.
    CallerError { status: u16, body: Bytes },
}

/// Why a try failed.
#[derive(Debug)]
pub(crate) struct AttemptFailed {
    pub class: Class,
    pub status: u16,
    pub timed_out: bool,
    pub retry_after: Option<Duration>,
    /// For the log; never for the caller.
    pub what: String,
    /// What the caller gets if the class says that it is about the request.
    pub caller_body: Option<Bytes>,
    /// What it used all the same.
    pub told: Option<Box<Told>>,
}

/// What an upstream told of an answer that came to nothing.
#[derive(Debug)]
pub(crate) struct Told {
    pub usage: Usage,
    pub service_tier: Option<TierName>,
}

impl Told {
    pub fn of(usage: Option<Usage>, service_tier: Option<TierName>) -> Option<Box<Self>> {
        let usage = usage.filter(|usage| !usage.is_empty())?;
        Some(Box::new(Self { usage, service_tier }))
    }
}

impl AttemptFailed {
    pub fn transient(what: impl Into<String>) -> Self {
        let what = what.into();
        Self {
            class: Class::Transient,
            status: 0,
            timed_out: false,
            retry_after: None,
            what,
            caller_body: None,
            told: None,
        }
    }

    pub fn timeout(what: &'static str) -> Self {
        Self { timed_out: true, ..Self::transient(what) }
    }

    /// The word for it in records and events.
    pub fn word(&self) -> &'static str {
        if self.timed_out { "timeout" } else { classes::of(self.class).word }
    }

    /// An error object inside a 200, before anything meaningful.
    pub fn in_answer(error: error::UpstreamError) -> Self {
        let what = vocabulary(&error);
        Self {
            class: error.class,
            status: 200,
            timed_out: false,
            retry_after: error.retry_after,
            what,
            caller_body: None,
            told: None,
        }
    }

    /// It failed in an answer that had begun with this status, and told what it used.
    pub fn within(self, begun: StatusCode, told: Option<Box<Told>>) -> Self {
        Self { status: begun.as_u16(), told, ..self }
    }
}

/// An upstream's word for its error. Its message is not logged: it may quote our credential.
fn vocabulary(error: &error::UpstreamError) -> String {
    let word = error.code.as_deref().or(error.kind.as_deref()).unwrap_or("no code");
    word.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | ' ')).take(64).collect()
}

pub(crate) fn is_about_the_request(class: Class) -> bool {
    classes::of(class).another != Another::Yes
}

/// One try on one candidate.
pub(crate) async fn attempt<L: Ledger, C: Catalog, U: Upstream>(
    relay: &Relay<L, C, U>,
    held: &Held,
    candidate: &Candidate,
    outgoing: Outgoing,
    patience: &Patience,
    deadline: Instant,
) -> Result<Served<U::Body>, AttemptFailed> {
    let planned = &held.planned;
    let channel = candidate.channel();
    let dialect = candidate.dialect;
    let Outgoing { body, translation, .. } = outgoing;
    let mut head = relay
        .templates
        .head(candidate, dialect, &planned.received.headers, planned.head.stream)
        .map_err(|error| AttemptFailed::transient(error.to_string()))?;
    if let Some(content_type) = planned.head.content_type(&body) {
        head.headers.insert(header::CONTENT_TYPE, content_type);
    }
    overrides::headers(&channel.settings.headers, &mut head.headers);
    let body = overrides::params(&channel.settings.params, body);
    let head_deadline =
        deadline.min(Instant::now() + if planned.head.stream { patience.first_token } else { patience.whole });
    let sent = timeout_at(head_deadline, relay.upstream.send(channel, head, body, patience.connect)).await;
    let response = match sent {
        Err(_) => return Err(AttemptFailed::timeout("no answer in time")),
        Ok(Err(failed)) if failed.refused => {
            return Err(AttemptFailed { class: Class::Credential, ..AttemptFailed::transient(failed.what) });
        }
        Ok(Err(failed)) => return Err(AttemptFailed::transient(failed.what)),
        Ok(Ok(response)) => response,
    };
    if !response.status().is_success() {
        return Err(read_error(planned.received.dialect, candidate, response).await);
    }
    if !planned.head.stream {
        let answer = json_answer::read(dialect, response, relay.config.max_answer, patience.idle, deadline).await?;
        return Ok(Served::Json(JsonAnswer { translation: translation.map(Box::new), ..answer }));
    }
    let tap = match translation {
        Some(translation) => StreamTap::translating(translation),
        None => StreamTap::new(dialect, !planned.head.include_usage),
    };
    let started = stream_start::read(tap, response, &relay.config, head_deadline).await?;
    Ok(Served::Stream(Box::new(started)))
}

async fn read_error<B>(
    caller: domain::dialect::Dialect,
    candidate: &Candidate,
    response: http::Response<B>,
) -> AttemptFailed
where
    B: http_body::Body<Data = Bytes, Error: std::fmt::Display> + Unpin,
{
    let (head, body) = response.into_parts();
    let status = head.status.as_u16();
    let limited = Limited::new(body.map_err(|error| error.to_string()), MAX_ERROR_BODY).collect();
    let body = match tokio::time::timeout(ERROR_BODY_TIMEOUT, limited).await {
        Ok(Ok(body)) => body.to_bytes(),
        _ => Bytes::new(),
    };
    let error = error::classify(candidate.dialect, status, &head.headers, &body);
    let caller_body = is_about_the_request(error.class)
        .then(|| without_secret(candidate, error::relay_caller_error(candidate.dialect, caller, status, &body)));
    AttemptFailed {
        class: error.class,
        status,
        timed_out: false,
        retry_after: error.retry_after,
        what: vocabulary(&error),
        caller_body,
        told: None,
    }
}

/// An upstream may quote the credential it was given, in whatever form that has.
fn without_secret(candidate: &Candidate, body: Bytes) -> Bytes {
    let Some(secret) = candidate.credential().map(|credential| credential.secret.expose()).filter(|s| !s.is_empty())
    else {
        return body;
    };
    match std::str::from_utf8(&body) {
        Ok(text) if text.contains(secret) => Bytes::from(text.replace(secret, "[redacted]")),
        _ => body,
    }
}

/// The content type an upstream gave, or the dialect's usual one.
pub(crate) fn content_type(headers: &http::HeaderMap, usual: &'static str) -> HeaderValue {
    headers.get(header::CONTENT_TYPE).cloned().unwrap_or(HeaderValue::from_static(usual))
}
