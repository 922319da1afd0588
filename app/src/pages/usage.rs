//! Usage: sums over a range by model, key, day; as a chart and as a table, beside as long before; what is shown is in the
//! address, and in a file.

use super::{operations::count, request::step_told, signed_in::refused};
use crate::{
    chart::{Grid, Look, Unit, fold},
    components::{
        chart::{AREAS, Chart, Series, provide_charts},
        count::{grouped, percent},
        empty_state::EmptyState,
        gauge::{Moved, moved, p50_p95, told, took},
        icon::{Draw, Icon},
        live::follow,
        live_switch::LiveSwitch,
        money::{Money, places},
        panel::Panel,
        range_picker::RangePicker,
        skeleton::Skeleton,
        stat::Stat,
        table::Table,
        topbar::Topbar,
    },
    usage::{UsageAsked, from_query, to_address, usage_sums},
    words::{Charts, Usage as Words},
};
use domain::{
    money::NanoUsd,
    views::{By, Measure, Point, UsageLine, UsageView},
};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

/// The page.
#[component]
pub fn Usage() -> impl IntoView {
    let t = Words::here();
    let query = use_query_map();
    let asked = Memo::new(move |_| from_query(&query.read()));
    let view = Resource::new(
        move || {
            let UsageAsked { span, by, .. } = asked.get();
            (span, by)
        },
        |(span, by)| usage_sums(span, by),
    );
    provide_charts();
    follow(move || view.refetch());
    view! {
        <Title text=t.title()/>
        <Topbar title=t.title()><LiveSwitch/></Topbar>
        <div class="page">
            <Transition fallback=|| view! { <Skeleton/> }>
                {move || Suspend::new(async move {
                    match view.await {
                        Ok(sums) => sums_of(sums, asked).into_any(),
                        Err(refusal) => refused(refusal).into_any(),
                    }
                })}
            </Transition>
        </div>
    }
}

fn by_name(by: By) -> &'static str {
    let t = Words::here();
    match by {
        By::Model => t.model(),
        By::Key => t.key(),
        By::Day => t.day(),
        By::Tenant => t.tenant(),
        By::Channel => t.channel(),
    }
}

fn measure_name(measure: Measure) -> &'static str {
    let t = Words::here();
    match measure {
        Measure::Spend => t.spend(),
        Measure::Requests => t.requests(),
        Measure::Tokens => t.tokens(),
        Measure::Errors => t.errors(),
    }
}

/// How a number moved against the one before, in words.
fn moved_told(now: u64, before: u64) -> String {
    let t = Words::here();
    match moved(now, before) {
        Moved::Still => t.none_before_either().to_owned(),
        Moved::FromNothing => t.none_before().to_owned(),
        Moved::Up(share) => t.up(&share),
        Moved::Down(share) => t.down(&share),
    }
}

fn sums_of(view: UsageView, asked: Memo<UsageAsked>) -> impl IntoView {
    let t = Words::here();
    let UsageView { span, window, by, slots, rest, lines, more, total, before, csv, place } = view;
    let query = use_query_map().get_untracked();
    let groups = By::ALL.iter().filter(|one| place || !one.is_for_the_place()).map(|one| {
        let current = (*one == by).then_some("true");
        let address = move || to_address(UsageAsked { by: *one, ..asked.get() });
        view! { <a href=address aria-current=current data-noscroll="">{by_name(*one)}</a> }
    });
    let measures = Measure::ALL.iter().map(|one| {
        let current = move || (*one == asked.get().measure).then_some("true");
        let address = move || to_address(UsageAsked { measure: *one, ..asked.get() });
        view! { <a href=address aria-current=current data-noscroll="">{measure_name(*one)}</a> }
    });
    let grid = Grid { from_us: window.from_us, step_us: window.step_us, slots: window.slots() };
    view! {
        <div class="bar">
            <RangePicker span window query/>
        </div>
        <div class="bar">
            <div class="seg" role="group" aria-label=t.group_by()>{groups.collect_view()}</div>
            <div class="seg" role="group" aria-label=t.measure()>{measures.collect_view()}</div>
            <a class="btn end" href=csv download rel="external"><Draw icon=Icon::Download/>"CSV"</a>
        </div>
        {tiles(&total, &before)}
        {if lines.is_empty() {
            view! {
                <Panel title=t.title() aside=t.nothing()>
                    <EmptyState title=t.no_requests()><p class="mid">{t.take_longer()}</p></EmptyState>
                </Panel>
            }.into_any()
        } else {
            view! {
                {move || drawn(&slots, &rest, grid, asked.get().measure)}
                <Lines lines more total by/>
            }.into_any()
        }}
    }
}

fn tiles(total: &UsageLine, before: &UsageLine) -> impl IntoView + use<> {
    let t = Words::here();
    let tokens = |line: &UsageLine| {
        line.input.saturating_add(line.cache_read).saturating_add(line.cache_write).saturating_add(line.output)
    };
    let nano = |line: &UsageLine| u64::try_from(line.spend.0).unwrap_or(0);
    let (all, answers, first) = (tokens(total), total.latency.map(|it| it.p95), total.ttft);
    let (spend, requests, errors, read) = (total.spend, total.requests, total.errors, total.cache_read);
    let spend_moved = moved_told(nano(total), nano(before));
    let requests_moved = moved_told(requests, before.requests);
    let input = total.input.saturating_add(total.cache_read).saturating_add(total.cache_write);
    view! {
        <dl class="stats">
            <Stat label=t.spend() beside=spend_moved><Money amount=spend/></Stat>
            <Stat label=t.requests() beside=requests_moved>{grouped(requests)}</Stat>
            <Stat label=t.errors() beside=t.of(&grouped(errors), &grouped(requests))>{percent(errors, requests)}<small>" %"</small></Stat>
            <Stat label=t.tokens() beside=t.cached(&percent(read, input))>{grouped(all)}</Stat>
            <Stat label=t.ttft() beside=t.answers(&told(answers))>{p50_p95(first)}</Stat>
        </dl>
    }
}

/// The chart of one measure.
fn drawn(slots: &[(String, Vec<Point>)], rest: &[Point], grid: Grid, measure: Measure) -> impl IntoView + use<> {
    let value = |point: &Point| match measure {
        Measure::Spend => Some(point.spend.0),
        Measure::Requests => count(point.requests),
        Measure::Tokens => count(point.tokens),
        Measure::Errors => count(point.errors),
    };
    let unit = if measure == Measure::Spend { Unit::Money } else { Unit::Count };
    let groups = slots.iter().map(|(name, points)| {
        let name = if name.is_empty() { Words::here().all() } else { name };
        (name.to_owned(), points.iter().map(value).collect())
    });
    let series = fold(groups.collect(), rest.iter().map(value).collect(), Charts::here().other())
        .into_iter()
        .zip(AREAS)
        .map(|((name, values), key)| Series { name, key, values, sum: None })
        .collect();
    let aside = Words::here().a_slot(&step_told(grid.step_us));
    view! { <Chart title=measure_name(measure) aside width="c12" grid unit look=Look::Bars series/> }
}

#[component]
fn Lines(lines: Vec<UsageLine>, more: u64, total: UsageLine, by: By) -> impl IntoView {
    let t = Words::here();
    let spends = places(lines.iter().chain([&total]).map(|line| line.spend));
    let costs = places(lines.iter().chain([&total]).filter_map(|line| line.cost));
    let place = total.cost.is_some();
    let cells = move |line: &UsageLine| {
        let margin = line.cost.map(|cost| NanoUsd(line.spend.0.saturating_sub(cost.0)));
        view! {
            <td class="num">{grouped(line.requests)}</td>
            <td class="num">{grouped(line.errors)}</td>
            <td class="num">{grouped(line.input)}</td>
            <td class="num">{grouped(line.cache_read)}</td>
            <td class="num">{grouped(line.output)}</td>
            <td class="num">{took(line.ttft.map(|it| it.p50))}</td>
            <td class="num">{took(line.latency.map(|it| it.p95))}</td>
            <td class="num"><Money amount=line.spend places=spends/></td>
            {line.cost.map(|cost| view! { <td class="num"><Money amount=cost places=costs/></td> })}
            {margin.map(|margin| view! { <td class="num"><Money amount=margin places=spends.max(costs)/></td> })}
        }
    };
    let shown = lines.len() as u64;
    let aside = if more == 0 {
        by_name(by).to_owned()
    } else {
        t.largest(&grouped(shown), &grouped(shown.saturating_add(more)))
    };
    let rows = lines
        .into_iter()
        .map(move |line| view! { <tr><th scope="row" class="strong">{line.of.clone()}</th>{cells(&line)}</tr> });
    view! {
        <Panel title=t.title() aside>
            <Table label=t.title()>
                <thead>
                    <tr>
                        <th scope="col">{by_name(by)}</th>
                        <th scope="col" class="num">{t.requests()}</th>
                        <th scope="col" class="num">{t.errors()}</th>
                        <th scope="col" class="num">{t.input()}</th>
                        <th scope="col" class="num">{t.from_cache()}</th>
                        <th scope="col" class="num">{t.output()}</th>
                        <th scope="col" class="num">{t.first_token()}</th>
                        <th scope="col" class="num">{t.answer()}</th>
                        <th scope="col" class="num">{t.spend()}</th>
                        {place.then(|| view! { <th scope="col" class="num">{t.cost()}</th><th scope="col" class="num">{t.margin()}</th> })}
                    </tr>
                </thead>
                <tbody>{rows.collect_view()}</tbody>
                <tfoot><tr><th scope="row">{t.all()}</th>{cells(&total)}</tr></tfoot>
            </Table>
        </Panel>
    }
}
