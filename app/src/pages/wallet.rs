//! The wallet of the tenant they look at: its numbers and its history.

use super::{
    ledger::{LedgerTable, WalletStats},
    signed_in::refused,
    top_up::TopUp,
};
use crate::{
    components::{empty_state::EmptyState, panel::Panel, skeleton::Skeleton, topbar::Topbar},
    tenants::wallet_view,
    words::{self, Common},
};
use domain::views::LedgerPage;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::{components::A, hooks::use_query_map};

/// The page.
#[component]
pub fn Wallet() -> impl IntoView {
    let t = words::Wallet::here();
    let query = use_query_map();
    let before = move || query.read().get("before").and_then(|line| line.parse::<i64>().ok());
    let view = Resource::new(before, wallet_view);
    view! {
        <Title text=t.wallet()/>
        <Topbar title=t.wallet()><span></span></Topbar>
        <div class="page">
            <Transition fallback=|| view! { <Skeleton/> }>
                {move || Suspend::new(async move {
                    match view.await {
                        Ok(page) => wallet(page, before().is_some(), Callback::new(move |()| view.refetch())).into_any(),
                        Err(refusal) => refused(refusal).into_any(),
                    }
                })}
            </Transition>
        </div>
    }
}

fn wallet(page: LedgerPage, paged: bool, on_change: Callback<()>) -> impl IntoView {
    let (t, common) = (words::Wallet::here(), Common::here());
    let LedgerPage { wallet, lines, next } = page;
    let shown = t.shown(lines.len());
    view! {
        <WalletStats wallet/>
        {(!paged).then(|| view! { <TopUp on_change/> })}
        {if lines.is_empty() {
            view! {
                <Panel title=t.history() aside=t.nothing_yet()>
                    <EmptyState title=t.empty()>
                        <p class="mid">{t.empty_is()}</p>
                    </EmptyState>
                </Panel>
            }.into_any()
        } else {
            view! {
                <Panel title=t.history() aside=shown>
                    <LedgerTable lines/>
                    <footer class="pager">
                        {paged.then(|| view! { <A href="/wallet" attr:class="btn sm">{common.newest()}</A> })}
                        {next.map(|line| view! { <A href=format!("/wallet?before={line}") attr:class="btn sm end">{common.older()}</A> })}
                    </footer>
                </Panel>
            }.into_any()
        }}
    }
}
