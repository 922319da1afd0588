//! Averages and histograms that forget: what was seen [`HALF_LIFE`] ago counts half.

use domain::histogram::{BUCKETS, bucket_of, end_us};
use std::time::Duration;
use tokio::time::Instant;

/// After this long, what was seen counts half.
pub const HALF_LIFE: Duration = Duration::from_secs(300);
/// Less than this is as good as nothing: about half an hour without an attempt.
const NOTHING: f64 = 0.02;

/// How much of a weight is left after `passed`.
fn left(passed: Duration) -> f64 {
    (-passed.as_secs_f64() / HALF_LIFE.as_secs_f64()).exp2()
}

/// A mean that forgets.
#[derive(Debug, Default)]
pub struct Mean {
    sum: f64,
    weight: f64,
    at: Option<Instant>,
}

impl Mean {
    /// Adds one value.
    pub fn add(&mut self, value: f64, now: Instant) {
        let keep = self.at.map_or(0.0, |at| left(now.saturating_duration_since(at)));
        self.sum = self.sum * keep + value;
        self.weight = self.weight * keep + 1.0;
        self.at = Some(now);
    }

    /// The mean, if anything is remembered.
    pub fn value(&self, now: Instant) -> Option<f64> {
        (self.weight(now) > NOTHING).then(|| self.sum / self.weight)
    }

    /// The mean with `count` values of `value` more, if anything is remembered.
    pub fn value_among(&self, count: f64, value: f64, now: Instant) -> Option<f64> {
        let (mean, weight) = (self.value(now)?, self.weight(now));
        Some((mean * weight + value * count) / (weight + count))
    }

    /// How many values are remembered; fewer with time.
    pub fn weight(&self, now: Instant) -> f64 {
        self.at.map_or(0.0, |at| self.weight * left(now.saturating_duration_since(at)))
    }
}

/// A histogram of lengths that forgets.
#[derive(Debug)]
pub struct Lengths {
    buckets: Box<[f32; BUCKETS]>,
    mean_us: Mean,
    at: Option<Instant>,
}

impl Default for Lengths {
    fn default() -> Self {
        Self { buckets: Box::new([0.0; BUCKETS]), mean_us: Mean::default(), at: None }
    }
}

impl Lengths {
    /// Adds one length.
    pub fn add(&mut self, us: u64, now: Instant) {
        let keep = self.at.map_or(1.0, |at| left(now.saturating_duration_since(at)));
        // A histogram is only touched again when it is worth it; its shape does not change by forgetting.
        if keep < 0.999 {
            self.buckets.iter_mut().for_each(|bucket| *bucket *= keep as f32);
            self.at = Some(now);
        }
        self.at.get_or_insert(now);
        if let Some(bucket) = self.buckets.get_mut(bucket_of(us)) {
            *bucket += 1.0;
        }
        self.mean_us.add(us as f64, now);
    }

    /// The mean in microseconds.
    pub fn mean_us(&self, now: Instant) -> Option<f64> {
        self.mean_us.value(now)
    }

    /// The end of the bucket under which `share` of them were.
    pub fn percentile_us(&self, share: f64, now: Instant) -> Option<u64> {
        self.mean_us(now)?;
        let total: f64 = self.buckets.iter().map(|bucket| f64::from(*bucket)).sum();
        let mut below = 0.0;
        let bucket = self.buckets.iter().position(|bucket| {
            below += f64::from(*bucket);
            below >= total * share
        });
        end_us(bucket.unwrap_or(BUCKETS - 1)).or_else(|| end_us(BUCKETS - 2))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mean_forgets_half_in_a_half_life() {
        let start = Instant::now();
        let mut mean = Mean::default();
        assert_eq!(mean.value(start), None);
        mean.add(1.0, start);
        let later = start + HALF_LIFE;
        mean.add(0.0, later);
        assert!((mean.value(later).unwrap() - 1.0 / 3.0).abs() < 1e-9);
        assert!((mean.weight(later) - 1.5).abs() < 1e-9);
        assert_eq!(mean.value(later + HALF_LIFE * 8), None, "and at last everything");
    }

    #[test]
    fn percentiles_are_within_a_tenth() {
        let now = Instant::now();
        let mut lengths = Lengths::default();
        for ms in 1..=100 {
            lengths.add(ms * 1_000, now);
        }
        let close = |share, us: f64| {
            let found = lengths.percentile_us(share, now).unwrap() as f64;
            assert!((found - us).abs() / us < 0.22, "{share}: {found}");
        };
        close(0.5, 50_000.0);
        close(0.95, 95_000.0);
        assert!((lengths.mean_us(now).unwrap() - 50_500.0).abs() < 1.0);
    }
}
