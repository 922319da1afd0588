//! What is known of one credential and model: whether it may be tried, and how it did of late.

use super::{
    Figures, Permit, Place, Shut, Standing, Turn,
    account::{Account, PROBE_FIRST},
    breaker::{Breaker, Gate, Outcome},
    decay::{Lengths, Mean},
};
use crate::classes::{self, Blame};
use parking_lot::Mutex;
use protocol::error::Class;
use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};
use tokio::time::Instant;

/// The first time a limit without a reset is waited out; it doubles to [`COOL_LONGEST`].
const COOL_FIRST: Duration = Duration::from_secs(1);
const COOL_LONGEST: Duration = Duration::from_secs(60);
/// After its credential was refused nobody tries it for so long: who sends the same again at once learns nothing new.
pub const SUSPECTED: Duration = Duration::from_secs(5);
/// What is shut is tried so often at most when nothing else is left.
const FORCED_EVERY: Duration = Duration::from_millis(250);
/// Attempts presumed to have served, besides those seen.
const PRESUMED: f64 = 30.0;
/// So many that wait so long are a silence.
const SILENT_FROM: usize = 3;
const SILENT_AFTER: Duration = Duration::from_secs(3);
/// How long a model that the upstream does not have is not asked for again.
const MISSING: Duration = Duration::from_secs(600);

/// See the module.
#[derive(Debug)]
pub struct Slot {
    /// Where.
    pub place: Place,
    /// The model's name there.
    pub model: Box<str>,
    pub(super) account: Arc<Account>,
    pub(super) in_flight: AtomicU32,
    pub(super) state: Mutex<State>,
}

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) breaker: Breaker,
    cool_until: Option<Instant>,
    /// Whether it failed otherwise than by a limit when it said so.
    resting: bool,
    /// How many limits without a reset came one after the other.
    cool_steps: u32,
    missing_until: Option<Instant>,
    suspected_until: Option<Instant>,
    /// When it was last tried although it was shut.
    forced: Option<Instant>,
    /// Attempts that wait for a first byte, the oldest first.
    waiting: VecDeque<(u64, Instant)>,
    /// Numbers them.
    attempts: u64,
    success: Mean,
    ttft: Lengths,
    tokens_per_second: Mean,
    /// What it was last said to be; for events.
    last_error: Option<Class>,
}

impl Slot {
    pub(super) fn new(place: Place, model: &str, account: Arc<Account>) -> Self {
        Self { place, model: model.into(), account, in_flight: AtomicU32::new(0), state: Mutex::default() }
    }

    /// Whether it may be tried now.
    pub fn standing(&self, now: Instant) -> Standing {
        self.state.lock().standing(&self.account, now)
    }

    /// Standing and figures at once.
    pub fn look(&self, now: Instant) -> (Standing, Figures) {
        let state = self.state.lock();
        let figures = Figures {
            success: state.success.value_among(PRESUMED, 1.0, now),
            ttft_us: state.ttft.mean_us(now),
            ttft_p95_us: state.ttft.percentile_us(0.95, now),
            tokens_per_second: state.tokens_per_second.value(now),
            attempts: state.success.weight(now),
            in_flight: self.in_flight.load(Ordering::Relaxed),
            silent: state.is_silent(now),
        };
        (state.standing(&self.account, now), figures)
    }

    /// Requests there now.
    pub fn in_flight(&self) -> u32 {
        self.in_flight.load(Ordering::Relaxed)
    }

    /// Whether its credential was refused last: it is off, or was refused for this model.
    pub fn is_refused(&self) -> bool {
        self.account.is_off() || self.state.lock().suspected_until.is_some()
    }

    /// Whether it failed last: a try there is a retry that must be within the budget.
    pub fn is_doubtful(&self) -> bool {
        self.state.lock().breaker.failures_in_a_row() > 0
    }

    /// Takes a place in it, if it may be tried.
    pub fn admit(self: &Arc<Self>, now: Instant) -> Option<Permit> {
        let mut state = self.state.lock();
        let probe = match state.standing(&self.account, now) {
            Standing::Ready => false,
            Standing::Probe => true,
            Standing::Shut(..) => return None,
        };
        if probe {
            state.begin_probe(&self.account, now);
        }
        Some(self.enter(&mut state, probe, now))
    }

    fn enter(self: &Arc<Self>, state: &mut State, probe: bool, now: Instant) -> Permit {
        state.attempts = state.attempts.wrapping_add(1);
        state.waiting.push_back((state.attempts, now));
        self.in_flight.fetch_add(1, Ordering::Relaxed);
        self.account.in_flight.fetch_add(1, Ordering::Relaxed);
        Permit::new(self.clone(), state.attempts, probe)
    }

    /// Takes a place in it although its breaker is open: as the only one there is, or as the least bad, one at a time and
    /// [`FORCED_EVERY`] so long.
    pub fn force(self: &Arc<Self>, now: Instant, alone: bool) -> Option<Permit> {
        let mut state = self.state.lock();
        let open = matches!(state.standing(&self.account, now), Standing::Shut(Shut::Breaker, _));
        let rested = state.forced.is_none_or(|at| now.saturating_duration_since(at) >= FORCED_EVERY);
        let free = self.in_flight.load(Ordering::Relaxed) == 0;
        if !open || !(alone || rested && free) {
            return None;
        }
        state.forced = Some(now);
        Some(self.enter(&mut state, true, now))
    }

    /// An attempt that was no probe failed, by its class. What turned by it, if anything did.
    pub fn failed(&self, class: Class, retry_after: Option<Duration>, now: Instant, jitter: f64) -> Option<Turn> {
        self.fails(class, retry_after, false, now, jitter)
    }

    pub(super) fn fails(
        &self,
        class: Class,
        retry_after: Option<Duration>,
        probe: bool,
        now: Instant,
        jitter: f64,
    ) -> Option<Turn> {
        let mut state = self.state.lock();
        (state.last_error, state.suspected_until) = (Some(class), None);
        match classes::of(class).blame {
            Blame::Nothing => {
                state.breaker.record(Outcome::Served, probe, now, jitter);
                // Who is told what is wrong with a request was let in.
                self.account.served().then_some(Turn::CredentialBack)
            }
            Blame::Breaker => {
                state.success.add(0.0, now);
                if let Some(told) = retry_after.filter(|told| !told.is_zero()) {
                    state.resting = true;
                    state.cool(now + told);
                }
                state.breaker.record(Outcome::Failed, probe, now, jitter).then_some(Turn::Opened)
            }
            Blame::Cooldown => {
                state.breaker.record(Outcome::Limited, probe, now, jitter);
                state.success.add(0.0, now);
                let doubled = COOL_FIRST.saturating_mul(1 << state.cool_steps.min(16)).min(COOL_LONGEST);
                // A zero is a wish to be asked at once, which ends in a storm.
                let wait = retry_after.filter(|told| !told.is_zero()).unwrap_or(doubled);
                state.cool_steps = state.cool_steps.saturating_add(1);
                let was_cool = state.cool_until.is_some_and(|until| until > now);
                state.resting = false;
                state.cool(now + wait);
                (!was_cool).then_some(Turn::Cooling)
            }
            Blame::Credential => {
                state.breaker.record(Outcome::Unknown, probe, now, jitter);
                state.suspected_until = Some(now + SUSPECTED);
                // Who needs no credential has none to lose.
                (self.place.credential.is_some() && self.account.refused(now)).then_some(Turn::CredentialOff)
            }
            Blame::Model => {
                state.breaker.record(Outcome::Unknown, probe, now, jitter);
                let first = state.missing_until.is_none();
                state.missing_until = Some(now + MISSING);
                first.then_some(Turn::ModelMissing)
            }
        }
    }

    /// An attempt serves: `ttft` is the time to its first meaningful byte. A stream's end is yet to come. What turned by it, if
    /// anything did.
    pub fn served(&self, ttft: Duration, whole: bool, now: Instant) -> Option<Turn> {
        self.serves(ttft, whole, false, now)
    }

    pub(super) fn serves(&self, ttft: Duration, whole: bool, probe: bool, now: Instant) -> Option<Turn> {
        let mut state = self.state.lock();
        let was_open = probe && !matches!(state.breaker.gate(now), Gate::Closed);
        if whole {
            state.breaker.record(Outcome::Served, probe, now, 0.0);
        } else {
            state.breaker.begun(probe);
        }
        if was_open {
            // What was before the breaker opened would keep it away from requests for as long again.
            state.success = Mean::default();
        }
        state.success.add(1.0, now);
        state.ttft.add(u64::try_from(ttft.as_micros()).unwrap_or(u64::MAX), now);
        (state.cool_steps, state.missing_until, state.suspected_until, state.last_error) = (0, None, None, None);
        let back = self.account.served();
        match (back, was_open) {
            (true, _) => Some(Turn::CredentialBack),
            (false, true) => Some(Turn::Closed),
            (false, false) => None,
        }
    }

    /// An answer that had begun broke off.
    pub fn cut(&self, now: Instant, jitter: f64) -> Option<Turn> {
        self.failed(Class::Transient, None, now, jitter)
    }

    /// A stream came to its end: `tokens` came in `time` after the first byte.
    pub fn ended(&self, tokens: u64, time: Duration, now: Instant) {
        self.state.lock().breaker.record(Outcome::Served, false, now, 0.0);
        self.paced(tokens, time, now);
    }

    /// So many tokens came in `time`.
    pub fn paced(&self, tokens: u64, time: Duration, now: Instant) {
        let mut state = self.state.lock();
        // Fewer come in one piece, which says nothing of a pace.
        if tokens >= 8 && !time.is_zero() {
            state.tokens_per_second.add(tokens as f64 / time.as_secs_f64(), now);
        }
    }

    /// The last error's class, until something serves again.
    pub fn last_error(&self) -> Option<Class> {
        self.state.lock().last_error
    }

    /// As it was when nothing was known; its operator has mended it.
    pub fn reset(&self) {
        let mut state = self.state.lock();
        state.breaker = Breaker::default();
        (state.cool_until, state.missing_until, state.suspected_until) = (None, None, None);
        (state.cool_steps, state.last_error) = (0, None);
        self.account.reset();
    }
}

impl State {
    fn standing(&self, account: &Account, now: Instant) -> Standing {
        let suspected = self.suspected_until.filter(|until| *until > now);
        if let Some(until) = account.off_until(now).max(suspected) {
            return Standing::Shut(Shut::Credential, until);
        }
        if let Some(until) = self.missing_until.filter(|until| *until > now) {
            return Standing::Shut(Shut::ModelMissing, until);
        }
        if let Some(until) = self.cool_until.filter(|until| *until > now) {
            return Standing::Shut(if self.resting { Shut::Resting } else { Shut::Rate }, until);
        }
        match self.breaker.gate(now) {
            Gate::Open(until) => Standing::Shut(Shut::Breaker, until),
            Gate::Probe => Standing::Probe,
            Gate::Closed if account.is_off() || self.suspected_until.is_some() => Standing::Probe,
            Gate::Closed => Standing::Ready,
        }
    }

    /// The longer of two times wins.
    fn cool(&mut self, until: Instant) {
        self.cool_until = Some(self.cool_until.map_or(until, |known| known.max(until)));
    }

    /// Several wait for longer than four times what nearly all take, and for three seconds at least.
    fn is_silent(&self, now: Instant) -> bool {
        let Some((_, since)) = self.waiting.get(SILENT_FROM - 1) else { return false };
        let waits = now.saturating_duration_since(*since);
        let usual = || self.ttft.percentile_us(0.95, now).map_or(Duration::ZERO, Duration::from_micros);
        waits >= SILENT_AFTER && waits >= usual().saturating_mul(4)
    }

    pub(super) fn answered(&mut self, attempt: u64) {
        if let Some(at) = self.waiting.iter().position(|(waiting, _)| *waiting == attempt) {
            self.waiting.remove(at);
        }
    }

    fn begin_probe(&mut self, account: &Account, now: Instant) {
        if matches!(self.breaker.gate(now), Gate::Probe) {
            self.breaker.begin_probe(now);
        }
        account.begin_probe(now);
        self.suspected_until = self.suspected_until.map(|_| now + PROBE_FIRST);
    }

    /// The probe was given up, or nobody knows what became of it: another may go.
    pub(super) fn given_up(&mut self, account: &Account, now: Instant) {
        self.breaker.record(Outcome::Unknown, true, now, 0.0);
        self.suspected_until = self.suspected_until.map(|_| now);
        account.given_up();
    }
}
