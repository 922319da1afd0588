//! Where sums come from: the coarsest table that can answer exactly.

use super::{Filter, group::GroupBy};
use crate::{
    drain::{
        minutes::KEPT_US,
        rollup::{HOUR_US, MINUTE_US},
    },
    time,
};

/// A table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// Sums by the hour.
    Hours,
    /// Sums by the minute, of the last days only.
    Minutes,
    /// One row a request.
    Events,
}

impl Source {
    /// What answers these.
    pub fn of(filter: &Filter, groups: &[GroupBy]) -> Self {
        let whole = |span: i64| {
            let fits = |us: i64| us.rem_euclid(span) == 0;
            filter.from_us.is_none_or(fits)
                && filter.to_us.is_none_or(fits)
                && groups.iter().filter_map(|group| group.slot_us()).all(fits)
        };
        let kept = || filter.from_us.is_some_and(|from| from >= time::now_us() - KEPT_US + HOUR_US);
        match filter.status.is_some() || filter.errors {
            true => Self::Events,
            false if whole(HOUR_US) => Self::Hours,
            false if whole(MINUTE_US) && kept() => Self::Minutes,
            false => Self::Events,
        }
    }

    /// Its name, and its column of time.
    pub fn table(self) -> (&'static str, &'static str) {
        match self {
            Self::Hours => ("usage_hours", "hour_us"),
            Self::Minutes => ("usage_minutes", "minute_us"),
            Self::Events => ("usage_events", "time_us"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(from_us: i64, groups: &[GroupBy]) -> Source {
        Source::of(&Filter { from_us: Some(from_us), ..Filter::default() }, groups)
    }

    #[test]
    fn the_coarsest_table_that_is_exact_answers() {
        let now = time::now_us();
        let (hour, minute) = (now / HOUR_US * HOUR_US, now / MINUTE_US * MINUTE_US);
        assert_eq!(from(hour, &[GroupBy::Day, GroupBy::Model]), Source::Hours);
        assert_eq!(from(hour, &[GroupBy::Slot(15 * MINUTE_US)]), Source::Minutes);
        assert_eq!(from(hour - MINUTE_US, &[GroupBy::Hour]), Source::Minutes);
        assert_eq!(from(hour - MINUTE_US - 2 * KEPT_US, &[]), Source::Events, "minutes are not kept so long");
        assert_eq!(from(minute + 1, &[]), Source::Events);
        assert_eq!(Source::of(&Filter::default(), &[]), Source::Hours);
        assert_eq!(Source::of(&Filter { status: Some(429), ..Filter::default() }, &[]), Source::Events);
    }
}
