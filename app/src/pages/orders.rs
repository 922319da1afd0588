//! Orders of credit in lists, as the server draws them: a tenant's on its wallet, all of them on the page of money.

use super::top_up::{state, way_name};
use crate::{
    components::{
        money::{Money, places},
        panel::Panel,
        served::{Asked, pager},
        table::Table,
        time::Clock,
    },
    words,
};
use domain::views::{Listed, TopupLine};
use leptos::prelude::*;

/// A tenant's; nothing while it has none.
pub fn drawn(orders: Listed<TopupLine>, asked: &Asked) -> AnyView {
    let t = words::TopUp::here();
    let Listed { lines, next } = orders;
    let foot = pager(asked, "/wallet", "orders", next);
    if lines.is_empty() && foot.is_none() {
        return ().into_any();
    }
    let table = order_table(lines.into_iter().map(|line| (None, line)).collect());
    view! { <div class="part" id="orders"><Panel title=t.orders() aside=t.newest()>{table}{foot}</Panel></div> }
        .into_any()
}

/// The table; whose each is has a column where it is told.
pub fn order_table(lines: Vec<(Option<String>, TopupLine)>) -> AnyView {
    let (t, common) = (words::TopUp::here(), words::Common::here());
    let whose = lines.iter().any(|(name, _)| name.is_some());
    let places = places(lines.iter().map(|(_, line)| line.credited));
    view! {
        <Table label=t.orders()>
            <thead>
                <tr>
                    <th scope="col">{words::Ledger::here().time()}</th>
                    {whose.then(|| view! { <th scope="col">{words::Tenant::here().tenant()}</th> })}
                    <th scope="col">{common.state()}</th>
                    <th scope="col">{t.with()}</th>
                    <th scope="col" class="num">{t.pays()}</th>
                    <th scope="col" class="num">{t.credited()}</th>
                    <th scope="col"><span class="sr">{common.actions()}</span></th>
                </tr>
            </thead>
            <tbody>{lines.into_iter().map(|(name, line)| row(name, line, places)).collect_view()}</tbody>
        </Table>
    }
    .into_any()
}

fn row(whose: Option<String>, line: TopupLine, places: usize) -> impl IntoView {
    let t = words::TopUp::here();
    let state = state(&line);
    let (way, pay) = (way_name(&line.way), format!("{} {}", line.pay, line.way.currency));
    view! {
        <tr>
            <th scope="row"><Clock time=line.time/></th>
            {whose.map(|name| view! { <td class="clip" title=name.clone()><a href=format!("/tenants/{}", line.tenant)>{name.clone()}</a></td> })}
            <td>{state}</td>
            <td class="mid">{way}</td>
            <td class="num">{pay}</td>
            <td class="num"><Money amount=line.credited places/></td>
            <td><a href=format!("/topups/{}", line.id)>{t.look()}</a></td>
        </tr>
    }
}
