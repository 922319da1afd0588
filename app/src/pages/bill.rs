//! One bill, as it is printed: the frame around it is left out on paper (style/print.css).

use super::{ledger::LedgerTable, signed_in::refused};
use crate::{
    bills::bill_view,
    components::{
        count::grouped,
        money::{Money, places},
        panel::Panel,
        skeleton::Skeleton,
        table::Table,
        topbar::Topbar,
    },
    refusal::Refusal,
    words::{self, Ledger},
};
use domain::{
    ids::StatementId,
    money::NanoUsd,
    views::{self, BillUsage},
};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::{components::A, hooks::use_params_map};

/// The page.
#[component]
pub fn Bill() -> impl IntoView {
    let t = words::Bill::here();
    let params = use_params_map();
    let id = move || params.read().get("id").and_then(|id| id.parse::<StatementId>().ok());
    let view = Resource::new(id, |id| async move {
        match id {
            Some(id) => bill_view(id).await,
            None => Err(Refusal::NotFound),
        }
    });
    view! {
        <Topbar title=t.statement()><A href="/bills" attr:class="btn">{words::Bills::here().bills()}</A></Topbar>
        <div class="page bill">
            <Transition fallback=|| view! { <Skeleton/> }>
                {move || Suspend::new(async move {
                    match view.await {
                        Ok(bill) => shown(bill).into_any(),
                        Err(refusal) => refused(refusal).into_any(),
                    }
                })}
            </Transition>
        </div>
    }
}

fn shown(bill: views::Bill) -> impl IntoView {
    let (t, list, ledger) = (words::Bill::here(), words::Bills::here(), Ledger::here());
    let views::Bill { line, billed_to, issuer, letterhead, first_day, last_day, zone, created_at, usage, others, more } =
        bill;
    let (moved, made) = (line.others(), created_at.get(..10).unwrap_or(&created_at).to_owned());
    let file = format!("/api/v1/statements/{}.csv", line.id);
    let scripted = RwSignal::new(false);
    Effect::new(move |_| scripted.set(true));
    // Where it cannot be printed there is nobody to tell.
    let print = move |_| drop(window().print());
    let amounts = places([line.opening, line.usage, moved, line.closing]);
    let sum = move |name, amount| view! { <tr><th scope="row">{name}</th><td class="num"><Money amount places=amounts/></td></tr> };
    let fact = |name, value: String| view! { <tr><th scope="row">{name}</th><td class="num">{value}</td></tr> };
    view! {
        <Title text=format!("{} {}", t.statement(), line.number)/>
        <section class="hero">
            <div>
                <b class="big">{t.statement()}" "{line.number}</b>
                {(!issuer.is_empty()).then(|| view! { <b>{issuer}</b> })}
                {letterhead.into_iter().map(|line| view! { <span class="mid">{line}</span> }).collect_view()}
            </div>
            <div class="end">
                <button class="btn primary" type="button" hidden=move || !scripted.get() on:click=print>{list.print()}</button>
                <a class="btn" href=file download="" rel="external">"CSV"</a>
            </div>
        </section>
        <Panel title=t.total() aside=line.month>
            <Table label=t.total()>
                <tbody>
                    {fact(t.billed_to(), billed_to)}
                    {fact(t.period(), format!("{first_day} – {last_day}"))}
                    {fact(t.zone(), zone)}
                    {fact(t.currency(), "USD".to_owned())}
                    {fact(t.made(), made)}
                    {sum(list.before(), line.opening)}
                    {sum(ledger.usage(), line.usage)}
                    {sum(list.others(), moved)}
                </tbody>
                <tfoot>{sum(list.after(), line.closing)}</tfoot>
            </Table>
        </Panel>
        {more.then(|| view! { <p><b>{t.more()}</b></p> })}
        <Panel title=ledger.usage() aside=if usage.is_empty() { t.no_usage() } else { "" }>
            <Usage usage total=NanoUsd(line.usage.0.saturating_neg())/>
        </Panel>
        <Panel title=list.others() aside=if others.is_empty() { t.no_others() } else { "" }>
            {(!others.is_empty()).then(|| view! { <LedgerTable lines=others/> })}
        </Panel>
    }
}

#[component]
fn Usage(usage: Vec<BillUsage>, total: NanoUsd) -> impl IntoView {
    let t = words::Bill::here();
    if usage.is_empty() {
        return ().into_any();
    }
    let amounts = places(usage.iter().map(|line| line.amount).chain([total]));
    let row = move |line: BillUsage| {
        let BillUsage { model, key, requests, input, output, amount } = line;
        let model = if model.is_empty() { t.gone().to_owned() } else { model };
        view! {
            <tr>
                <th scope="row">{model}</th>
                <td>{key}</td>
                <td class="num">{grouped(requests.unsigned_abs())}</td>
                <td class="num">{grouped(input)}</td>
                <td class="num">{grouped(output)}</td>
                <td class="num"><Money amount places=amounts/></td>
            </tr>
        }
    };
    view! {
        <Table label=Ledger::here().usage()>
            <thead>
                <tr>
                    <th scope="col">{t.model()}</th>
                    <th scope="col">{t.key()}</th>
                    <th scope="col" class="num">{t.requests()}</th>
                    <th scope="col" class="num">{t.input()}</th>
                    <th scope="col" class="num">{t.output()}</th>
                    <th scope="col" class="num">{Ledger::here().amount()}</th>
                </tr>
            </thead>
            <tbody>{usage.into_iter().map(row).collect_view()}</tbody>
            <tfoot>
                <tr><th scope="row" colspan="5">{words::Order::here().total()}</th><td class="num"><Money amount=total places=amounts/></td></tr>
            </tfoot>
        </Table>
    }
    .into_any()
}
