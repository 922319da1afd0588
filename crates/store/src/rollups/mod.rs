//! Usage rolled up further than `usage_hours`: by what pages ask for ([`Axis`]), by the hour, the day and the month
//! ([`Span`]).
//!
//! The drain posts as it does anyway and only marks the slots it posted into as stale, in the same transaction. When a slot
//! is over, one node makes its roll-ups from `usage_hours` and takes the mark away; whoever reads (`usage::pieces`) takes
//! what is stale from `usage_hours`. So an answer is the same with and without them, whatever comes late.

#![deny(clippy::float_arithmetic)]

mod axis;
mod roll;
pub(crate) mod stale;

pub(crate) use axis::{Axis, Dimensions};
pub use roll::keep;

pub(crate) use crate::drain::rollup::HOUR_US;
use crate::retention::{DAY_US, month_us};

/// The length of a slot (UTC). The numbers are in the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Span {
    /// An hour.
    Hour = 0,
    /// A day.
    Day = 1,
    /// A month.
    Month = 2,
}

impl Span {
    /// All, the longest first.
    pub const ALL: [Self; 3] = [Self::Month, Self::Day, Self::Hour];

    /// As the database has it.
    pub fn id(self) -> i64 {
        self as i64
    }

    /// The slot that a time is in.
    pub fn slot(self, us: i64) -> i64 {
        match self {
            Self::Hour => us.div_euclid(HOUR_US) * HOUR_US,
            Self::Day => us.div_euclid(DAY_US) * DAY_US,
            Self::Month => month_us(us, 0),
        }
    }

    /// The end of a slot; it is not inside.
    pub fn end(self, slot_us: i64) -> i64 {
        match self {
            Self::Hour => slot_us.saturating_add(HOUR_US),
            Self::Day => slot_us.saturating_add(DAY_US),
            Self::Month => month_us(slot_us, 1),
        }
    }

    /// Whether slots of `step_us`, counted from 1970, are whole slots of this.
    pub fn divides(self, step_us: i64) -> bool {
        match self {
            Self::Hour => step_us % HOUR_US == 0,
            Self::Day => step_us % DAY_US == 0,
            Self::Month => false,
        }
    }
}
