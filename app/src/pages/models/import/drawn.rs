//! The page of the import as the server draws it: what the catalogue would change, rate by rate, and the form that takes over
//! what is checked.

use crate::{
    components::{
        count::grouped, empty_state::EmptyState, note::RefusalNote, panel::Panel, served::Asked, table::Table,
    },
    import::{ImportPrices, address},
    pages::models::rate::{dollars, unit},
    refusal::Refusal,
    words::{ImportPage, Models, NewPrice},
};
use domain::{
    price::{Change, RateChange},
    views::{ImportAsked, ImportLine, ImportView},
};
use leptos::{prelude::*, server_fn::ServerFn};

/// Rates with a column of their own.
const COLUMNS: [&str; 3] = ["input", "output", "cache_read"];

fn change_name(change: Change) -> &'static str {
    let t = ImportPage::here();
    match change {
        Change::New => t.fresh(),
        Change::Dearer => t.dearer(),
        Change::Cheaper => t.cheaper(),
        Change::Mixed => t.mixed(),
        Change::Same => t.same(),
        Change::OnlyHere => t.only_here(),
    }
}

fn rate_name(kind: &str) -> &'static str {
    unit(NewPrice::here(), kind, Models::here().cache_read())
}

/// Draws it.
pub fn drawn(wanted: ImportAsked, view: Result<ImportView, Refusal>, asked: &Asked) -> AnyView {
    let t = ImportPage::here();
    let news = match (asked.get("stale"), asked.get("made").and_then(|made| made.parse().ok())) {
        (Some(_), _) => Some(view! { <p class="note bad" role="alert">{t.stale()}</p> }.into_any()),
        (None, Some(made)) => Some(view! { <p class="note" role="status">{t.made(made)}</p> }.into_any()),
        (None, None) => None,
    };
    let (view, refusal) = match view {
        Ok(view) => (Some(view), asked.refusal()),
        Err(refusal) => (None, Some(refusal)),
    };
    let refusal = Signal::stored(refusal);
    let differences = view.map(|view| differences(&wanted, view, asked.get("check").is_some()));
    view! {
        {news}
        <RefusalNote refusal/>
        {asking(wanted)}
        {differences}
    }
    .into_any()
}

/// What would change, with a box for each that can be taken over.
fn differences(wanted: &ImportAsked, view: ImportView, checked: bool) -> AnyView {
    let t = ImportPage::here();
    let ImportView { counts, lines } = view;
    let counts: Vec<String> = counts.iter().map(|(change, n)| format!("{n} {}", change_name(*change))).collect();
    let aside = counts.join(" · ");
    if lines.is_empty() {
        return view! {
            <Panel title=t.differences() aside>
                <EmptyState title=t.nothing()><p class="mid">{t.nothing_is()}</p></EmptyState>
            </Panel>
        }
        .into_any();
    }
    let can_be_taken = lines.iter().any(|line| line.change.is_one());
    let take_over = can_be_taken.then(|| {
        view! {
            <footer class="bar">
                <button class="btn primary" type="submit">{t.take_over()}</button>
                <a class="btn" href=address(wanted, ("check", "all"))>{t.check_all()}</a>
                <span class="dim small">{t.take_over_is()}</span>
            </footer>
        }
    });
    let costs = wanted.costs();
    let query = address(wanted, ("", "")).trim_start_matches("/models/import").to_owned();
    view! {
        <Panel title=t.differences() aside>
            <form method="post" action=ImportPrices::url() class="prices import">
                <input type="hidden" name="query" value=query/>
                <Table label=t.differences()>
                    <thead>
                        <tr>
                            <th scope="col">{t.model()}</th>
                            {costs.then(|| view! { <th scope="col">{t.channel()}</th> })}
                            <th scope="col">{t.change()}</th>
                            {COLUMNS.map(|kind| view! { <th scope="col" class="num">{rate_name(kind)}</th> }).collect_view()}
                            <th scope="col" class="gap">{t.other_rates()}</th>
                        </tr>
                    </thead>
                    <tbody>{lines.into_iter().map(|line| told(line, costs, checked)).collect_view()}</tbody>
                </Table>
                {take_over}
            </form>
        </Panel>
    }
    .into_any()
}

fn told(line: ImportLine, costs: bool, checked: bool) -> AnyView {
    let ImportLine { model, channel, provider, change, rates, below_cost, seen } = line;
    let is_one = change.is_one();
    let check = is_one.then(|| view! { <input type="checkbox" name="chosen[]" value=seen checked=checked/> });
    let below = (!below_cost.is_empty()).then(|| {
        view! { " "<span class="st down" title=below_cost.join(", ")>{Models::here().below_cost()}</span> }
    });
    let class = if is_one { "st slow" } else { "st off" };
    let is_column = |it: &RateChange| it.service_tier.is_none() && it.above == 0 && COLUMNS.contains(&it.kind.as_str());
    let (columns, others): (Vec<_>, Vec<_>) = rates.into_iter().partition(is_column);
    let column = |kind: &str| {
        let rate = columns.iter().find(|it| it.kind == kind).map(pair);
        view! { <td class="num">{rate}</td> }
    };
    view! {
        <tr>
            <th scope="row"><label class="check">{check}<span>{model}" "<small class="dim">{provider}</small></span></label></th>
            {costs.then(|| view! { <td class="clip">{channel}</td> })}
            <td><span class=class>{change_name(change)}</span>{below}</td>
            {COLUMNS.map(column).collect_view()}
            <td class="gap">{other(&others)}</td>
        </tr>
    }
    .into_any()
}

/// The rates that have no column, folded away.
fn other(rates: &[RateChange]) -> Option<AnyView> {
    let t = ImportPage::here();
    let told = |it: &RateChange| {
        let tier = it.service_tier.map(|tier| format!("{tier} ")).unwrap_or_default();
        let above = if it.above > 0 { format!("{} ", t.above(&grouped(it.above))) } else { String::new() };
        view! { <li>{format!("{tier}{above}{} ", rate_name(&it.kind))}{pair(it)}</li> }
    };
    let list = || rates.iter().map(told).collect_view();
    (!rates.is_empty())
        .then(|| view! { <details><summary>{t.more(rates.len())}</summary><ul>{list()}</ul></details> }.into_any())
}

/// `$1.00 → $1.25`; one amount where nothing changes, or where there is only one.
fn pair(rate: &RateChange) -> AnyView {
    match (rate.now, rate.then) {
        (Some(now), Some(then)) if now != then => {
            view! { {dollars(Some(now), 2)}" → "{dollars(Some(then), 2)} }.into_any()
        }
        (now, then) => dollars(then.or(now), 2),
    }
}

fn field(id: &'static str, label: &'static str, input: AnyView) -> AnyView {
    view! { <div class="field"><label for=id>{label}</label>{input}</div> }.into_any()
}

/// A field to type into.
fn typed(id: &'static str, label: &'static str, kind: &'static str, value: String) -> AnyView {
    let input = view! { <input class="in" id=id name=id type=kind autocomplete="off" value=value/> };
    field(id, label, input.into_any())
}

/// A field to choose in.
fn chosen(id: &'static str, label: &'static str, words: Vec<(&'static str, &'static str)>, chosen: &str) -> AnyView {
    let option = |(word, name): (&'static str, &'static str)| {
        let is_chosen = word == chosen;
        view! { <option value=word selected=is_chosen>{name}</option> }
    };
    let options = words.into_iter().map(option).collect_view();
    field(id, label, view! { <select class="in" id=id name=id>{options}</select> }.into_any())
}

/// What is compared, and which lines are shown.
fn asking(asked: ImportAsked) -> AnyView {
    let t = ImportPage::here();
    let changes = [("", t.any())].into_iter().chain(Change::ALL.map(|change| (change.word(), change_name(change))));
    let fields = vec![
        chosen("what", t.what(), vec![("sale", t.sale_prices()), ("cost", t.channel_costs())], &asked.what),
        typed("multiplier", t.multiplier(), "text", asked.multiplier),
        typed("valid_from", NewPrice::here().valid_from(), "datetime-local", asked.valid_from),
        chosen("change", t.change(), changes.collect(), &asked.change),
        typed("q", t.name_holds(), "search", asked.q),
    ];
    view! {
        <Panel title=t.compare() aside=t.compare_is()>
            <form method="get" action="/models/import" class="form">
                <div class="columns">{fields}</div>
                <div class="bar">
                    <label class="check"><input type="checkbox" name="all" value="true" checked=asked.all/>{t.all()}</label>
                    <button class="btn end" type="submit">{t.show()}</button>
                </div>
            </form>
        </Panel>
    }
    .into_any()
}
