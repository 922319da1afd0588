//! A tenant's bills: one a month, and the month that runs.

use super::signed_in::refused;
use crate::{
    bills::bills_view,
    components::{
        empty_state::EmptyState,
        money::{Money, places},
        panel::Panel,
        skeleton::Skeleton,
        table::Table,
        topbar::Topbar,
    },
    words::{self, Common},
};
use domain::views::{BillLine, BillsPage, RunningMonth};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::{components::A, hooks::use_query_map};

/// The page.
#[component]
pub fn Bills() -> impl IntoView {
    let t = words::Bills::here();
    let query = use_query_map();
    let view = Resource::new(move || query.read().get("cursor"), bills_view);
    view! {
        <Title text=t.bills()/>
        <Topbar title=t.bills()><span></span></Topbar>
        <div class="page">
            <Transition fallback=|| view! { <Skeleton/> }>
                {move || Suspend::new(async move {
                    match view.await {
                        Ok(page) => list(page, query.read().get("cursor").is_some()).into_any(),
                        Err(refusal) => refused(refusal).into_any(),
                    }
                })}
            </Transition>
        </div>
    }
}

fn list(page: BillsPage, paged: bool) -> impl IntoView {
    let t = words::Bills::here();
    let BillsPage { tenant, may_export, running, lines, next } = page;
    let export = may_export.then(|| {
        let file = format!("/api/v1/tenants/{tenant}/export");
        view! { <p><a class="btn" href=file download="" rel="external">{t.export()}</a></p> }
    });
    if running.is_none() && lines.is_empty() {
        return view! {
            <Panel title=t.bills() aside="">
                <EmptyState title=t.none()><p class="mid">{t.none_is()}</p>{export}</EmptyState>
            </Panel>
        }
        .into_any();
    }
    let all = lines.iter().flat_map(|line| [line.opening, line.usage, line.closing]);
    let places =
        places(all.chain(running.iter().flat_map(|now| [now.opening, now.usage.unwrap_or_default(), now.closing])));
    view! {
        <p class="mid">{t.running_is()}</p>
        <Panel title=t.bills() aside=t.newest()>
            <Table label=t.bills()>
                <thead>
                    <tr>
                        <th scope="col">{t.month()}</th>
                        <th scope="col">{t.number()}</th>
                        <th scope="col" class="num">{t.before()}</th>
                        <th scope="col" class="num">{t.usage()}</th>
                        <th scope="col" class="num">{t.others()}</th>
                        <th scope="col" class="num">{t.after()}</th>
                        <th scope="col"></th>
                    </tr>
                </thead>
                <tbody>
                    {running.map(|now| running_row(now, places))}
                    {lines.into_iter().map(|line| row(line, places)).collect_view()}
                </tbody>
            </Table>
            <footer class="pager">
                {paged.then(|| view! { <A href="/bills" attr:class="btn sm">{Common::here().newest()}</A> })}
                {next.map(|cursor| view! { <A href=format!("/bills?cursor={cursor}") attr:class="btn sm end">{Common::here().older()}</A> })}
            </footer>
        </Panel>
        {export}
    }
    .into_any()
}

fn running_row(now: RunningMonth, places: usize) -> impl IntoView {
    let RunningMonth { month, opening, closing, usage } = now;
    let others = usage.map(|usage| closing.saturating_sub(opening).saturating_sub(usage));
    let cell = move |amount| match amount {
        Some(amount) => view! { <Money amount places/> }.into_any(),
        None => "–".into_any(),
    };
    view! {
        <tr>
            <th scope="row">{month}</th>
            <td><span class="st off">{words::Bills::here().so_far()}</span></td>
            <td class="num">{cell(Some(opening))}</td>
            <td class="num">{cell(usage)}</td>
            <td class="num">{cell(others)}</td>
            <td class="num">{cell(Some(closing))}</td>
            <td></td>
        </tr>
    }
}

fn row(line: BillLine, places: usize) -> impl IntoView {
    let (page, others) = (format!("/bills/{}", line.id), line.others());
    let file = format!("/api/v1/statements/{}.csv", line.id);
    view! {
        <tr>
            <th scope="row" class="strong"><A href=page.clone()>{line.month}</A></th>
            <td class="mono">{line.number}</td>
            <td class="num"><Money amount=line.opening places/></td>
            <td class="num"><Money amount=line.usage places/></td>
            <td class="num"><Money amount=others places/></td>
            <td class="num"><Money amount=line.closing places/></td>
            <td class="num">
                <A href=page attr:class="btn sm">{words::Bills::here().print()}</A>" "
                <a class="btn sm" href=file download="" rel="external">"CSV"</a>
            </td>
        </tr>
    }
}
