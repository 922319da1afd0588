//! Brings candidates into the order of trying.

use super::{
    Ask, Candidate,
    score::{Best, Weights, are_equal},
};
use crate::health::{Shut, Standing};
use domain::{dialect::Provider, route::Strategy};
use rand::Rng;
use std::cmp::Reverse;

/// So many places are drawn with care; nobody ever comes to those after them.
const DRAWN: usize = 8;

pub(super) fn order(
    candidates: &mut [Candidate],
    strategy: Strategy,
    ask: &Ask<'_>,
    weights: &Weights,
    random: &mut impl Rng,
) {
    candidates.sort_by_key(|candidate| {
        let group = (candidate.stage, !candidate.preferred, Reverse(candidate.channel().priority));
        match candidate.standing {
            Standing::Ready | Standing::Probe => (0, group, u8::from(candidate.figures.silent), None),
            // A breaker may be wrong; a limit, a refusal or a missing model are the upstream's own words.
            Standing::Shut(why, until) => (1, group, u8::from(why != Shut::Breaker), Some(until)),
        }
    });
    let open = candidates.iter().take_while(|candidate| candidate.is_open()).count();
    let Some(open) = candidates.get_mut(..open) else { return };
    let place = |it: &Candidate| (it.stage, it.preferred, it.channel().priority, it.figures.silent);
    let same = |a: &Candidate, b: &Candidate| place(a) == place(b);
    for group in open.chunk_by_mut(same) {
        let best = Best::of(group);
        for candidate in group.iter_mut() {
            candidate.score = Some(best.score(candidate, strategy, ask, weights));
        }
        draw(group, strategy, random);
    }
    // One probe a request: each takes one of its few tries, and may take long. The others come after all that are ready.
    let mut probes = false;
    open.sort_by_cached_key(|it| it.standing == Standing::Probe && std::mem::replace(&mut probes, true));
    // Signed reasoning is bound to the credential that made it.
    if ask.bound.is_some_and(|bound| bound.signed)
        && let Some(at) = open.iter().position(|candidate| candidate.sticky && candidate.standing == Standing::Ready)
    {
        open.get_mut(..=at).unwrap_or_default().rotate_right(1);
    }
}

/// The best first, and so on; what waits for a probe goes before all, as only one request takes it.
fn draw(group: &mut [Candidate], strategy: Strategy, random: &mut impl Rng) {
    group.sort_by_key(|candidate| candidate.standing != Standing::Probe);
    let probes = group.iter().take_while(|candidate| candidate.standing == Standing::Probe).count();
    let mut rest = group.get_mut(probes..).unwrap_or_default();
    let mut before: Vec<Provider> = Vec::new();
    for _ in 0..DRAWN {
        if rest.len() < 2 {
            return;
        }
        let spread = strategy == Strategy::Availability;
        let fresh = |candidate: &Candidate| !spread || !before.contains(&candidate.channel().provider);
        let any_fresh = rest.iter().any(fresh);
        let eligible = |candidate: &Candidate| !any_fresh || fresh(candidate);
        let score = |candidate: &Candidate| candidate.score.unwrap_or_default();
        let top = rest.iter().filter(|c| eligible(c)).map(score).max_by(f64::total_cmp).unwrap_or_default();
        let equal = |candidate: &Candidate| eligible(candidate) && are_equal(strategy, top, score(candidate));
        let sticky = rest.iter().position(|candidate| candidate.sticky && equal(candidate));
        let drawn = sticky.unwrap_or_else(|| {
            let total: u64 = rest.iter().filter(|c| equal(c)).map(|candidate| candidate.weight).sum();
            let mut ticket = random.random_range(0..total.max(1));
            let hit = rest.iter().position(|candidate| {
                if !equal(candidate) {
                    return false;
                }
                let hit = ticket < candidate.weight;
                ticket = ticket.saturating_sub(candidate.weight);
                hit
            });
            hit.unwrap_or(0)
        });
        rest.swap(0, drawn);
        let Some((first, others)) = std::mem::take(&mut rest).split_first_mut() else { return };
        before.push(first.channel().provider);
        rest = others;
    }
}
