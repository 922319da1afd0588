//! The axis of time: round ticks in UTC, six at most.

use super::{At, Grid, shape::share_of};

const MINUTE: i64 = 60_000_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
/// What ticks may be apart.
const STEPS: [i64; 17] = [
    MINUTE,
    2 * MINUTE,
    5 * MINUTE,
    10 * MINUTE,
    15 * MINUTE,
    30 * MINUTE,
    HOUR,
    2 * HOUR,
    3 * HOUR,
    6 * HOUR,
    12 * HOUR,
    DAY,
    2 * DAY,
    5 * DAY,
    10 * DAY,
    30 * DAY,
    100 * DAY,
];
const MOST: i64 = 6;

/// Where they are, and their times.
pub fn ticks(grid: Grid) -> Vec<(At, i64)> {
    let length = grid.step_us.saturating_mul(i64::try_from(grid.slots).unwrap_or(i64::MAX));
    let step = STEPS.into_iter().find(|step| length / step <= MOST).unwrap_or(365 * DAY);
    let first = grid.from_us.div_euclid(step) * step + if grid.from_us.rem_euclid(step) > 0 { step } else { 0 };
    (0..=MOST)
        .map(|n| first + n * step)
        .take_while(|time| *time <= grid.from_us + length)
        .map(|time| (share_of(time - grid.from_us, length), time))
        .collect()
}
