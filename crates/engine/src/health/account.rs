//! A credential: off after two refusals, whatever the model, and back when an attempt with it serves.

use parking_lot::Mutex;
use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};
use tokio::time::Instant;

/// So many refusals, one after the other, take a credential out of use.
pub const CONFIRMATIONS: u32 = 2;
/// When one request may try it again, at first; the time doubles to [`PROBE_LONGEST`].
pub const PROBE_FIRST: Duration = Duration::from_secs(60);
/// The longest.
pub const PROBE_LONGEST: Duration = Duration::from_secs(3_600);

/// See the module.
#[derive(Debug, Default)]
pub struct Account {
    /// Requests with it now.
    pub(super) in_flight: AtomicU32,
    /// Refusals one after the other: read without the lock.
    refusals: AtomicU32,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    probes: u32,
    next_probe: Option<Instant>,
}

impl Account {
    /// Whether it is off.
    pub fn is_off(&self) -> bool {
        self.refusals.load(Ordering::Relaxed) >= CONFIRMATIONS
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
        let refusals = self.refusals.load(Ordering::Relaxed).saturating_add(1);
        self.refusals.store(refusals, Ordering::Relaxed);
        if refusals >= CONFIRMATIONS {
            let wait = PROBE_FIRST.saturating_mul(1 << state.probes.min(16)).min(PROBE_LONGEST);
            state.next_probe = Some(now + wait);
        }
        refusals == CONFIRMATIONS
    }

    /// One attempt tries it again: no other does until that is known, or a probe's time has passed.
    pub(super) fn begin_probe(&self, now: Instant) {
        if self.is_off() {
            let mut state = self.state.lock();
            state.probes = state.probes.saturating_add(1);
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
        if self.refusals.load(Ordering::Relaxed) == 0 {
            return false;
        }
        let was_off = self.is_off();
        self.reset();
        was_off
    }

    /// As new.
    pub(super) fn reset(&self) {
        let mut state = self.state.lock();
        *state = State::default();
        self.refusals.store(0, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_refusals_take_it_out_of_use_and_an_accepted_probe_brings_it_back() {
        let now = Instant::now();
        let account = Account::default();
        assert!(!account.refused(now) && !account.is_off());
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
