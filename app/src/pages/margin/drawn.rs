//! Margins over a range as the server draws them: by model, channel, tenant or each of them; what is shown is in the address,
//! all of it in a file.

use crate::{
    components::{
        count::{grouped, share},
        empty_state::EmptyState,
        icon::{Draw, Icon},
        money::{Money, places},
        panel::Panel,
        range_picker::served_picker,
        table::Table,
    },
    query,
    words::{Margin, Usage},
};
use domain::views::{MarginLine, MarginView};
use leptos::prelude::*;
use leptos_router::params::ParamsMap;

/// The panel, with its choices.
pub fn margins(view: MarginView) -> AnyView {
    let (t, of) = (Margin::here(), Usage::here());
    let MarginView { span, window, by, lines, rest, total, csv } = view;
    let all = [("model", of.model()), ("channel", of.channel()), ("tenant", of.tenant()), ("each", t.each())];
    let address = |by: &str| {
        let mut query = ParamsMap::new();
        query::put_span(&mut query, Some(span));
        query.insert_decoded("by", by.to_owned());
        query
    };
    let choice = |(word, name): (&'static str, &'static str)| {
        let current = (word == by).then_some("true");
        let address = format!("/money{}", address(word).to_query_string());
        view! { <a href=address aria-current=current data-noscroll="">{name}</a> }
    };
    let names: Vec<&'static str> =
        all.iter().take(3).filter(|(word, _)| *word == by || by == "each").map(|(_, name)| *name).collect();
    let table = if lines.is_empty() {
        view! { <EmptyState title=of.no_requests()><p class="mid">{of.take_longer()}</p></EmptyState> }.into_any()
    } else {
        table(&names, &lines, rest.as_ref(), &total)
    };
    view! {
        <div class="bar">{served_picker(span, window, address(&by), "/money")}</div>
        <div class="bar">
            <div class="seg" role="group" aria-label=of.group_by()>{all.map(choice).collect_view()}</div>
            <a class="btn end" href=csv download rel="external"><Draw icon=Icon::Download/>"CSV"</a>
        </div>
        <Panel title=t.title() aside=t.about()>{table}</Panel>
    }
    .into_any()
}

fn table(names: &[&'static str], lines: &[MarginLine], rest: Option<&MarginLine>, total: &MarginLine) -> AnyView {
    let (t, of) = (Margin::here(), Usage::here());
    let decimals = places(lines.iter().chain(rest).chain([total]).flat_map(|line| [line.sale, line.cost]));
    let numbers = [of.requests(), of.spend(), of.cost(), of.margin(), t.share()];
    let told = |line: &MarginLine| {
        let name = |name: &String| if name.is_empty() { t.none_answered().to_owned() } else { name.clone() };
        let mut names = line.of.iter().map(name);
        let first = names.next();
        let others = names.map(|name| view! { <td class="clip">{name}</td> }).collect_view();
        view! { <tr><th scope="row" class="strong clip">{first}</th>{others}{amounts(line, decimals)}</tr> }
    };
    let width = names.len().to_string();
    let sum = |name: &'static str, line: &MarginLine| {
        view! { <tr><th scope="row" colspan=width.clone()>{name}</th>{amounts(line, decimals)}</tr> }
    };
    let names = names.iter().map(|name| view! { <th scope="col">{*name}</th> }).collect_view();
    let rows = lines.iter().map(told).collect_view();
    let sums = (rest.map(|rest| sum(t.rest(), rest)), sum(of.all(), total));
    view! {
        <Table label=t.title()>
            <thead>
                <tr>{names}{numbers.map(|name| view! { <th scope="col" class="num">{name}</th> }).collect_view()}</tr>
            </thead>
            <tbody>{rows}</tbody>
            <tfoot>{sums}</tfoot>
        </Table>
    }
    .into_any()
}

fn amounts(line: &MarginLine, places: usize) -> AnyView {
    let margin = line.sale.saturating_sub(line.cost);
    let class = if margin.0 < 0 { "num down" } else { "num" };
    let share = share(margin.0, line.sale.0).map_or_else(|| "–".to_owned(), |share| format!("{share} %"));
    view! {
        <td class="num">{grouped(line.requests)}</td>
        <td class="num"><Money amount=line.sale places/></td>
        <td class="num"><Money amount=line.cost places/></td>
        <td class=class><Money amount=margin places/></td>
        <td class=class>{share}</td>
    }
    .into_any()
}
