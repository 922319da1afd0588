//! Lines, bars and gaps as paths in a box of 600 by 100, in tenths.

use super::{At, Grid};
use std::fmt::Write as _;

/// How wide a value is drawn that has no neighbours, in tenths.
const ALONE: i64 = 50;

/// A length in tenths: `375` as `37.5`.
pub fn tenths(n: i64) -> String {
    if n % 10 == 0 { (n / 10).to_string() } else { format!("{}.{}", n / 10, n % 10) }
}

/// `part` of `whole`.
pub fn share(part: usize, whole: usize) -> At {
    let wide = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    share_of(wide(part), wide(whole))
}

/// `part` of `whole`.
pub fn share_of(part: i64, whole: i64) -> At {
    let share = i128::from(part.clamp(0, whole.max(0))) * 10_000 / i128::from(whole.max(1));
    At(u32::try_from(share).unwrap_or(10_000))
}

/// How far from the left, in tenths of 600, the `half`-th half slot is.
fn x(grid: Grid, half: usize) -> i64 {
    let slots = i64::try_from(grid.slots.max(1)).unwrap_or(i64::MAX);
    6_000 * i64::try_from(half).unwrap_or(0) / (2 * slots)
}

/// How far from the top, in tenths of 100, a value is.
fn y(value: i64, top: i64) -> i64 {
    let up = i128::from(value.clamp(0, top)) * 1_000 / i128::from(top.max(1));
    1_000 - i64::try_from(up).unwrap_or(0)
}

/// A line through the middles of the slots, broken where nothing is known; a value alone is a dash.
pub fn line(grid: Grid, top: i64, values: &[Option<i64>]) -> String {
    let mut path = String::new();
    let mut drawing = false;
    for (slot, value) in values.iter().enumerate() {
        let Some(value) = value else {
            drawing = false;
            continue;
        };
        let alone = !drawing && !matches!(values.get(slot + 1), Some(Some(_)));
        let (left, letter) = if alone { (ALONE / 2, 'M') } else { (0, if drawing { 'L' } else { 'M' }) };
        // Writing to a String does not fail.
        let _ = write!(path, "{letter}{} {}", tenths((x(grid, 2 * slot + 1) - left).max(0)), tenths(y(*value, top)));
        if alone {
            let _ = write!(path, "h{}", tenths(ALONE));
        }
        drawing = true;
    }
    path
}

/// All series at one slot.
pub fn stacked(series: &[&[Option<i64>]], slot: usize) -> i64 {
    series
        .iter()
        .filter_map(|values| values.get(slot).copied().flatten())
        .fold(0, |sum, value| sum.saturating_add(value.max(0)))
}

/// Bars on top of each other, the first series at the bottom: a path a series. What is there is seen, however small.
pub fn bars(grid: Grid, top: i64, series: &[&[Option<i64>]]) -> Vec<String> {
    let mut below = vec![0_i64; grid.slots];
    let mut paths = Vec::with_capacity(series.len());
    for values in series {
        let mut path = String::new();
        for (slot, (below, value)) in below.iter_mut().zip(values.iter()).enumerate() {
            let value = value.unwrap_or(0).max(0);
            if value == 0 {
                continue;
            }
            let (left, right) = (x(grid, 2 * slot), x(grid, 2 * slot + 2));
            let air = (right - left) / 6;
            let (low, high) = (y(*below, top), y(below.saturating_add(value), top));
            let high = high.min(low - 3);
            let _ = write!(
                path,
                "M{} {}V{}H{}V{}Z",
                tenths(left + air / 2),
                tenths(low),
                tenths(high),
                tenths(right - air / 2),
                tenths(low)
            );
            *below = below.saturating_add(value);
        }
        paths.push(path);
    }
    paths
}

/// Runs of slots in which no series knows anything.
pub fn gaps(grid: Grid, series: &[&[Option<i64>]]) -> Vec<(At, At)> {
    let known = |slot: usize| series.iter().any(|values| matches!(values.get(slot), Some(Some(_))));
    let mut gaps = Vec::new();
    let mut since = None;
    for slot in 0..=grid.slots {
        let unknown = slot < grid.slots && !known(slot);
        match (since, unknown) {
            (None, true) => since = Some(slot),
            (Some(from), false) => {
                gaps.push((share(from, grid.slots), share(slot - from, grid.slots)));
                since = None;
            }
            _ => {}
        }
    }
    gaps
}
