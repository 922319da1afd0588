//! The breaker of one credential and model: a pure state machine fed with outcomes and time.
//!
//! It opens on [`IN_A_ROW`] failures one after the other, or when fewer than half of at least [`ENOUGH`] attempts of the
//! last [`WINDOW`] served. It stays open for a second, then twice as long each time up to a minute, and then lets one
//! probe through. A rate limit fails a probe and never opens.

use std::time::Duration;
use tokio::time::Instant;

/// So many failures one after the other open it.
pub const IN_A_ROW: u32 = 5;
/// A rate is only believed from so many attempts on.
pub const ENOUGH: u32 = 10;
/// The time over which the rate is taken.
pub const WINDOW: Duration = Duration::from_secs(30);
/// The first time it is open.
pub const OPEN_FIRST: Duration = Duration::from_secs(1);
/// The longest.
pub const OPEN_LONGEST: Duration = Duration::from_secs(60);
/// Pieces of the window.
const PIECES: usize = 6;
/// The most by which a time is stretched, so that nodes do not probe in step: a quarter.
const JITTER: f64 = 0.25;

/// What an attempt says about its upstream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It served, or refused the request for what it says.
    Served,
    /// It failed in a way that may pass.
    Failed,
    /// It is over a limit.
    Limited,
    /// Nothing: the attempt was given up.
    Unknown,
}

/// Whether an attempt may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gate {
    /// It may.
    Closed,
    /// One may, to see.
    Probe,
    /// None may before this.
    Open(Instant),
}

#[derive(Debug, Clone, Copy)]
enum State {
    Closed,
    Open { until: Instant },
    Probing { since: Instant },
}

/// See the module.
#[derive(Debug)]
pub struct Breaker {
    state: State,
    failures_in_a_row: u32,
    /// How many times it opened without closing.
    openings: u32,
    window: Window,
}

impl Default for Breaker {
    fn default() -> Self {
        Self { state: State::Closed, failures_in_a_row: 0, openings: 0, window: Window::default() }
    }
}

/// A probe that is not heard of for so long is given up: its request has ended by then.
const LOST_PROBE: Duration = Duration::from_secs(300);

impl Breaker {
    /// Whether an attempt may go now. Asking changes nothing.
    pub fn gate(&self, now: Instant) -> Gate {
        match self.state {
            State::Closed => Gate::Closed,
            State::Open { until } if now >= until => Gate::Probe,
            State::Open { until } => Gate::Open(until),
            State::Probing { since } if now >= since + LOST_PROBE => Gate::Probe,
            // When it will be known is not; whoever asks is told to come back soon.
            State::Probing { since } => Gate::Open((since + LOST_PROBE).min(now + OPEN_FIRST)),
        }
    }

    /// The one probe is on its way.
    pub fn begin_probe(&mut self, now: Instant) {
        self.state = State::Probing { since: now };
    }

    /// Failures one after the other, up to now.
    pub fn failures_in_a_row(&self) -> u32 {
        self.failures_in_a_row
    }

    /// The probe's stream has begun: that closes it, on trial. One that breaks off after all opens it at once again.
    pub fn begun(&mut self, probe: bool) {
        if probe && !matches!(self.state, State::Closed) {
            self.state = State::Closed;
            self.failures_in_a_row = IN_A_ROW - 1;
            self.window = Window::default();
        }
    }

    /// What an attempt came to; `probe`: it was let through although this was not closed. What began before it opened neither
    /// closes it nor fails a probe. `jitter` is in 0 to 1. Whether this opened it.
    pub fn record(&mut self, outcome: Outcome, probe: bool, now: Instant, jitter: f64) -> bool {
        let probing = probe && matches!(self.state, State::Probing { .. });
        match outcome {
            Outcome::Served => {
                if matches!(self.state, State::Closed) {
                    self.failures_in_a_row = 0;
                    self.window.add(now, true);
                    self.openings = 0;
                } else if probe {
                    *self = Self::default();
                }
                false
            }
            Outcome::Failed => {
                self.failures_in_a_row = self.failures_in_a_row.saturating_add(1);
                self.window.add(now, false);
                let too_many = self.failures_in_a_row >= IN_A_ROW || self.window.is_bad(now);
                let opens = probing || (matches!(self.state, State::Closed) && too_many);
                if opens {
                    self.open(now, jitter);
                }
                opens
            }
            Outcome::Limited if probing => {
                self.open(now, jitter);
                true
            }
            Outcome::Unknown if probing => {
                // The next one may probe at once.
                self.state = State::Open { until: now };
                false
            }
            Outcome::Limited | Outcome::Unknown => false,
        }
    }

    fn open(&mut self, now: Instant, jitter: f64) {
        let doubled = OPEN_FIRST.saturating_mul(1 << self.openings.min(16)).min(OPEN_LONGEST);
        self.openings = self.openings.saturating_add(1);
        self.state = State::Open { until: now + doubled.mul_f64(1.0 + JITTER * jitter.clamp(0.0, 1.0)) };
    }
}

/// Attempts of the last half minute, in pieces of five seconds.
#[derive(Debug, Default)]
struct Window {
    began: Option<Instant>,
    pieces: [Piece; PIECES],
}

#[derive(Debug, Default, Clone, Copy)]
struct Piece {
    number: u64,
    served: u32,
    failed: u32,
}

impl Window {
    fn number(&self, now: Instant) -> u64 {
        let piece = WINDOW.as_millis() / PIECES as u128;
        let since = self.began.map_or(Duration::ZERO, |began| now.saturating_duration_since(began));
        u64::try_from(since.as_millis() / piece).unwrap_or(u64::MAX)
    }

    fn add(&mut self, now: Instant, served: bool) {
        self.began.get_or_insert(now);
        let number = self.number(now);
        let Some(piece) = self.pieces.get_mut((number % PIECES as u64) as usize) else { return };
        if piece.number != number {
            *piece = Piece { number, ..Piece::default() };
        }
        let count = if served { &mut piece.served } else { &mut piece.failed };
        *count = count.saturating_add(1);
    }

    fn is_bad(&self, now: Instant) -> bool {
        let number = self.number(now);
        let recent = self.pieces.iter().filter(|piece| number.saturating_sub(piece.number) < PIECES as u64);
        let (served, failed) = recent.fold((0_u32, 0_u32), |(served, failed), piece| {
            (served.saturating_add(piece.served), failed.saturating_add(piece.failed))
        });
        served.saturating_add(failed) >= ENOUGH && failed > served
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Outcome::{Failed, Limited, Served, Unknown};

    fn after(start: Instant, ms: u64) -> Instant {
        start + Duration::from_millis(ms)
    }

    fn fed(outcomes: &[Outcome], now: Instant) -> Breaker {
        let mut breaker = Breaker::default();
        for outcome in outcomes {
            breaker.record(*outcome, true, now, 0.0);
        }
        breaker
    }

    #[test]
    fn five_failures_in_a_row_open_it_for_a_second() {
        let now = Instant::now();
        assert_eq!(fed(&[Failed, Failed, Failed, Failed, Served, Failed, Failed], now).gate(now), Gate::Closed);
        let breaker = fed(&[Failed; 5], now);
        assert_eq!(breaker.gate(now), Gate::Open(after(now, 1_000)));
        assert_eq!(breaker.gate(after(now, 1_000)), Gate::Probe);
    }

    #[test]
    fn a_rate_under_half_opens_it_from_ten_attempts_on() {
        let now = Instant::now();
        let mut breaker = fed(&[Failed, Served, Failed, Failed, Served, Failed, Failed, Served, Failed], now);
        assert_eq!(breaker.gate(now), Gate::Closed, "nine are not enough");
        breaker.record(Failed, true, now, 0.0);
        assert!(matches!(breaker.gate(now), Gate::Open(_)));

        let mut old = fed(&[Failed, Served, Failed, Failed, Served, Failed, Failed, Served, Failed], now);
        old.record(Failed, true, now + WINDOW, 0.0);
        assert_eq!(old.gate(now + WINDOW), Gate::Closed, "what is half a minute old does not count");
    }

    #[test]
    fn a_failed_probe_doubles_the_time_up_to_a_minute_and_a_served_one_closes() {
        let mut now = Instant::now();
        let mut breaker = fed(&[Failed; 5], now);
        for seconds in [1, 2, 4, 8, 16, 32, 60, 60] {
            assert_eq!(breaker.gate(now), Gate::Open(now + Duration::from_secs(seconds)));
            now += Duration::from_secs(seconds);
            assert_eq!(breaker.gate(now), Gate::Probe);
            breaker.begin_probe(now);
            assert!(matches!(breaker.gate(now), Gate::Open(_)), "one probe at a time");
            assert!(breaker.record(Failed, true, now, 0.0));
        }
        now += Duration::from_secs(60);
        breaker.begin_probe(now);
        breaker.record(Served, true, now, 0.0);
        assert_eq!(breaker.gate(now), Gate::Closed);
        assert!(!breaker.record(Failed, true, now, 0.0), "it starts afresh");
    }

    #[test]
    fn a_stream_that_begins_closes_it_on_trial() {
        let now = Instant::now();
        let mut breaker = fed(&[Failed; 5], now);
        breaker.begin_probe(after(now, 1_000));
        breaker.begun(true);
        assert_eq!(breaker.gate(now), Gate::Closed);
        assert!(breaker.record(Failed, true, after(now, 1_000), 0.0), "it broke off");
        assert_eq!(breaker.gate(now), Gate::Open(after(now, 3_000)), "for twice as long");
        breaker.begin_probe(after(now, 3_000));
        breaker.begun(true);
        breaker.record(Served, true, now, 0.0);
        assert!(!breaker.record(Failed, true, now, 0.0), "its end was well");
    }

    #[test]
    fn what_began_before_it_opened_neither_closes_it_nor_decides_a_probe() {
        let now = Instant::now();
        let mut breaker = fed(&[Failed; 5], now);
        breaker.record(Served, false, now, 0.0);
        breaker.begun(false);
        assert_eq!(breaker.gate(now), Gate::Open(after(now, 1_000)), "an old stream's end says nothing of new ones");
        let later = after(now, 1_000);
        breaker.begin_probe(later);
        assert!(!breaker.record(Failed, false, later, 0.0));
        breaker.record(Unknown, false, later, 0.0);
        assert!(matches!(breaker.gate(later), Gate::Open(_)), "the probe is still on its way");
        breaker.record(Served, true, later, 0.0);
        assert_eq!(breaker.gate(later), Gate::Closed);
    }

    #[test]
    fn a_rate_limit_fails_a_probe_and_never_opens() {
        let now = Instant::now();
        assert_eq!(fed(&[Limited; 50], now).gate(now), Gate::Closed);
        let mut breaker = fed(&[Failed; 5], now);
        breaker.begin_probe(after(now, 1_000));
        breaker.record(Limited, true, after(now, 1_000), 0.0);
        assert_eq!(breaker.gate(after(now, 1_000)), Gate::Open(after(now, 3_000)));
    }

    #[test]
    fn a_probe_that_was_given_up_makes_room_for_another() {
        let now = Instant::now();
        let mut breaker = fed(&[Failed; 5], now);
        breaker.begin_probe(after(now, 1_000));
        breaker.record(Unknown, true, after(now, 1_500), 0.0);
        assert_eq!(breaker.gate(after(now, 1_500)), Gate::Probe);
    }

    #[test]
    fn jitter_stretches_by_a_quarter_at_most() {
        let now = Instant::now();
        let mut breaker = Breaker::default();
        for _ in 0..5 {
            breaker.record(Failed, true, now, 1.0);
        }
        assert_eq!(breaker.gate(now), Gate::Open(after(now, 1_250)));
    }
}
