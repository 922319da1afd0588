//! A range of time, as pages ask for it: relative to now, or fixed.

use super::Range;
use serde::{Deserialize, Serialize};

const MINUTE_US: i64 = 60_000_000;
const HOUR_US: i64 = 60 * MINUTE_US;
const DAY_US: i64 = 24 * HOUR_US;
/// Slots a fixed range may be cut into.
const STEPS: [i64; 8] =
    [MINUTE_US, 5 * MINUTE_US, 15 * MINUTE_US, HOUR_US, 2 * HOUR_US, 6 * HOUR_US, DAY_US, 7 * DAY_US];
/// The most slots of a fixed range.
const MOST: i64 = 120;
/// The longest fixed range, in days: two years.
const LONGEST_US: i64 = 731 * DAY_US;

/// A range of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Span {
    /// Up to now.
    Last(Range),
    /// Fixed, in microseconds since 1970; the end is not inside.
    Between {
        /// Not before this.
        from_us: i64,
        /// Before this.
        to_us: i64,
    },
}

impl Default for Span {
    fn default() -> Self {
        Self::Last(Range::default())
    }
}

/// A range cut into slots of one length, which begin and end with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// Its beginning, in microseconds since 1970.
    pub from_us: i64,
    /// Its end.
    pub to_us: i64,
    /// The length of a slot.
    pub step_us: i64,
}

impl Span {
    /// A fixed range, put in order and cut to what is offered.
    pub fn between(from_us: i64, to_us: i64) -> Self {
        let (from_us, to_us) = (from_us.min(to_us).max(0), from_us.max(to_us).max(0));
        Self::Between { from_us: from_us.max(to_us.saturating_sub(LONGEST_US)), to_us }
    }

    /// Its slots, as of now.
    pub fn window(self, now_us: i64) -> Window {
        let (from, to, step) = match self {
            Self::Last(range) => {
                let step = range.step_us();
                let to = now_us.div_euclid(step) * step + step;
                (to - range.length_us(), to, step)
            }
            Self::Between { from_us, to_us } => {
                let length = to_us - from_us;
                let step = STEPS.into_iter().find(|step| length / step < MOST).unwrap_or(7 * DAY_US);
                (from_us.div_euclid(step) * step, to_us.saturating_add(step - 1).div_euclid(step) * step, step)
            }
        };
        Window { from_us: from, to_us: to.max(from + step), step_us: step }
    }
}

impl Range {
    /// Its length.
    pub fn length_us(self) -> i64 {
        match self {
            Self::Quarter => 15 * MINUTE_US,
            Self::Hour => HOUR_US,
            Self::Day => DAY_US,
            Self::Week => 7 * DAY_US,
            Self::Month => 30 * DAY_US,
        }
    }

    /// The slots it is cut into.
    fn step_us(self) -> i64 {
        match self {
            Self::Quarter | Self::Hour => MINUTE_US,
            Self::Day => 15 * MINUTE_US,
            Self::Week => 2 * HOUR_US,
            Self::Month => 6 * HOUR_US,
        }
    }
}

impl Window {
    /// How many slots there are.
    pub fn slots(self) -> usize {
        usize::try_from((self.to_us - self.from_us) / self.step_us.max(1)).unwrap_or(0)
    }

    /// Which slot a time is in.
    pub fn slot(self, time_us: i64) -> Option<usize> {
        let slot = usize::try_from((time_us - self.from_us).div_euclid(self.step_us.max(1))).ok()?;
        (slot < self.slots()).then_some(slot)
    }

    /// As long before.
    pub fn before(self) -> Self {
        Self { from_us: self.from_us - (self.to_us - self.from_us), to_us: self.from_us, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_relative_range_ends_with_the_slot_that_runs() {
        let now = 1_795_442_525_000_000; // 14:02:05
        for range in Range::ALL {
            let window = Span::Last(*range).window(now);
            assert!(window.to_us > now && window.to_us - now <= window.step_us, "{range:?}");
            assert_eq!(window.slot(now), Some(window.slots() - 1));
            assert_eq!(window.before().to_us, window.from_us);
            assert_eq!(window.before().slots(), window.slots());
        }
    }

    #[test]
    fn a_backward_or_endless_range_is_put_right() {
        assert_eq!(Span::between(20, 10), Span::between(10, 20));
        let endless = Span::between(0, i64::MAX).window(0);
        assert!(endless.slots() <= 121, "{}", endless.slots());
        assert_eq!(Span::between(5, 5).window(0).slots(), 1, "an empty one still has a slot");
    }

    proptest! {
        #[test]
        fn a_fixed_range_is_covered_by_few_whole_slots(from in 0_i64..2_000_000_000_000_000, length in 0_i64..40_000_000_000_000) {
            let Span::Between { from_us, to_us } = Span::between(from, from + length) else { unreachable!() };
            let window = Span::Between { from_us, to_us }.window(0);
            prop_assert!(window.from_us <= from_us && window.to_us >= to_us);
            prop_assert!((1..=122).contains(&window.slots()));
            prop_assert_eq!(window.from_us % window.step_us, 0);
        }
    }
}
