//! How a channel does: a shape and words, shares of success.

use crate::{
    components::count::{grouped, percent},
    words::Channels,
};
use domain::views::{Health, Served};
use leptos::prelude::*;

/// How a channel does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It is switched off.
    Off,
    /// Nothing went through it for an hour.
    Quiet,
    /// No failures.
    Healthy,
    /// Some failures.
    Shaky,
    /// At least half are failures.
    Failing,
}

/// Judged by the last five minutes, or by the last hour where nothing came since; whether it was the hour.
pub fn judge(enabled: bool, health: &Health) -> (State, bool) {
    let hour = health.recent.requests == 0;
    let Served { requests, failed } = if hour { health.hour } else { health.recent };
    let state = match (enabled, requests) {
        (false, _) => State::Off,
        (true, 0) => State::Quiet,
        (true, _) if failed == 0 => State::Healthy,
        (true, _) if failed.saturating_mul(2) < requests => State::Shaky,
        (true, _) => State::Failing,
    };
    (state, hour)
}

impl State {
    /// Its shape.
    pub fn class(self) -> &'static str {
        match self {
            Self::Off | Self::Quiet => "st off",
            Self::Healthy => "st ok",
            Self::Shaky => "st slow",
            Self::Failing => "st down",
        }
    }

    /// Its words.
    pub fn word(self, t: Channels) -> &'static str {
        match self {
            Self::Off => t.off(),
            Self::Quiet => t.no_traffic(),
            Self::Healthy => t.healthy(),
            Self::Shaky => t.shaky(),
            Self::Failing => t.failing(),
        }
    }
}

/// The share of success, `99.97 %`; a dash where there was nothing.
pub fn success(t: Channels, served: Served) -> AnyView {
    let Served { requests, failed } = served;
    if requests == 0 {
        return view! { <span class="dim">"–"</span> }.into_any();
    }
    let fine = requests.saturating_sub(failed);
    let class = match failed {
        0 => "",
        _ if failed.saturating_mul(2) < requests => "watch",
        _ => "down",
    };
    let title = t.fine_of(&grouped(fine), &grouped(requests));
    view! { <span class=class title=title>{percent(fine, requests)}<small>" %"</small></span> }.into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn health(recent: (u64, u64), hour: (u64, u64)) -> Health {
        let served = |(requests, failed)| Served { requests, failed };
        Health { recent: served(recent), hour: served(hour), ..Health::default() }
    }

    #[test]
    fn five_minutes_count_and_an_hour_where_they_were_quiet() {
        for (enabled, recent, hour, want) in [
            (false, (9, 0), (9, 0), (State::Off, false)),
            (true, (0, 0), (0, 0), (State::Quiet, true)),
            (true, (9, 0), (99, 60), (State::Healthy, false)),
            (true, (10, 4), (99, 0), (State::Shaky, false)),
            (true, (10, 5), (99, 0), (State::Failing, false)),
            (true, (0, 0), (10, 1), (State::Shaky, true)),
        ] {
            assert_eq!(judge(enabled, &health(recent, hour)), want);
        }
    }

    #[test]
    fn each_state_that_matters_has_a_shape_of_its_own() {
        let shapes = [State::Off, State::Healthy, State::Shaky, State::Failing].map(State::class);
        assert_eq!(shapes.into_iter().collect::<std::collections::BTreeSet<_>>().len(), 4);
    }
}
