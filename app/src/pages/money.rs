//! Money, for those who run the place: whether journal, usage and ledger add up, and what every account holds.

use super::{margin::Margins, money_in::MoneyThatCameIn, signed_in::refused};
use crate::{
    components::{
        count::grouped,
        icon::{Draw, Icon},
        money::{Money as Amount, places},
        panel::Panel,
        skeleton::Skeleton,
        stat::Stat,
        table::Table,
        topbar::Topbar,
    },
    usage::books,
    words::{self, Account},
};
use domain::{money::NanoUsd, views::MoneyView};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

/// The page.
#[component]
pub fn Money() -> impl IntoView {
    let t = words::Money::here();
    let asked = use_query_map().with_untracked(|query| query.get("now").is_some());
    let now = RwSignal::new(asked);
    let view = Resource::new(move || now.get(), books);
    let again = move |event: leptos::ev::MouseEvent| {
        event.prevent_default();
        if now.get_untracked() { view.refetch() } else { now.set(true) }
    };
    view! {
        <Title text=t.money()/>
        <Topbar title=t.money()><a class="btn" href="/money?now=true" on:click=again><Draw icon=Icon::Refresh/>{t.compare()}</a></Topbar>
        <div class="page">
            <Transition fallback=|| view! { <Skeleton/> }>
                {move || Suspend::new(async move {
                    match view.await {
                        Ok(books) => shown(books).into_any(),
                        Err(refusal) => refused(refusal).into_any(),
                    }
                })}
            </Transition>
            <Margins/>
            <MoneyThatCameIn/>
        </div>
    }
}

/// What an account is called.
fn account(t: Account, word: &str) -> String {
    match word {
        "revenue" => t.revenue(),
        "cost" => t.cost(),
        "clearing" => t.clearing(),
        "promotions" => t.promotions(),
        "writeoff" => t.writeoff(),
        "wallet" => t.wallet(),
        "receivable" => t.receivable(),
        other => {
            return other.strip_prefix("payable:").map_or_else(|| other.to_owned(), |to| t.payable(to));
        }
    }
    .to_owned()
}

fn shown(books: MoneyView) -> impl IntoView {
    let (t, names) = (words::Money::here(), Account::here());
    let MoneyView {
        difference,
        differences,
        time,
        requests,
        charged,
        journal_records,
        pending_requests,
        pending,
        accounts,
    } = books;
    let state = if differences.is_empty() {
        view! { <span class="st ok">{t.no_difference()}</span> }.into_any()
    } else {
        view! { <span class="st down">{t.difference()}<Amount amount=difference/></span> }.into_any()
    };
    let waiting = t.pending_is(&grouped(pending_requests));
    let decimals = places(accounts.iter().map(|(_, posted)| *posted));
    let sum: NanoUsd = accounts.iter().map(|(_, posted)| *posted).sum();
    let row = move |(name, posted): (String, NanoUsd)| {
        view! { <tr><th scope="row">{account(names, &name)}</th><td class="num"><Amount amount=posted places=decimals/></td></tr> }
    };
    view! {
        <dl class="stats">
            <Stat label=t.reconciliation() beside=t.compared()>{state}</Stat>
            <Stat label=t.charged() beside=t.requests(&grouped(requests))><Amount amount=charged/></Stat>
            <Stat label=t.pending() beside=waiting><Amount amount=pending/></Stat>
            <Stat label=t.second() beside=t.second_is()>{grouped(journal_records)}</Stat>
        </dl>
        {(!differences.is_empty()).then(|| view! { <Differences differences/> })}
        <Panel title=t.accounts() aside=t.at(&time.get(..19).unwrap_or(&time).replace('T', " "))>
            <Table label=t.accounts()>
                <thead><tr><th scope="col">{t.account()}</th><th scope="col" class="num">{t.posted()}</th></tr></thead>
                <tbody>{accounts.into_iter().map(row).collect_view()}</tbody>
                <tfoot><tr><th scope="row">{t.sum()}</th><td class="num"><Amount amount=sum places=decimals/></td></tr></tfoot>
            </Table>
        </Panel>
    }
}

#[component]
fn Differences(differences: Vec<(String, String, String)>) -> impl IntoView {
    let t = words::Money::here();
    let row = |(what, expected, found): (String, String, String)| {
        view! { <tr><th scope="row">{what}</th><td class="num">{expected}</td><td class="num">{found}</td></tr> }
    };
    view! {
        <Panel title=t.wrong() aside="">
            <Table label=t.differences()>
                <thead>
                    <tr><th scope="col">{t.what()}</th><th scope="col" class="num">{t.expected()}</th><th scope="col" class="num">{t.found()}</th></tr>
                </thead>
                <tbody>{differences.into_iter().map(row).collect_view()}</tbody>
            </Table>
        </Panel>
    }
}
