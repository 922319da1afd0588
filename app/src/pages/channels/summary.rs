//! All channels at a glance.

use super::health::{State, judge, success};
use crate::{components::money::Money, words::Channels};
use domain::views::{ChannelLine, Health, Served};
use leptos::prelude::*;

/// How many there are of each state, how they do together, what they cost.
pub fn summary(lines: &[ChannelLine]) -> impl IntoView + use<> {
    let t = Channels::here();
    let states: Vec<State> = lines.iter().map(|line| judge(line.enabled, &line.health).0).collect();
    let counted =
        [State::Failing, State::Shaky, State::Healthy, State::Quiet, State::Off].into_iter().filter_map(|state| {
            let count = states.iter().filter(|one| **one == state).count();
            (count > 0).then(|| view! { <span class=state.class()>{t.counted(count, state.word(t))}</span>" " })
        });
    let counted = counted.collect_view();
    let sum = |of: fn(&Health) -> Served| {
        lines.iter().map(|line| of(&line.health)).fold(Served::default(), |sum, one| Served {
            requests: sum.requests.saturating_add(one.requests),
            failed: sum.failed.saturating_add(one.failed),
        })
    };
    let cost = lines.iter().map(|line| line.health.cost_today).sum();
    view! {
        <dl class="stats mini">
            <div class="stat"><dt>{t.channels()}</dt><dd class="counted">{counted}</dd></div>
            <div class="stat"><dt>{t.success_recent()}</dt><dd>{success(t, sum(|health| health.recent))}</dd></div>
            <div class="stat"><dt>{t.success_hour()}</dt><dd>{success(t, sum(|health| health.hour))}</dd></div>
            <div class="stat"><dt>{t.cost_today()}</dt><dd><Money amount=cost/></dd></div>
        </dl>
    }
}
