//! Why a request went, or would go, where: the candidates in the order of trying, with what was known of each.

use super::{
    duration::spoken,
    money::{Money, places},
    table::Table,
};
use crate::words::Routing;
use domain::{
    money::NanoUsd,
    route::{Considered, Decided, Strategy},
};
use leptos::prelude::*;

/// What a strategy is called.
pub fn strategy_name(t: Routing, strategy: Strategy) -> &'static str {
    match strategy {
        Strategy::Cost => t.cost(),
        Strategy::Performance => t.performance(),
        Strategy::Balanced => t.balanced(),
        Strategy::Availability => t.availability(),
    }
}

/// The class that draws a state's shape, and its word.
pub fn state_told(t: Routing, state: &str) -> (&'static str, &'static str) {
    match state {
        "ready" => ("st ok", t.ready()),
        "probe" => ("st slow", t.probe()),
        "open" => ("st down", t.open()),
        "resting" => ("st slow", t.resting()),
        "cooling" => ("st slow", t.cooling()),
        "refused" => ("st down", t.refused()),
        _ => ("st off", t.missing()),
    }
}

/// Thousandths as a decimal of at most three places: `987` is `0.987`.
fn milli(value: u64) -> String {
    format!("{}.{:03}", value / 1_000, value % 1_000)
}

/// Thousandths as a percentage: `987` is `98.7 %`.
fn percent(milli: u64) -> String {
    if milli >= 1_000 { "100 %".to_owned() } else { format!("{}.{} %", milli / 10, milli % 10) }
}

fn score(strategy: Strategy, considered: &Considered) -> String {
    match (strategy, considered.score) {
        (Strategy::Balanced | Strategy::Availability, Some(score)) => milli(score.unsigned_abs()),
        // The cost and the time have columns of their own.
        (Strategy::Performance, Some(score)) => {
            let (took, unit) = spoken(score.unsigned_abs());
            format!("{took} {unit}")
        }
        _ => "–".to_owned(),
    }
}

/// The table.
#[component]
pub fn Decision(
    /// What was decided.
    decided: Decided,
) -> impl IntoView {
    let t = Routing::here();
    let Decided { strategy, rule, candidates, more } = decided;
    let costs = places(candidates.iter().filter_map(|one| one.cost_nano).map(NanoUsd));
    let row = move |(number, one): (usize, Considered)| {
        let (class, word) = state_told(t, &one.state);
        let name = if one.channel_name.is_empty() { one.channel.clone() } else { one.channel_name.clone() };
        let first = one.ttft_us.map(spoken).map_or("–".to_owned(), |(took, unit)| format!("{took} {unit}"));
        let pace = one.tokens_per_second_milli.map_or("–".to_owned(), |pace| format!("{}", pace / 1_000));
        let success = one.success_milli.map_or("–".to_owned(), percent);
        let cost = match one.cost_nano {
            Some(nano) => view! { <Money amount=NanoUsd(nano) places=costs/> }.into_any(),
            None => "–".into_any(),
        };
        let mut beside = vec![t.priority_weight(one.priority, one.weight)];
        beside.extend(one.fallback.as_deref().map(|model| t.stands_in(model)));
        beside.extend(one.sticky.then(|| t.sticky().to_owned()));
        view! {
            <tr>
                <th scope="row"><span class="dim">{number + 1}" "</span><b>{name}</b>" "<small class="dim">{beside.join(", ")}</small></th>
                <td><span class=class>{word}</span></td>
                <td class="num">{score(strategy, &one)}</td>
                <td class="num">{cost}</td>
                <td class="num">{first}</td>
                <td class="num">{pace}</td>
                <td class="num">{success}</td>
                <td class="num">{one.in_flight}</td>
            </tr>
        }
    };
    let applied = rule.map(|rule| t.rule(rule));
    let left_out = (more > 0).then(|| view! { <p class="body dim small">{t.more(more)}</p> });
    if candidates.is_empty() {
        return view! { <p class="body mid">{t.nobody()}</p> }.into_any();
    }
    view! {
        <p class="body small"><span class="badge">{strategy_name(t, strategy)}</span>" "{applied}</p>
        <Table label=t.order()>
            <thead>
                <tr>
                    <th scope="col">{t.channel()}</th>
                    <th scope="col">{t.state()}</th>
                    <th scope="col" class="num">{t.score()}</th>
                    <th scope="col" class="num">{t.price()}</th>
                    <th scope="col" class="num">{t.first_token()}</th>
                    <th scope="col" class="num">{t.pace()}</th>
                    <th scope="col" class="num">{t.success()}</th>
                    <th scope="col" class="num">{t.in_flight()}</th>
                </tr>
            </thead>
            <tbody>{candidates.into_iter().enumerate().map(row).collect_view()}</tbody>
        </Table>
        {left_out}
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousandths_are_told_as_decimals_and_percentages() {
        assert_eq!((milli(987), milli(1_000), milli(5)), ("0.987".into(), "1.000".into(), "0.005".into()));
        assert_eq!((percent(987), percent(1_000), percent(5)), ("98.7 %".into(), "100 %".into(), "0.5 %".into()));
    }
}
