//! Tries candidates in order until one serves, before anything meaningful has gone to the caller.
//!
//! What may not be tried is passed over. When nothing may, the least bad is tried all the same if only its breaker is in
//! the way, one request at a time; the others are told when to come back.

use crate::{
    attempt::{self, AttemptFailed, Served, attempt},
    classes::{self, Another},
    health::{Permit, Shut, Slot, Standing},
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
    ids::ChannelId,
    ports::{Catalog, Ledger},
    record::Attempt,
    refusal::{Code, Refusal},
};
use protocol::error::Class;
use std::{sync::Arc, time::Duration};
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
        refused_in_answer: None,
        asked: Vec::new(),
        missing: Vec::new(),
        waited: Vec::new(),
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
    if let Some(TooSmall { error: Some((status, body, candidate)), .. }) = search.over_window {
        held.answered_by(candidate, None);
        return Ok(Served::CallerError { status, body });
    }
    let soonest = routing::soonest(&candidates, Instant::now());
    if let Some(refusal) = search.refused_in_answer {
        return Err(NotServed::Refused(refusal));
    }
    let failures = if search.passed.forced && soonest.is_some() { &[][..] } else { &search.failures };
    let refusal = verdict(failures, &search.passed, soonest);
    relay.tell(held, Kind::AllFailed, None, refusal.code.as_str());
    Err(NotServed::Refused(refusal))
}

/// The request is over the window of what was tried.
struct TooSmall {
    /// As far as this stage.
    through: u16,
    /// What the first one said, where it was an answer of its own.
    error: Option<(u16, Bytes, Candidate)>,
}

struct Search {
    deadline: Instant,
    tries_left: usize,
    alone: bool,
    failures: Vec<AttemptFailed>,
    passed: Passed,
    /// The request is over the window of what was tried: a fallback may have a larger one.
    over_window: Option<TooSmall>,
    /// The same, said inside an answer that had begun well.
    refused_in_answer: Option<Refusal>,
    /// Slots that were tried: a rule and a fallback may name the same one.
    asked: Vec<Arc<Slot>>,
    /// Models that a channel does not have, whatever the credential.
    missing: Vec<(ChannelId, Arc<str>)>,
    /// Channels whose room was waited for in vain.
    waited: Vec<ChannelId>,
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
        if self.is_pointless(candidate) {
            return Ok(None);
        }
        if self.tries_left == 0 || Instant::now() >= self.deadline {
            self.passed.left = true;
            return Ok(None);
        }
        if let Standing::Shut(why, _) = candidate.slot.standing(Instant::now())
            && !(why == Shut::Breaker && self.may_force(candidate))
        {
            // Before its channel's limits are asked, which it would use up for nothing.
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
            self.passed.left = true;
            return Ok(None);
        }
        let room = match relay.limits.enter_channel(candidate.channel(), held.planned.input_estimate, wait).await {
            Ok(room) => room,
            Err(full) => {
                if !wait.is_zero() {
                    self.waited.push(candidate.channel().id);
                }
                self.passed.full = Some(self.passed.full.map_or(full, |known: Duration| known.min(full)));
                return Ok(None);
            }
        };
        let Some(permit) = self.admit(candidate) else { return Ok(None) };
        self.tries_left -= 1;
        self.asked.push(candidate.slot.clone());
        self.try_one(relay, held, candidate, outgoing, (permit, room)).await
    }

    /// Whether this request has learnt already that nothing can come of it.
    fn is_pointless(&self, candidate: &Candidate) -> bool {
        let (channel, model) = (candidate.channel().id, &candidate.offer.upstream_model);
        self.over_window.as_ref().is_some_and(|small| candidate.stage <= small.through)
            || self.asked.iter().any(|asked| Arc::ptr_eq(asked, &candidate.slot))
            || self.missing.iter().any(|(at, missing)| *at == channel && missing == model)
            || self.waited.contains(&channel)
    }

    /// Whether it may be tried although it is shut, if only its breaker is in the way.
    fn may_force(&self, candidate: &Candidate) -> bool {
        let open = matches!(candidate.standing, Standing::Shut(Shut::Breaker, _));
        (open || self.alone) && self.failures.is_empty()
    }

    /// A place in the candidate's slot.
    fn admit(&mut self, candidate: &Candidate) -> Option<Permit> {
        let now = Instant::now();
        if let Some(permit) = candidate.slot.admit(now) {
            return Some(permit);
        }
        let forced = self.may_force(candidate).then(|| candidate.slot.force(now, self.alone)).flatten();
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
        let own_total = candidate.channel().timeouts.total_ms.map(Duration::from_millis);
        let deadline = own_total.map_or(self.deadline, |total| self.deadline.min(held.deadline(total)));
        let start_us = held.planned.received.elapsed_us();
        let outcome = tokio::select! {
            biased;
            () = held.presence.left_for(relay.config.drain_after_caller_left) => return Err(NotServed::CallerLeft),
            outcome = attempt(relay, held, candidate, outgoing, &patience, deadline) => outcome,
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
                if attempt::is_about_the_request(failed.class) {
                    return self.about_the_request(held, candidate, failed);
                }
                if failed.class == Class::ModelMissing {
                    self.missing.push((candidate.channel().id, candidate.offer.upstream_model.clone()));
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

    /// The upstream is well, and the request is not: its caller is told, unless a fallback's window is larger.
    fn about_the_request<B>(
        &mut self,
        held: &mut Held,
        candidate: &Candidate,
        failed: AttemptFailed,
    ) -> Result<Option<Served<B>>, NotServed> {
        let AttemptFailed { class, status, caller_body, what, .. } = failed;
        let row = classes::of(class);
        let message = || format!("The upstream does not take this request ({}): {what}.", row.word);
        let refusal = || Refusal::new(Code::InvalidRequest, message());
        match (row.another, caller_body) {
            (Another::StandIn, body) => {
                if body.is_none() {
                    self.refused_in_answer.get_or_insert_with(refusal);
                }
                let error = body.map(|body| (status, body, candidate.clone()));
                let small = self.over_window.get_or_insert(TooSmall { through: candidate.stage, error });
                small.through = small.through.max(candidate.stage);
                Ok(None)
            }
            (_, None) => Err(NotServed::Refused(refusal())),
            (_, Some(body)) => {
                held.answered_by(candidate.clone(), None);
                Ok(Some(Served::CallerError { status, body }))
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
    let (status, error, told) = match outcome {
        Ok(_) => (200, "", None),
        Err(failed) => (failed.status, failed.word(), failed.told.as_ref()),
    };
    let spent = told.map(|told| Box::new(held.spent(candidate, told)));
    held.attempts.push(Attempt {
        channel: candidate.channel().id,
        credential: candidate.credential().map(|credential| credential.id),
        status,
        error: error.to_owned(),
        start_us,
        took_us: u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX),
        spent,
    });
}
