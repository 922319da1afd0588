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
    let mut slots = vec![Slot::default(); window.slots()];
    for line in moment.summary(&here, &by).await? {
        let at = line.of.time_us.and_then(|time| window.slot(time)).and_then(|at| slots.get_mut(at));
        if let Some(place) = at {
            *place = slot(&line, taken.get(&line.of), costs);
        }
    }
    let total = sum(moment, &here, costs).await?;
    let before = sum(moment, &within(filter, window.before()), costs).await?;
    Ok(Timeline { window, slots, total, before })
}
