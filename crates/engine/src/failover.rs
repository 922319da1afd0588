//! Tries candidates in order until one serves, before anything meaningful has gone to the caller.
//!
//! What may not be tried is passed over. When nothing may, the least bad is tried all the same if only its breaker is in
//! the way, one request at a time; the others are told when to come back.

use crate::{
    attempt::{self, AttemptFailed, Served, attempt},
    classes::{self, Another},
    health::{Permit, Shut, Standing},
    held::Held,
    limits::Room,
    notices::{Kind, Notice},
    outgoing::Outgoing,
    patience::Patience,
    relay::Relay,
    routing::{self, Candidate},
    upstream::Upstream,
    verdict::{Passed, verdict},
};
use bytes::Bytes;
use domain::{
    ports::{Catalog, Ledger},
    record::Attempt,
    refusal::Refusal,
};
use std::time::Duration;
use tokio::time::Instant;

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
    let _live = relay.retries.enter();
    let candidates = std::mem::take(&mut held.planned.decision.candidates);
    let mut search = Search {
        deadline: held.deadline(relay.config.total_timeout),
        tries_left: relay.config.max_attempts.min(candidates.len()),
        alone: candidates.len() == 1,
        failures: Vec::new(),
        passed: Passed::default(),
        over_window: None,
    };
    for wait in [Duration::ZERO, crate::limits::WAIT_FOR_ROOM] {
        // A channel that is full is only waited for when nothing else was left to try.
        if !wait.is_zero() && (search.passed.full.is_none() || !search.failures.is_empty()) {
            break;
        }
        for candidate in &candidates {
            if let Some(served) = search.step(relay, held, candidate, wait).await? {
                return Ok(served);
            }
        }
    }
    if let Some((status, body, candidate)) = search.over_window {
        held.answered_by(candidate, None);
        return Ok(Served::CallerError { status, body });
    }
    let soonest = routing::soonest(&candidates, Instant::now());
    let failures = if search.passed.forced { &[][..] } else { &search.failures };
    let refusal = verdict(failures, &search.passed, soonest);
    relay.tell(held, Kind::AllFailed, None, refusal.code.as_str());
    Err(NotServed::Refused(refusal))
}

struct Search {
    deadline: Instant,
    tries_left: usize,
    alone: bool,
    failures: Vec<AttemptFailed>,
    passed: Passed,
    /// The request is over the window of what was tried: a fallback may have a larger one.
    over_window: Option<(u16, Bytes, Candidate)>,
}

impl Search {
    /// One candidate: passed over, tried in vain (`None`), or serving.
    async fn step<L: Ledger, C: Catalog, U: Upstream>(
        &mut self,
        relay: &Relay<L, C, U>,
        held: &mut Held,
        candidate: &Candidate,
        wait: Duration,
    ) -> Result<Option<Served<U::Body>>, NotServed> {
        if held.presence.is_gone() {
            return Err(NotServed::CallerLeft);
        }
        let too_small = self.over_window.as_ref().is_some_and(|(.., tried)| candidate.stage <= tried.stage);
        if self.tries_left == 0 || Instant::now() >= self.deadline || too_small {
            return Ok(None);
        }
        let outgoing = match Outgoing::to(candidate, &held.planned, &relay.tracker).await {
            Ok(outgoing) => outgoing,
            // Another candidate may speak a dialect that can say it.
            Err(bad) => {
                self.passed.inexpressible.get_or_insert(bad);
                return Ok(None);
            }
        };
        let doubtful = !self.failures.is_empty() && candidate.slot.is_doubtful();
        let retrying = doubtful.then(|| relay.retries.retry());
        if matches!(retrying, Some(None)) {
            self.passed.budget_spent = true;
            return Ok(None);
        }
        let room = match relay.limits.enter_channel(candidate.channel(), held.planned.input_estimate, wait).await {
            Ok(room) => room,
            Err(full) => {
                self.passed.full = Some(self.passed.full.map_or(full, |known: Duration| known.min(full)));
                return Ok(None);
            }
        };
        let Some(permit) = self.admit(candidate) else { return Ok(None) };
        self.tries_left -= 1;
        self.try_one(relay, held, candidate, outgoing, (permit, room)).await
    }

    /// A place in the candidate's slot.
    fn admit(&mut self, candidate: &Candidate) -> Option<Permit> {
        let now = Instant::now();
        if let Some(permit) = candidate.slot.admit(now) {
            return Some(permit);
        }
        let open = matches!(candidate.standing, Standing::Shut(Shut::Breaker, _)) || self.alone;
        let forced = (open && self.failures.is_empty()).then(|| candidate.slot.force(now, self.alone)).flatten();
        self.passed.forced |= forced.is_some() && !self.alone;
        forced
    }

    async fn try_one<L: Ledger, C: Catalog, U: Upstream>(
        &mut self,
        relay: &Relay<L, C, U>,
        held: &mut Held,
        candidate: &Candidate,
        outgoing: Outgoing,
        (mut permit, room): (Permit, Room),
    ) -> Result<Option<Served<U::Body>>, NotServed> {
        let warnings = outgoing.warnings.clone();
        let patience = Patience::with(&relay.config, candidate);
        let began = Instant::now();
        let start_us = held.planned.received.elapsed_us();
        let outcome = tokio::select! {
            biased;
            () = held.presence.left_for(relay.config.drain_after_caller_left) => return Err(NotServed::CallerLeft),
            outcome = attempt(relay, held, candidate, outgoing, &patience, self.deadline) => outcome,
        };
        note_attempt(held, candidate, start_us, began, &outcome);
        match outcome {
            Ok(served) => {
                let turn = permit.served(began.elapsed(), matches!(served, Served::Json(_)));
                relay.turned(held, candidate, turn);
                if !self.failures.is_empty() {
                    relay.tell(held, Kind::Failover, Some(candidate), &self.because());
                }
                relay.affinity.remember(&held.planned.beginnings, candidate.slot.place, Instant::now());
                held.warnings = warnings;
                held.answered_by(candidate.clone(), Some((permit, room)));
                Ok(Some(served))
            }
            Err(failed) => {
                let turn = permit.failed(failed.class, failed.retry_after, relay.dice.share());
                relay.turned(held, candidate, turn);
                if attempt::is_about_the_request(failed.class)
                    && let Some(body) = failed.caller_body
                {
                    if classes::of(failed.class).another == Another::StandIn {
                        self.over_window.get_or_insert((failed.status, body, candidate.clone()));
                        return Ok(None);
                    }
                    held.answered_by(candidate.clone(), None);
                    return Ok(Some(Served::CallerError { status: failed.status, body }));
                }
                tracing::warn!(request = %held.opened.request, channel = %candidate.channel().id, class = ?failed.class,
                    status = failed.status, what = %failed.what, "an attempt failed");
                if began.elapsed() >= relay.config.slow_failure {
                    self.tries_left = self.tries_left.min(1);
                }
                self.failures.push(failed);
                Ok(None)
            }
        }
    }

    /// The classes of what failed, in order.
    fn because(&self) -> String {
        let words: Vec<&str> = self.failures.iter().map(AttemptFailed::word).collect();
        words.join(", ")
    }
}

impl<L: Ledger, C: Catalog, U: Upstream> Relay<L, C, U> {
    /// Tells that something turned in what is known of a candidate.
    pub(crate) fn turned(&self, held: &Held, candidate: &Candidate, turn: Option<crate::health::Turn>) {
        if let Some(turn) = turn {
            self.tell(held, Kind::Upstream(turn), Some(candidate), "");
        }
    }

    fn tell(&self, held: &Held, kind: Kind, candidate: Option<&Candidate>, detail: &str) {
        let notice = || Notice {
            kind,
            model: held.planned.head.model.clone(),
            channel: candidate.map(|candidate| candidate.channel().id),
            credential: candidate.and_then(Candidate::credential).map(|credential| credential.id),
            tenant: Some(held.planned.key.tenant),
            key: Some(held.planned.key.id),
            request: Some(held.opened.request),
            detail: detail.to_owned(),
        };
        self.notices.tell(notice, kind);
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
        Ok(_) => (200, ""),
        Err(failed) => (failed.status, failed.word()),
    };
    held.attempts.push(Attempt {
        channel: candidate.channel().id,
        credential: candidate.credential().map(|credential| credential.id),
        status,
        error: error.to_owned(),
        start_us,
        took_us: u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX),
    });
}
