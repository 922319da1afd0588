//! What happened when: sums and percentiles a slot, from the roll-ups.

use domain::views::{Percentiles, Slot, Timeline, Window};
use store::{
    Error, Moment,
    usage::{Durations, Filter, GroupBy, Line, Of},
};

/// A sum as a slot; costs only for those who may see them.
pub fn slot(line: &Line, taken: Option<&Durations>, costs: bool) -> Slot {
    let count = |n: i64| u64::try_from(n).unwrap_or(0);
    Slot {
        requests: count(line.requests),
        errors: count(line.errors),
        limited: count(line.limited),
        left_early: count(line.left_early),
        failed: count(line.failed),
        input: count(line.input),
        cached: count(line.cache_read.saturating_add(line.cache_write)),
        output: count(line.output),
        spend: line.sale,
        cost: if costs { line.cost } else { Default::default() },
        latency: taken.and_then(|taken| Percentiles::of(&taken.latency)),
        ttft: taken.and_then(|taken| Percentiles::of(&taken.ttft)),
    }
}

/// The filter, inside this window.
pub fn within(filter: &Filter, window: Window) -> Filter {
    Filter { from_us: Some(window.from_us), to_us: Some(window.to_us), ..filter.clone() }
}

/// One sum of everything that fits.
pub async fn sum(moment: &mut Moment, filter: &Filter, costs: bool) -> Result<Slot, Error> {
    let line = moment.total(filter).await?;
    let taken = moment.durations(filter, &[]).await?;
    Ok(slot(&line, taken.get(&Of::default()), costs))
}

/// A line a slot.
pub async fn timeline(moment: &mut Moment, filter: &Filter, window: Window, costs: bool) -> Result<Timeline, Error> {
    let (here, by) = (within(filter, window), [GroupBy::Slot(window.step_us)]);
    let taken = moment.durations(&here, &by).await?;
    let (mut all, mut all_taken) = (Line::default(), Durations::default());
    taken.values().for_each(|taken| all_taken.add(taken));
    let mut slots = vec![Slot::default(); window.slots()];
    for line in moment.summary(&here, &by).await? {
        all.add(&line);
        if let Some(place) = place(&mut slots, window, &line) {
            *place = slot(&line, taken.get(&line.of), costs);
        }
    }
    let total = slot(&all, Some(&all_taken), costs);
    // How long requests took before is shown nowhere.
    let before = slot(&moment.total(&within(filter, window.before())).await?, None, costs);
    Ok(Timeline { window, slots, total, before })
}

fn place<'a>(slots: &'a mut [Slot], window: Window, line: &Line) -> Option<&'a mut Slot> {
    slots.get_mut(window.slot(line.of.time_us?)?)
}

/// A line a slot of requests and errors only, without what was before: what a log's chart shows of what its filter finds.
/// Counts by outcome are in the roll-ups; what they do not tell apart is read from the rows.
pub async fn outcomes(moment: &mut Moment, filter: &Filter, window: Window) -> Result<Timeline, Error> {
    let (filter, picked) = match picked(filter) {
        Some(picked) => (Filter { status: None, errors: false, ..filter.clone() }, picked),
        None => (filter.clone(), counts as fn(&Slot) -> Slot),
    };
    let (mut slots, mut all) = (vec![Slot::default(); window.slots()], Line::default());
    for line in moment.summary(&within(&filter, window), &[GroupBy::Slot(window.step_us)]).await? {
        all.add(&line);
        if let Some(place) = place(&mut slots, window, &line) {
            *place = picked(&slot(&line, None, false));
        }
    }
    Ok(Timeline { window, slots, total: picked(&slot(&all, None, false)), before: Slot::default() })
}

/// What a filter by outcome leaves of a slot, where the slot's counts tell.
fn picked(filter: &Filter) -> Option<fn(&Slot) -> Slot> {
    match (filter.status, filter.errors) {
        (None, true) => Some(|slot| Slot { requests: slot.errors, ..counts(slot) }),
        // An answer that is no error has this status.
        (Some(200), false) => Some(|slot| Slot { requests: slot.fine(), ..Slot::default() }),
        (Some(429), _) => {
            Some(|slot| Slot { requests: slot.limited, errors: slot.limited, limited: slot.limited, ..Slot::default() })
        }
        (Some(499), _) => Some(|slot| Slot {
            requests: slot.left_early,
            errors: slot.left_early,
            left_early: slot.left_early,
            ..Slot::default()
        }),
        _ => None,
    }
}

fn counts(slot: &Slot) -> Slot {
    let Slot { requests, errors, limited, left_early, failed, .. } = *slot;
    Slot { requests, errors, limited, left_early, failed, ..Slot::default() }
}
