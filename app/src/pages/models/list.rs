//! Every model: what it sells for beside what it costs us, what is left, what is wrong.

use super::rate::{decimals, dollars, margin};
use crate::{
    components::{
        empty_state::EmptyState,
        icon::{Draw, Icon},
        money::write,
        panel::Panel,
    },
    words::{Common, Models},
};
use domain::{
    money::PicoPerUnit,
    views::{ModelLine, PriceLine},
};
use leptos::prelude::*;

/// Names that a warning tells; the rest are counted.
const NAMED: usize = 3;

/// Decimals of the columns.
#[derive(Clone, Copy)]
struct Decimals {
    input: usize,
    output: usize,
    cache: usize,
}

fn warned(line: &ModelLine) -> bool {
    line.channels > 0 && (line.sale.is_none() || line.below_cost || line.without_cost > 0)
}

/// The list, perhaps only of what there is a warning about.
pub fn list(lines: Vec<ModelLine>, warnings: bool) -> impl IntoView {
    let (t, common) = (Models::here(), Common::here());
    if lines.is_empty() {
        return view! {
            <Panel title=common.models() aside=common.none_yet()>
                <EmptyState title=t.none()>
                    <p class="mid">{t.none_is()}</p>
                </EmptyState>
            </Panel>
        }
        .into_any();
    }
    let missing = lines.iter().filter(|line| line.sale.is_none() && line.channels > 0).count();
    let no_cost = lines.iter().filter(|line| line.without_cost > 0).count();
    let below: Vec<String> = lines.iter().filter(|line| line.below_cost).map(|line| line.name.clone()).collect();
    let aside = t.per_million(missing, below.len());
    let (all, wrong) = (lines.len(), lines.iter().filter(|line| warned(line)).count());
    let rate = |of: fn(&PriceLine) -> Option<PicoPerUnit>| {
        decimals(lines.iter().flat_map(|line| [line.sale, line.cost]).flatten().map(|price| of(&price)))
    };
    let decimals = Decimals {
        input: rate(|price| Some(price.input)),
        output: rate(|price| Some(price.output)),
        cache: rate(|price| price.cache_read),
    };
    let shown: Vec<ModelLine> = lines.into_iter().filter(|line| !warnings || warned(line)).collect();
    let body = if shown.is_empty() {
        view! { <EmptyState title=t.no_warnings()><p class="mid">{t.no_warnings_is()}</p></EmptyState> }.into_any()
    } else {
        table(shown, decimals).into_any()
    };
    let here = |this: bool| this.then_some("true");
    view! {
        {warning(below, missing, no_cost)}
        <section class="panel">
            <header>
                <h2>{common.models()}</h2><span class="dim small">{aside}</span>
                // Plain links: both lead to the same path, which the router's would mark as one.
                <div class="seg end" role="group" aria-label=t.show()>
                    <a href="/models" aria-current=here(!warnings)>{t.all(all)}</a>
                    <a href="/models?show=warnings" aria-current=here(warnings)>{t.warnings(wrong)}</a>
                </div>
            </header>
            {body}
        </section>
    }
    .into_any()
}

fn warning(below: Vec<String>, missing: usize, no_cost: usize) -> impl IntoView {
    let t = Models::here();
    let (any, more) = (!below.is_empty(), below.len().saturating_sub(NAMED));
    let names =
        below.into_iter().take(NAMED).map(|name| view! { <a href=address(&name)>{name.clone()}</a>" " }).collect_view();
    let named = any.then(|| view! { <b>{t.sell_below()}</b>" "{names}{(more > 0).then(|| t.and_more(more))}" " });
    let unpriced = (missing > 0).then(|| t.unpriced(missing));
    let no_cost = (no_cost > 0).then(|| t.no_cost(no_cost));
    (any || unpriced.is_some() || no_cost.is_some()).then(|| {
        let class = if any { "note bad" } else { "note warn" };
        view! { <div class=class><Draw icon=Icon::Alert/><span>{named}{unpriced}" "{no_cost}</span></div> }
    })
}

fn address(model: &str) -> String {
    format!("/models?price={}", leptos_router::location::Url::escape(model))
}

fn table(lines: Vec<ModelLine>, decimals: Decimals) -> impl IntoView {
    let (t, common) = (Models::here(), Common::here());
    view! {
        <div class="scroll" tabindex="0" role="region" aria-label=t.list()>
            <table class="t prices">
                <thead>
                    <tr class="over">
                        <td></td>
                        <td></td>
                        <th scope="colgroup" colspan="3" class="num">{t.sale()}</th>
                        <th scope="colgroup" colspan="2" class="num bl">{t.cost()}</th>
                        <th scope="colgroup" colspan="2" class="num bl">{t.margin()}</th>
                        <td></td>
                        <td></td>
                    </tr>
                    <tr>
                        <th scope="col">{t.model()}</th>
                        <th scope="col">{common.state()}</th>
                        <th scope="col" class="num">{t.in_()}</th>
                        <th scope="col" class="num">{t.out()}</th>
                        <th scope="col" class="num">{t.cache_read()}</th>
                        <th scope="col" class="num bl">{t.in_()}</th>
                        <th scope="col" class="num">{t.out()}</th>
                        <th scope="col" class="num bl">{t.in_()}</th>
                        <th scope="col" class="num">{t.out()}</th>
                        <th scope="col" class="num">{t.channels()}</th>
                        <th scope="col"><span class="sr">{common.actions()}</span></th>
                    </tr>
                </thead>
                <tbody>{lines.into_iter().map(|line| row(line, decimals)).collect_view()}</tbody>
            </table>
        </div>
    }
}

/// What is left of one unit: its share of the sale, the exact amount on hover.
fn left(sale: Option<PicoPerUnit>, cost: Option<PicoPerUnit>) -> AnyView {
    let (Some(sale), Some(cost)) = (sale, cost) else { return view! { <span class="dim">"–"</span> }.into_any() };
    let (left, share) = margin(sale, cost);
    let written = write(super::rate::per_million(left), 2);
    let class = if left.0 < 0 { "down" } else { "" };
    let title = format!("{} USD", written.raw);
    let share = share.map(|share| view! { <small>{share}" %"</small> });
    view! { <data class=class value=written.raw title=title><span class="amount">{written.main}<i>{written.quiet}</i></span>{share}</data> }.into_any()
}

fn row(line: ModelLine, decimals: Decimals) -> impl IntoView {
    let t = Models::here();
    let ModelLine { name, channels, sale, cost, below_cost, without_cost: _ } = line;
    let state = match (&sale, channels, below_cost) {
        (None, _, _) => view! { <span class="st slow">{t.no_price()}</span> },
        (Some(_), 0, _) => view! { <span class="st off">{t.no_channel()}</span> },
        (Some(_), _, true) => view! { <span class="st slow">{t.below_cost()}</span> },
        (Some(_), _, false) => view! { <span class="st ok">{t.on_sale()}</span> },
    };
    let input = |price: Option<PriceLine>| price.map(|price| price.input);
    let output = |price: Option<PriceLine>| price.map(|price| price.output);
    let cached = match sale {
        Some(PriceLine { cache_read: None, .. }) => view! { <span class="dim">{t.as_input()}</span> }.into_any(),
        sale => dollars(sale.and_then(|sale| sale.cache_read), decimals.cache),
    };
    let lower = |of: fn(Option<PriceLine>) -> Option<PicoPerUnit>| {
        let loses = matches!((of(sale), of(cost)), (Some(sale), Some(cost)) if sale < cost);
        if loses { "num down" } else { "num" }
    };
    view! {
        <tr>
            <th scope="row" class="strong clip" title=name.clone()>{name.clone()}</th>
            <td>{state}</td>
            <td class=lower(|price| price.map(|price| price.input))>{dollars(input(sale), decimals.input)}</td>
            <td class=lower(|price| price.map(|price| price.output))>{dollars(output(sale), decimals.output)}</td>
            <td class="num">{cached}</td>
            <td class="num mid bl">{dollars(input(cost), decimals.input)}</td>
            <td class="num mid">{dollars(output(cost), decimals.output)}</td>
            <td class="num bl">{left(input(sale), input(cost))}</td>
            <td class="num">{left(output(sale), output(cost))}</td>
            <td class="num">{channels}</td>
            <td class="acts"><a href=address(&name) class="btn ghost sm" aria-label=t.price_of(&name)>{t.price()}</a></td>
        </tr>
    }
}
