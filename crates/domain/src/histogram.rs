//! How long things took, in buckets whose ends grow by the same ratio: twelve to a factor of ten, so a percentile is off by a
//! tenth at most, and buckets of different places and times add up, which percentiles do not.
//!
//! A bucket is its number: 0 ends at 100 µs, and the last has no end.

/// Ends of twelve buckets, in hundredths of their decade's beginning.
const STEPS: [u64; 12] = [121, 147, 178, 215, 261, 316, 383, 464, 562, 681, 825, 1_000];
/// Where the first bucket ends, in microseconds.
const FIRST_US: u64 = 100;
/// Decades above it: to 1 000 s.
const DECADES: usize = 7;
/// How many buckets there are.
pub const BUCKETS: usize = 2 + DECADES * STEPS.len();

/// Where a bucket ends, in microseconds; the end is inside. `None`: the last, which has none.
pub fn end_us(bucket: usize) -> Option<u64> {
    let Some(above) = bucket.checked_sub(1) else { return Some(FIRST_US) };
    let decade = u32::try_from(above / STEPS.len()).ok().filter(|decade| (*decade as usize) < DECADES)?;
    let step = STEPS.get(above % STEPS.len())?;
    Some(FIRST_US * 10_u64.pow(decade) * step / 100)
}

/// The bucket of a length.
pub fn bucket_of(us: u64) -> usize {
    let (mut low, mut high) = (0, BUCKETS - 1);
    while low < high {
        let middle = usize::midpoint(low, high);
        if end_us(middle).is_some_and(|end| end < us) { low = middle + 1 } else { high = middle }
    }
    low
}

/// How many took how long.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Histogram {
    counts: Vec<u64>,
}

impl Histogram {
    /// Adds `count` to a bucket; one that does not exist counts as the last.
    pub fn add(&mut self, bucket: usize, count: u64) {
        let bucket = bucket.min(BUCKETS - 1);
        if self.counts.len() <= bucket {
            self.counts.resize(bucket + 1, 0);
        }
        if let Some(sum) = self.counts.get_mut(bucket) {
            *sum = sum.saturating_add(count);
        }
    }

    /// Adds another.
    pub fn merge(&mut self, other: &Self) {
        other.counts.iter().enumerate().for_each(|(bucket, count)| self.add(bucket, *count));
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.counts.iter().fold(0, |sum, count| sum.saturating_add(*count))
    }

    /// The length that `per_mille` of all do not exceed, evenly spread inside its bucket; `None` of nothing.
    pub fn percentile_us(&self, per_mille: u64) -> Option<u64> {
        let rank = u128::from(self.count()) * u128::from(per_mille);
        let rank = u64::try_from(rank.div_ceil(1_000)).unwrap_or(u64::MAX).max(1);
        let mut below = 0_u64;
        for (bucket, count) in self.counts.iter().enumerate() {
            if *count > 0 && below.saturating_add(*count) >= rank {
                let from = bucket.checked_sub(1).and_then(end_us).unwrap_or(0);
                // Beyond the last end nothing is known but that.
                let to = end_us(bucket).unwrap_or(from);
                let inside = u128::from(to - from) * u128::from(rank - below) / u128::from(*count);
                return Some(from + u64::try_from(inside).unwrap_or(0));
            }
            below = below.saturating_add(*count);
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn buckets_grow_and_hold_what_ends_in_them() {
        let ends: Vec<u64> = (0..BUCKETS).map_while(end_us).collect();
        assert_eq!(ends.len(), BUCKETS - 1, "only the last has no end");
        assert!(ends.windows(2).all(|pair| pair[0] < pair[1]), "{ends:?}");
        assert_eq!((ends.first(), ends.last()), (Some(&100), Some(&1_000_000_000)));
        for (bucket, end) in ends.iter().enumerate() {
            assert_eq!((bucket_of(*end), bucket_of(end + 1)), (bucket, bucket + 1));
        }
        assert_eq!((bucket_of(0), bucket_of(u64::MAX)), (0, BUCKETS - 1));
    }

    #[test]
    fn nothing_has_no_percentile_and_the_endless_bucket_begins_where_it_begins() {
        let mut histogram = Histogram::default();
        assert_eq!(histogram.percentile_us(500), None);
        histogram.add(usize::MAX, 1);
        assert_eq!(histogram.percentile_us(500), Some(1_000_000_000));
    }

    proptest! {
        #[test]
        fn a_percentile_is_near_the_exact_one(mut lengths in prop::collection::vec(100_u64..900_000_000, 1..200), per_mille in 1_u64..=1_000) {
            let mut histogram = Histogram::default();
            lengths.iter().for_each(|us| histogram.add(bucket_of(*us), 1));
            lengths.sort_unstable();
            let rank = (lengths.len() as u64 * per_mille).div_ceil(1_000).max(1) as usize;
            let (exact, found) = (lengths[rank - 1], histogram.percentile_us(per_mille).unwrap());
            prop_assert!(found >= exact * 82 / 100 && found <= exact * 122 / 100 + 1, "{found} for {exact}");
        }

        #[test]
        fn merged_histograms_are_as_if_counted_together(one in prop::collection::vec(0..BUCKETS, 0..50), two in prop::collection::vec(0..BUCKETS, 0..50)) {
            let of = |buckets: &[usize]| {
                let mut histogram = Histogram::default();
                buckets.iter().for_each(|bucket| histogram.add(*bucket, 1));
                histogram
            };
            let mut merged = of(&one);
            merged.merge(&of(&two));
            let together = of(&[one, two].concat());
            prop_assert_eq!(merged.count(), together.count());
            prop_assert_eq!(merged.percentile_us(950), together.percentile_us(950));
        }
    }
}
