//! Five series at most, then all others as one.

/// The most series a chart tells apart.
const MOST: usize = 5;

/// Keeps the largest by their sums, in that order, and adds the others up under `other`, with `rest`, which is no series of
/// its own.
pub fn fold(
    mut series: Vec<(String, Vec<Option<i64>>)>,
    rest: Vec<Option<i64>>,
    other: &str,
) -> Vec<(String, Vec<Option<i64>>)> {
    let sum = |values: &[Option<i64>]| values.iter().flatten().fold(0_i64, |sum, value| sum.saturating_add(*value));
    series.sort_by(|a, b| sum(&b.1).cmp(&sum(&a.1)).then_with(|| a.0.cmp(&b.0)));
    if rest.is_empty() && series.len() <= MOST + 1 {
        return series;
    }
    let small = series.split_off(series.len().min(MOST));
    let mut others = rest;
    for (_, values) in small {
        others.resize(others.len().max(values.len()), None);
        for (sum, value) in others.iter_mut().zip(values) {
            if let Some(value) = value {
                *sum = Some(sum.unwrap_or(0).saturating_add(value));
            }
        }
    }
    series.push((other.to_owned(), others));
    series
}
