//! What the caller is told when nobody served.

use crate::{attempt::AttemptFailed, health::Shut};
use domain::refusal::{Code, Refusal};
use protocol::{error::Class, request::BadRequest};
use std::time::Duration;

/// Why candidates were passed over.
#[derive(Debug, Default)]
pub(crate) struct Passed {
    /// Their dialect cannot say the request.
    pub inexpressible: Option<BadRequest>,
    /// They are at their own limit; the soonest has room after this.
    pub full: Option<Duration>,
    /// The least bad was tried although it was shut, to no avail.
    pub forced: bool,
    /// Some were left untried: the tries or the time ran out, or there were too many retries already.
    pub left: bool,
}

/// `soonest`: when one of those that may not be tried may be, and what is in the way of all of them, if that is one thing.
pub(crate) fn verdict(
    failures: &[AttemptFailed],
    passed: &Passed,
    soonest: Option<(Duration, Option<Shut>)>,
) -> Refusal {
    if failures.is_empty() {
        return untried(passed, soonest);
    }
    let all = |is: fn(&AttemptFailed) -> bool| failures.iter().all(is);
    // Nothing else may have been in the way of those that were not tried.
    let only = |why| soonest.is_none_or(|(_, all)| all == Some(why)) && passed.full.is_none() && !passed.left;
    if all(|failed| failed.class == Class::Credential) && only(Shut::Credential) {
        return credentials_exhausted();
    }
    if all(|failed| failed.class == Class::Rate) && only(Shut::Rate) {
        let told = failures.iter().filter_map(|failed| failed.retry_after).min();
        let soonest = soonest.map(|(wait, _)| wait).into_iter().chain(told).min();
        return rate_limited(soonest.unwrap_or(Duration::from_secs(1)));
    }
    if all(|failed| failed.timed_out) {
        return Refusal::new(Code::UpstreamTimeout, "No upstream answered in time.");
    }
    Refusal::new(Code::UpstreamError, "Every upstream for this model failed.")
}

fn untried(passed: &Passed, soonest: Option<(Duration, Option<Shut>)>) -> Refusal {
    if let Some(wait) = passed.full {
        return Refusal::new(Code::NoChannelAvailable, "Every channel for this model is at its limit.")
            .retry_after(wait);
    }
    match (soonest, &passed.inexpressible) {
        (Some((wait, Some(Shut::Rate))), _) => rate_limited(wait),
        (Some((_, Some(Shut::Credential))), _) => credentials_exhausted(),
        (Some((wait, _)), _) => {
            Refusal::new(Code::NoChannelAvailable, "No channel for this model is well at the moment.").retry_after(wait)
        }
        (None, Some(bad)) => Refusal::new(Code::InvalidRequest, bad.message.clone()),
        (None, None) => Refusal::new(Code::UpstreamTimeout, "No upstream answered in time."),
    }
}

fn credentials_exhausted() -> Refusal {
    let message = "Every upstream account for this model was refused. Your own key is fine; tell the operator.";
    Refusal::new(Code::UpstreamCredentialsExhausted, message)
}

fn rate_limited(wait: Duration) -> Refusal {
    Refusal::new(Code::UpstreamRateLimited, "Every upstream for this model is at its rate limit.").retry_after(wait)
}
