//! The whole place at a glance: what goes through it, how well, and what it earns.

use super::{errors::Errors, quick_start::QuickStart};
use crate::{
    chart::{Grid, Look, Unit},
    components::{
        chart::{Chart, Series},
        count::{grouped, percent},
        empty_state::EmptyState,
        gauge::{Moved, moved, p50_p95, per_second, told, took},
        icon::{Draw, Icon},
        money::Money,
        panel::Panel,
        range_picker::RangePicker,
        stat::Stat,
        table::Table,
    },
    words::Operations as Words,
};
use domain::{
    money::NanoUsd,
    views::{ChannelHealth, Operations, Percentiles, Slot, Timeline},
};
use leptos::prelude::*;
use leptos_router::{components::A, hooks::use_query_map};

/// A count as a chart has it.
pub fn count(n: u64) -> Option<i64> {
    i64::try_from(n).ok()
}

/// A series of one number of each slot.
pub fn series(name: &str, key: &'static str, slots: &[Slot], value: impl Fn(&Slot) -> Option<i64>) -> Series {
    Series { name: name.to_owned(), key, values: slots.iter().map(value).collect(), sum: None }
}

/// The slots of a timeline, as charts have them.
pub fn grid(timeline: &Timeline) -> Grid {
    let window = timeline.window;
    Grid { from_us: window.from_us, step_us: window.step_us, slots: window.slots() }
}

/// How requests ended, one on top of the other.
pub fn outcomes(slots: &[Slot]) -> Vec<Series> {
    let t = Words::here();
    vec![
        series(t.fine(), "kok", slots, |slot| count(slot.fine())),
        series(t.left_series(), "ko", slots, |slot| count(slot.left_early)),
        series(t.refused(), "k4x", slots, |slot| count(slot.refused())),
        series(t.limited_series(), "k429", slots, |slot| count(slot.limited)),
        series(t.failed(), "k5x", slots, |slot| count(slot.failed)),
    ]
}

/// The page's body.
pub fn operations(place: Operations, address: String) -> impl IntoView {
    let query = use_query_map().get_untracked();
    let Operations { span, timeline, channels, errors, .. } = place.clone();
    let window = timeline.window;
    let quiet = place.today.requests == 0 && timeline.total.requests == 0;
    view! {
        {quiet.then(|| view! { <QuickStart address/> })}
        <div class="bar"><RangePicker span window query/></div>
        <section class="stack" aria-label=Words::here().requests()>
            {tiles(&place)}
            {signs(&place)}
        </section>
        {charts(&timeline)}
        <div class="grid">
            <Health channels/>
            <Errors lines=errors/>
        </div>
    }
}

fn tiles(place: &Operations) -> impl IntoView + use<> {
    let t = Words::here();
    let (window, total, before) = (place.timeline.window, place.timeline.total, place.timeline.before);
    let length = window.to_us - window.from_us;
    let beside = match moved(total.requests, before.requests) {
        Moved::Still | Moved::FromNothing => t.none_before().to_owned(),
        Moved::Up(share) => t.moved_up(&share),
        Moved::Down(share) => t.moved_down(&share),
    };
    let share = move |part: u64| percent(part, total.requests);
    let today = place.today;
    let margin = NanoUsd(today.spend.0.saturating_sub(today.cost.0));
    let cached = t.from_cache(&percent(total.cached, total.all_input()));
    view! {
        <dl class="stats">
            <Stat label=t.requests() beside=beside>{per_second(total.requests, length)}<small>" "{t.per_second()}</small></Stat>
            <Stat label=t.errors() beside=t.failed_and_limited(&share(total.failed), &share(total.limited))>
                {share(total.errors)}<small>" %"</small>
            </Stat>
            <Stat label=t.ttft() beside=t.latency_beside(&told(total.latency.map(|it| it.p95)))>{p50_p95(total.ttft)}</Stat>
            <Stat label=t.tokens() beside=cached>{per_second(total.tokens(), length)}<small>" "{t.per_second()}</small></Stat>
            <Stat label=t.sales_today() beside=t.requests_today(&grouped(today.requests))><Money amount=today.spend/></Stat>
            <Stat label=t.margin_today() beside=t.after_cost()><Money amount=margin/></Stat>
        </dl>
    }
}

/// What should catch the eye when it is not as it should be.
fn signs(place: &Operations) -> impl IntoView + use<> {
    let t = Words::here();
    let total = &place.timeline.total;
    let on = place.channels.iter().filter(|channel| channel.enabled).count();
    let prices = match (place.without_price, place.below_cost) {
        (0, 0) => view! { <span class="st ok">{t.all_priced()}</span> }.into_any(),
        (missing, below) => view! {
            <A href="/models">
                {(missing > 0).then(|| view! { <span class="st slow">{t.unpriced(missing)}</span>" " })}
                {(below > 0).then(|| view! { <span class="st down">{t.below_cost(below)}</span> })}
            </A>
        }
        .into_any(),
    };
    view! {
        <dl class="stats mini">
            <div class="stat"><dt>{t.requests_today_label()}</dt><dd>{grouped(place.today.requests)}</dd></div>
            <div class="stat"><dt>{t.limited()}</dt><dd>{grouped(total.limited)}</dd></div>
            <div class="stat"><dt>{t.left()}</dt><dd>{grouped(total.left_early)}</dd></div>
            <div class="stat">
                <dt>{t.journal()}</dt>
                <dd>{t.backlog(&grouped(place.backlog))}" "<small>{t.running(&grouped(place.running))}</small></dd>
            </div>
            <div class="stat"><dt>{t.prices()}</dt><dd>{prices}</dd></div>
            <div class="stat"><dt>{t.channels()}</dt><dd>{t.channels_on(on, place.channels.len())}</dd></div>
        </dl>
    }
}

fn charts(timeline: &Timeline) -> impl IntoView + use<> {
    let t = Words::here();
    let (grid, slots) = (grid(timeline), &timeline.slots);
    let at = |percentile: fn(&Percentiles) -> u64| {
        move |taken: Option<Percentiles>| taken.and_then(|taken| count(percentile(&taken)))
    };
    let (p50, p95, p99) = (at(|it| it.p50), at(|it| it.p95), at(|it| it.p99));
    let latency = vec![
        series("p50", "k1", slots, |slot| p50(slot.latency)),
        series("p95", "k6", slots, |slot| p95(slot.latency)),
        series("p99", "k4", slots, |slot| p99(slot.latency)),
    ];
    let ttft =
        vec![series("p50", "k1", slots, |slot| p50(slot.ttft)), series("p95", "k6", slots, |slot| p95(slot.ttft))];
    let tokens = vec![
        series(t.cached(), "k5", slots, |slot| count(slot.cached)),
        series(t.input(), "k1", slots, |slot| count(slot.input)),
        series(t.output(), "k2", slots, |slot| count(slot.output)),
    ];
    let money = vec![
        series(t.cost(), "k8", slots, |slot| Some(slot.cost.0)),
        series(t.margin(), "k3", slots, |slot| Some(slot.spend.0.saturating_sub(slot.cost.0))),
    ];
    view! {
        <div class="grid">
            <Chart title=t.requests() aside=t.by_outcome() grid unit=Unit::Count look=Look::Bars series=outcomes(slots)/>
            <Chart title=t.latency() aside=t.whole_answers() grid unit=Unit::Duration look=Look::Lines series=latency/>
            <Chart title=t.ttft_title() aside="p50, p95" width="c4" grid unit=Unit::Duration look=Look::Lines series=ttft/>
            <Chart title=t.tokens() aside="" width="c4" grid unit=Unit::Count look=Look::Bars series=tokens/>
            <Chart title=t.sales() aside=t.cost_and_margin() width="c4" grid unit=Unit::Money look=Look::Bars series=money/>
        </div>
    }
}

/// What a channel's state is called, and its shape.
fn state(channel: &ChannelHealth) -> (&'static str, &'static str) {
    let t = Words::here();
    match (channel.enabled, channel.recent, channel.recent_failed) {
        (false, ..) => ("st off", t.off()),
        (_, 0, _) => ("st off", t.idle()),
        (_, _, 0) => ("st ok", t.healthy()),
        (_, all, failed) if failed.saturating_mul(2) >= all => ("st down", t.failing()),
        _ => ("st slow", t.shaky()),
    }
}

#[component]
fn Health(channels: Vec<ChannelHealth>) -> impl IntoView {
    let t = Words::here();
    if channels.is_empty() {
        return view! {
            <div class="c8">
                <Panel title=t.channel_health() aside="">
                    <EmptyState title=t.no_channels()>
                        <p class="mid">{t.no_channels_advice()}</p>
                        <A href="/channels?new=1" attr:class="btn primary"><Draw icon=Icon::Plus/>{t.add_channel()}</A>
                    </EmptyState>
                </Panel>
            </div>
        }
        .into_any();
    }
    let row = |channel: ChannelHealth| {
        let (shape, word) = state(&channel);
        let success = match channel.requests {
            0 => view! { <span class="dim">"–"</span> }.into_any(),
            all => view! { {percent(all.saturating_sub(channel.failed), all)}<small>" %"</small> }.into_any(),
        };
        view! {
            <tr>
                <th scope="row"><span class="strong">{channel.name}</span>" "<small class="dim">{channel.provider}</small></th>
                <td><span class=shape>{word}</span></td>
                <td class="num">{grouped(channel.requests)}</td>
                <td class="num">{success}</td>
                <td class="num">{took(channel.ttft.map(|it| it.p50))}</td>
                <td class="num">{took(channel.latency.map(|it| it.p95))}</td>
                <td class="num"><Money amount=channel.cost/></td>
            </tr>
        }
    };
    view! {
        <section class="panel c8">
            <header><h2>{t.channel_health()}</h2><span class="dim small">{t.of_the_range()}</span><A href="/channels" attr:class="end">{t.all_channels()}</A></header>
            <Table label=t.channel_health()>
                <thead>
                    <tr>
                        <th scope="col">{t.channel()}</th>
                        <th scope="col">{t.state()}</th>
                        <th scope="col" class="num">{t.requests()}</th>
                        <th scope="col" class="num">{t.success()}</th>
                        <th scope="col" class="num">{t.p50()}</th>
                        <th scope="col" class="num">{t.p95()}</th>
                        <th scope="col" class="num">{t.cost_to_us()}</th>
                    </tr>
                </thead>
                <tbody>{channels.into_iter().map(row).collect_view()}</tbody>
            </Table>
        </section>
    }.into_any()
}
