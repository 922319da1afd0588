//! A range of time in pieces, each with the coarsest table that answers it exactly.

use super::{Filter, group::GroupBy};
use crate::{
    db::{Sql, Tx},
    drain::{minutes::KEPT_US, rollup::MINUTE_US},
    error::Result,
    rollups::{Axis, Dimensions, HOUR_US, Span, stale},
    time,
};
use std::collections::HashSet;

/// A table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// Sums by an axis and a span.
    Rolled(Axis, Span),
    /// Sums by the hour, of every key, model and channel.
    Hours,
    /// The same by the minute, of the last days only.
    Minutes,
    /// One row a request.
    Events,
}

/// A part of the range, not the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Piece {
    /// What answers it.
    pub source: Source,
    /// From then on.
    pub from_us: i64,
    /// Before that.
    pub to_us: i64,
}

/// Which roll-ups there are of what is asked for.
type Spans = fn(Axis) -> &'static [Span];

/// The pieces of what is asked for, in order of time; at least one.
pub(super) async fn pieces(tx: &mut Tx, filter: &Filter, groups: &[GroupBy], spans: Spans) -> Result<Vec<Piece>> {
    // Nothing is before the first hour or after the last.
    let bounds = "SELECT (SELECT MIN(hour_us) FROM usage_hours), (SELECT MAX(hour_us) FROM usage_hours)";
    let bounds = tx.fetch_one(Sql::new(bounds)).await?;
    let (first, last) = (bounds.opt_int(0)?.unwrap_or(0), bounds.opt_int(1)?.unwrap_or(0));
    let from_us = filter.from_us.map_or(first, |from| from.max(first));
    let to_us = filter.to_us.map_or(last + HOUR_US, |to| to.min(last + HOUR_US)).max(from_us);
    let cut = Cut {
        axis: Axis::telling(dimensions(filter, groups)),
        spans,
        step_us: groups.iter().filter_map(|group| group.slot_us()).min(),
        kept_us: time::now_us() - KEPT_US + HOUR_US,
        stale: stale::within(tx, from_us, to_us).await?,
    };
    Ok(if filter.status.is_some() || filter.errors {
        vec![Piece { source: Source::Events, from_us, to_us }]
    } else {
        cut.pieces(from_us, to_us)
    })
}

/// What must be told apart.
fn dimensions(filter: &Filter, groups: &[GroupBy]) -> Dimensions {
    let filtered = [
        (filter.tenant.is_some(), Dimensions::TENANT),
        (filter.key.is_some(), Dimensions::KEY),
        (filter.model.is_some(), Dimensions::MODEL),
        (filter.channel.is_some(), Dimensions::CHANNEL),
    ];
    let filtered = filtered.into_iter().filter_map(|(is_set, dimension)| is_set.then_some(dimension));
    filtered.chain(groups.iter().map(|group| group.dimension())).fold(Dimensions::default(), Dimensions::with)
}

struct Cut {
    axis: Option<Axis>,
    spans: Spans,
    /// The slots that are asked for, counted from 1970.
    step_us: Option<i64>,
    /// Since when there are minutes.
    kept_us: i64,
    /// Slots without roll-ups.
    stale: HashSet<(i64, i64)>,
}

impl Cut {
    fn pieces(&self, from_us: i64, to_us: i64) -> Vec<Piece> {
        let mut pieces: Vec<Piece> = Vec::new();
        let mut at = from_us;
        while at < to_us {
            let (source, end) = self.next(at, to_us);
            match pieces.last_mut() {
                Some(last) if last.source == source => last.to_us = end,
                _ => pieces.push(Piece { source, from_us: at, to_us: end }),
            }
            at = end;
        }
        if pieces.is_empty() {
            pieces.push(Piece { source: Source::Hours, from_us, to_us });
        }
        pieces
    }

    /// What answers from `at` on, and up to when.
    fn next(&self, at: i64, to_us: i64) -> (Source, i64) {
        if let Some(axis) = self.axis {
            for span in (self.spans)(axis) {
                let end = span.end(at);
                let whole = span.slot(at) == at && end <= to_us && self.step_us.is_none_or(|step| span.divides(step));
                if whole && !self.stale.contains(&(span.id(), at)) {
                    return (Source::Rolled(axis, *span), end);
                }
            }
        }
        let by_the = |length: i64| self.step_us.is_none_or(|step| step % length == 0);
        let next_hour = Span::Hour.end(Span::Hour.slot(at));
        if at % HOUR_US == 0 && next_hour <= to_us && by_the(HOUR_US) {
            return (Source::Hours, next_hour);
        }
        let end = next_hour.min(to_us);
        let minutes = at % MINUTE_US == 0 && end % MINUTE_US == 0 && at >= self.kept_us && by_the(MINUTE_US);
        (if minutes { Source::Minutes } else { Source::Events }, end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const DAY_US: i64 = 24 * HOUR_US;
    /// The first of May 2026.
    const MAY: i64 = 1_777_593_600_000_000;

    fn cut(axis: Option<Axis>, step_us: Option<i64>, stale: &[(Span, i64)]) -> Cut {
        let stale = stale.iter().map(|(span, slot)| (span.id(), *slot)).collect();
        Cut { axis, spans: Axis::of_sums, step_us, kept_us: MAY + 20 * DAY_US, stale }
    }

    fn told(cut: &Cut, from_us: i64, to_us: i64) -> Vec<(Source, i64)> {
        cut.pieces(from_us, to_us)
            .into_iter()
            .map(|piece| (piece.source, (piece.to_us - piece.from_us) / HOUR_US))
            .collect()
    }

    #[test]
    fn whole_months_days_and_hours_come_from_roll_ups() {
        use Source::{Events, Hours, Rolled};
        let (all, end) = (Axis::All, MAY + 33 * DAY_US + 5 * HOUR_US);
        let rolled = |span| Rolled(all, span);
        let from = MAY - 2 * DAY_US - 3 * HOUR_US;
        let whole =
            [(rolled(Span::Hour), 3), (rolled(Span::Day), 48), (rolled(Span::Month), 31 * 24), (rolled(Span::Day), 48)];
        let whole = [&whole[..], &[(rolled(Span::Hour), 5)]].concat();
        assert_eq!(told(&cut(Some(all), None, &[]), from, end), whole);
        // A month cannot be told by the day, nor a day by two hours.
        let days = [(rolled(Span::Hour), 3), (rolled(Span::Day), 35 * 24), (rolled(Span::Hour), 5)];
        assert_eq!(told(&cut(Some(all), Some(DAY_US), &[]), from, end), days);
        assert_eq!(told(&cut(Some(all), Some(2 * HOUR_US), &[]), from, end), [(rolled(Span::Hour), 36 * 24 - 16)]);
        // What is stale comes from the hours.
        let stale = [(Span::Month, MAY), (Span::Day, MAY), (Span::Hour, MAY + HOUR_US)];
        let day = [(rolled(Span::Hour), 1), (Hours, 1), (rolled(Span::Hour), 22), (rolled(Span::Day), 24)];
        assert_eq!(told(&cut(Some(all), None, &stale), MAY, MAY + 2 * DAY_US), day);
        // No axis tells keys and models apart.
        assert_eq!(told(&cut(None, None, &[]), from, end), [(Hours, 36 * 24 - 16)]);
        // Parts of an hour.
        let parts = cut(None, None, &[]).pieces(MAY + 1, MAY + 2 * HOUR_US + 7);
        let sources: Vec<_> = parts.iter().map(|piece| piece.source).collect();
        assert_eq!(sources, [Events, Hours, Events]);
    }

    #[test]
    fn minutes_answer_while_they_are_kept() {
        let recent = MAY + 21 * DAY_US;
        let quarter = cut(Some(Axis::All), Some(15 * MINUTE_US), &[]);
        assert_eq!(told(&quarter, recent, recent + DAY_US), [(Source::Minutes, 24)]);
        assert_eq!(told(&quarter, MAY, MAY + DAY_US), [(Source::Events, 24)]);
        assert_eq!(quarter.pieces(MAY, MAY), [Piece { source: Source::Hours, from_us: MAY, to_us: MAY }]);
    }

    proptest! {
        #[test]
        fn pieces_are_the_range_without_gaps(
            from in MAY..MAY + 40 * DAY_US, length in 1..70 * DAY_US, hours in 0_i64..30, stale in proptest::collection::vec((0_usize..3, 0_i64..110), 0..20),
        ) {
            let stale: Vec<_> = stale.into_iter().map(|(n, day)| (Span::ALL[n], Span::ALL[n].slot(MAY + day * DAY_US))).collect();
            let step = (hours > 0).then_some(hours * HOUR_US);
            let pieces = cut(Some(Axis::Tenant), step, &stale).pieces(from, from + length);
            let mut at = from;
            for piece in &pieces {
                prop_assert_eq!(piece.from_us, at);
                prop_assert!(piece.to_us > at);
                at = piece.to_us;
                if let Source::Rolled(_, span) = piece.source {
                    prop_assert!(stale.iter().all(|(of, slot)| *of != span || !(piece.from_us..piece.to_us).contains(slot)));
                    prop_assert_eq!((span.slot(piece.from_us), span.slot(piece.to_us)), (piece.from_us, piece.to_us));
                }
            }
            prop_assert_eq!(at, from + length);
        }
    }
}
