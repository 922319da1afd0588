//! A credential: left alone for a moment after a refusal, off after two, whatever the model, and back when an attempt with it
//! serves.

use parking_lot::Mutex;
use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};
use tokio::time::Instant;

/// So many refusals, one after the other, take a credential out of use.
pub const CONFIRMATIONS: u32 = 2;
/// After the first refusal nobody tries it for so long: a caller who sends the same again at once learns nothing new.
pub const SUSPECTED: Duration = Duration::from_secs(5);
/// When one request may try it again, at first; the time doubles to [`PROBE_LONGEST`].
pub const PROBE_FIRST: Duration = Duration::from_secs(60);
/// The longest.
pub const PROBE_LONGEST: Duration = Duration::from_secs(3_600);

/// See the module.
#[derive(Debug, Default)]
pub struct Account {
    /// Requests with it now.
    pub(super) in_flight: AtomicU32,
    /// Whether it is off or suspected: read without the lock.
    off: std::sync::atomic::AtomicBool,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    refusals: u32,
    probes: u32,
    next_probe: Option<Instant>,
}

impl Account {
    /// Whether it is off.
    pub fn is_off(&self) -> bool {
        self.off.load(Ordering::Relaxed)
    }

    /// Until when nothing may try it; `None`: it is on, or one may.
    pub fn off_until(&self, now: Instant) -> Option<Instant> {
        if !self.is_off() {
            return None;
        }
        self.state.lock().next_probe.filter(|next| *next > now)
    }

    /// Requests with it now.
    pub fn in_flight(&self) -> u32 {
        self.in_flight.load(Ordering::Relaxed)
    }

    /// It was refused. Whether that took it out of use.
    pub(super) fn refused(&self, now: Instant) -> bool {
        let mut state = self.state.lock();
        state.refusals = state.refusals.saturating_add(1);
        self.off.store(true, Ordering::Relaxed);
        if state.refusals < CONFIRMATIONS {
            state.next_probe = Some(now + SUSPECTED);
            return false;
        }
        let first = state.refusals == CONFIRMATIONS;
        let wait = PROBE_FIRST.saturating_mul(1 << state.probes.min(16)).min(PROBE_LONGEST);
        state.next_probe = Some(now + wait);
        first
    }

    /// One attempt tries it again: no other does until that is known, or a probe's time has passed.
    pub(super) fn begin_probe(&self, now: Instant) {
        if self.is_off() {
            let mut state = self.state.lock();
            state.probes = state.probes.saturating_add(u32::from(state.refusals >= CONFIRMATIONS));
            state.next_probe = Some(now + PROBE_FIRST);
        }
    }

    /// The probe was given up: another may go.
    pub(super) fn given_up(&self) {
        if self.is_off() {
            self.state.lock().next_probe = None;
        }
    }

    /// It was accepted. Whether that brought it back.
    pub(super) fn served(&self) -> bool {
        if !self.is_off() {
            return false;
        }
        let was_off = self.state.lock().refusals >= CONFIRMATIONS;
        self.reset();
        was_off
    }

    /// As new.
    pub(super) fn reset(&self) {
        *self.state.lock() = State::default();
        self.off.store(false, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_refusals_take_it_out_of_use_and_an_accepted_probe_brings_it_back() {
        let now = Instant::now();
        let account = Account::default();
        assert!(!account.refused(now));
        assert_eq!(account.off_until(now), Some(now + SUSPECTED));
        assert!(!account.served(), "one refusal between answers is no death");
        assert!(!account.refused(now) && account.refused(now));
        assert_eq!(account.off_until(now), Some(now + PROBE_FIRST));
        let later = now + PROBE_FIRST;
        assert_eq!(account.off_until(later), None, "one may try");
        account.begin_probe(later);
        assert!(account.off_until(later).is_some(), "and only one");
        assert!(!account.refused(later), "it was off already");
        assert_eq!(account.off_until(later), Some(later + PROBE_FIRST * 2));
        assert!(account.served());
        assert!(!account.is_off());
    }
}
