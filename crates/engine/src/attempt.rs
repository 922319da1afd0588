//! Tries candidates in order until one serves, before anything meaningful has gone to the caller.

use crate::{
    candidates::Candidate,
    held::Held,
    json_answer::{self, JsonAnswer},
    outgoing::Outgoing,
    relay::Relay,
    stream_start::{self, StartedStream},
    upstream::Upstream,
};
use bytes::Bytes;
use domain::{
    channel::Timeouts,
    ports::{Catalog, Ledger},
    record::Attempt,
    refusal::{Code, Refusal},
};
use http::{HeaderValue, header};
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
}

impl AttemptFailed {
    pub fn transient(what: impl Into<String>) -> Self {
        let what = what.into();
        Self { class: Class::Transient, status: 0, timed_out: false, retry_after: None, what, caller_body: None }
    }

    pub fn timeout(what: &'static str) -> Self {
        Self { timed_out: true, ..Self::transient(what) }
    }

    /// An error object inside a 200, before anything meaningful.
    pub fn in_answer(error: error::UpstreamError) -> Self {
        let class = if is_about_the_request(error.class) { Class::Transient } else { error.class };
        let what = vocabulary(&error);
        Self { class, status: 200, timed_out: false, retry_after: error.retry_after, what, caller_body: None }
    }
}

/// An upstream's word for its error. Its message is not logged: it may quote our credential.
fn vocabulary(error: &error::UpstreamError) -> String {
    let word = error.code.as_deref().or(error.kind.as_deref()).unwrap_or("no code");
    word.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | ' ')).take(64).collect()
}

fn is_about_the_request(class: Class) -> bool {
    matches!(class, Class::Caller | Class::ContextLength | Class::Policy)
}

/// Why nobody served.
pub(crate) enum NotServed {
    /// Every try failed.
    Refused(Refusal),
    /// The caller left before anything was tried, or for too long.
    CallerLeft,
}

/// Tries candidates until one serves or there is no point in trying more.
pub(crate) async fn serve<L: Ledger, C: Catalog, U: Upstream>(
    relay: &Relay<L, C, U>,
    held: &mut Held,
) -> Result<Served<U::Body>, NotServed> {
    let deadline = held.deadline(relay.config.total_timeout);
    let mut failures: Vec<AttemptFailed> = Vec::new();
    let mut inexpressible = None;
    let mut tries_left = relay.config.max_attempts.min(held.planned.candidates.len());
    for candidate in std::mem::take(&mut held.planned.candidates) {
        if held.presence.is_gone() {
            return Err(NotServed::CallerLeft);
        }
        if tries_left == 0 || Instant::now() >= deadline {
            break;
        }
        let outgoing = match Outgoing::to(&candidate, &held.planned, &relay.tracker).await {
            Ok(outgoing) => outgoing,
            // Another candidate may speak a dialect that can say it.
            Err(bad) => {
                inexpressible.get_or_insert(bad);
                continue;
            }
        };
        let warnings = outgoing.warnings.clone();
        tries_left -= 1;
        let began = Instant::now();
        let start_us = held.planned.received.elapsed_us();
        let outcome = tokio::select! {
            biased;
            () = held.presence.left_for(relay.config.drain_after_caller_left) => return Err(NotServed::CallerLeft),
            outcome = attempt(relay, held, &candidate, outgoing, deadline) => outcome,
        };
        note_attempt(held, &candidate, start_us, began, &outcome);
        match outcome {
            Ok(served) => {
                held.warnings = warnings;
                held.serve_by(candidate);
                return Ok(served);
            }
            Err(failed) => {
                if is_about_the_request(failed.class)
                    && let Some(body) = failed.caller_body
                {
                    held.serve_by(candidate);
                    return Ok(Served::CallerError { status: failed.status, body });
                }
                tracing::warn!(request = %held.opened.request, channel = %candidate.channel().id, class = ?failed.class,
                    status = failed.status, what = %failed.what, "an attempt failed");
                if began.elapsed() >= relay.config.slow_failure {
                    tries_left = tries_left.min(1);
                }
                failures.push(failed);
            }
        }
    }
    match inexpressible {
        Some(bad) if failures.is_empty() => Err(NotServed::Refused(Refusal::new(Code::InvalidRequest, bad.message))),
        _ => Err(NotServed::Refused(verdict(&failures))),
    }
}

/// One try on one candidate.
async fn attempt<L: Ledger, C: Catalog, U: Upstream>(
    relay: &Relay<L, C, U>,
    held: &Held,
    candidate: &Candidate,
    outgoing: Outgoing,
    deadline: Instant,
) -> Result<Served<U::Body>, AttemptFailed> {
    let planned = &held.planned;
    let channel = candidate.channel();
    let limits = Limits::of(relay, &channel.timeouts);
    let dialect = candidate.dialect;
    let Outgoing { body, translation, .. } = outgoing;
    let mut head = relay
        .templates
        .head(candidate, dialect, &planned.received.headers, planned.head.stream)
        .map_err(|error| AttemptFailed::transient(error.to_string()))?;
    if let Some(content_type) = planned.head.content_type(&body) {
        head.headers.insert(header::CONTENT_TYPE, content_type);
    }
    let head_deadline =
        deadline.min(Instant::now() + if planned.head.stream { limits.first_token } else { limits.idle });
    let sent = timeout_at(head_deadline, relay.upstream.send(channel, head, body, limits.connect)).await;
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
        let answer = json_answer::read(dialect, response, relay.config.max_answer, limits.idle, deadline).await?;
        return Ok(Served::Json(JsonAnswer { translation: translation.map(Box::new), ..answer }));
    }
    let tap = match translation {
        Some(translation) => StreamTap::translating(translation),
        None => StreamTap::new(dialect, !planned.head.include_usage),
    };
    let started = stream_start::read(tap, response, &relay.config, head_deadline).await?;
    Ok(Served::Stream(Box::new(started)))
}

/// A channel's timeouts, or the relay's.
pub(crate) struct Limits {
    connect: Duration,
    first_token: Duration,
    pub idle: Duration,
}

impl Limits {
    pub fn of<L, C, U>(relay: &Relay<L, C, U>, own: &Timeouts) -> Self {
        let or = |own: Option<u64>, default: Duration| own.map_or(default, Duration::from_millis);
        Self {
            connect: or(own.connect_ms, relay.config.connect_timeout),
            first_token: or(own.first_token_ms, relay.config.first_token_timeout),
            idle: or(own.idle_ms, relay.config.idle_timeout),
        }
    }
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

fn note_attempt<T>(
    held: &mut Held,
    candidate: &Candidate,
    start_us: u64,
    began: Instant,
    outcome: &Result<T, AttemptFailed>,
) {
    let (status, error) = match outcome {
        Ok(_) => (200, String::new()),
        Err(failed) if failed.timed_out => (failed.status, "timeout".to_owned()),
        Err(failed) => (failed.status, class_word(failed.class).to_owned()),
    };
    held.attempts.push(Attempt {
        channel: candidate.channel().id,
        credential: candidate.credential().map(|credential| credential.id),
        status,
        error,
        start_us,
        took_us: u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX),
    });
}

fn class_word(class: Class) -> &'static str {
    match class {
        Class::Caller => "caller",
        Class::ContextLength => "context_length",
        Class::Credential => "credential",
        Class::Rate => "rate",
        Class::Transient => "transient",
        Class::ModelMissing => "model_missing",
        Class::Policy => "policy",
    }
}

/// What the caller is told when every try failed.
fn verdict(failures: &[AttemptFailed]) -> Refusal {
    let all = |is: fn(&AttemptFailed) -> bool| !failures.is_empty() && failures.iter().all(is);
    if all(|failed| failed.class == Class::Credential) {
        let message = "Every upstream account for this model was refused. Your own key is fine; tell the operator.";
        return Refusal::new(Code::UpstreamCredentialsExhausted, message);
    }
    if all(|failed| failed.class == Class::Rate) {
        let soonest = failures.iter().filter_map(|failed| failed.retry_after).min();
        return Refusal::new(Code::UpstreamRateLimited, "Every upstream for this model is at its rate limit.")
            .retry_after(soonest.unwrap_or(Duration::from_secs(1)));
    }
    if failures.is_empty() || all(|failed| failed.timed_out) {
        return Refusal::new(Code::UpstreamTimeout, "No upstream answered in time.");
    }
    Refusal::new(Code::UpstreamError, "Every upstream for this model failed.")
}

/// The content type an upstream gave, or the dialect's usual one.
pub(crate) fn content_type(headers: &http::HeaderMap, usual: &'static str) -> HeaderValue {
    headers.get(header::CONTENT_TYPE).cloned().unwrap_or(HeaderValue::from_static(usual))
}
