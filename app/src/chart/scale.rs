//! The axis of values: round ticks, three or four of them.

use super::At;
use crate::components::{count, duration};
use domain::money::NanoUsd;

/// What the values are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Things.
    Count,
    /// Microseconds.
    Duration,
    /// Nano-USD.
    Money,
}

impl Unit {
    /// A value in full, for people.
    pub fn full(self, value: i64) -> String {
        let positive = u64::try_from(value).unwrap_or(0);
        match self {
            Self::Count => count::grouped(positive),
            Self::Duration => {
                let (number, unit) = duration::spoken(positive);
                format!("{number} {unit}")
            }
            Self::Money => {
                let sign = if value < 0 { "−" } else { "" };
                format!("{sign}${}", NanoUsd(value).to_string().trim_start_matches('-'))
            }
        }
    }

    /// A tick's value, as short as it goes.
    pub fn short(self, value: i64) -> String {
        match self {
            Self::Count => compact(u64::try_from(value).unwrap_or(0)),
            Self::Duration => {
                let (number, unit) = duration::spoken(u64::try_from(value).unwrap_or(0));
                let number =
                    if number.contains('.') { number.trim_end_matches('0').trim_end_matches('.') } else { &number };
                if value == 0 { "0".to_owned() } else { format!("{number} {unit}") }
            }
            Self::Money => self.full(value),
        }
    }
}

/// `1500` as `1.5k`: exact for round numbers.
fn compact(n: u64) -> String {
    let (unit, letter) = match n {
        1_000_000_000.. => (1_000_000_000, "G"),
        1_000_000.. => (1_000_000, "M"),
        10_000.. => (1_000, "k"),
        _ => return count::grouped(n),
    };
    match n % unit * 10 / unit {
        0 => format!("{}{letter}", n / unit),
        tenth => format!("{}.{tenth}{letter}", n / unit),
    }
}

/// The top of the axis, and its ticks from 0 to it: steps of 1, 2 or 5 times a power of ten.
pub fn ticks(highest: i64, unit: Unit) -> (i64, Vec<i64>) {
    // A flat line at zero still has an axis of something.
    let least = match unit {
        Unit::Count => 4,
        Unit::Duration => 1_000,
        Unit::Money => 1_000_000,
    };
    let highest = highest.max(least);
    let mut step = 1_i64;
    'found: loop {
        for factor in [1, 2, 5] {
            if step.saturating_mul(factor * 4) >= highest {
                step = step.saturating_mul(factor);
                break 'found;
            }
        }
        step = step.saturating_mul(10);
    }
    let count = highest.div_euclid(step) + i64::from(highest.rem_euclid(step) > 0);
    (step.saturating_mul(count), (0..=count).map(|n| step.saturating_mul(n)).collect())
}

/// How far up a value is.
pub fn place(value: i64, top: i64) -> At {
    let share = i128::from(value.clamp(0, top)) * 10_000 / i128::from(top.max(1));
    At(u32::try_from(share).unwrap_or(10_000))
}
