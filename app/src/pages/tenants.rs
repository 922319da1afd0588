//! Tenants, for those who run the place: the list with balance and spend, and making one.

use super::signed_in::refused;
use crate::{
    components::{
        empty_state::EmptyState,
        icon::{Draw, Icon},
        money::{Money, places},
        note::RefusalNote,
        panel::Panel,
        skeleton::Skeleton,
        table::Table,
        time::Clock,
        topbar::Topbar,
    },
    tenants::{CreateTenant, tenants_view},
    words::{self, Common},
};
use domain::views::{TenantLine, TenantPage};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::{components::A, hooks::use_query_map};

/// The page.
#[component]
pub fn Tenants() -> impl IntoView {
    let t = words::Tenants::here();
    let query = use_query_map();
    let view = Resource::new(move || query.read().get("cursor"), tenants_view);
    let adding = move || query.read().get("new").is_some();
    view! {
        <Title text=t.tenants()/>
        <Topbar title=t.tenants()>
            <A href="/tenants?new=1" attr:class=move || if adding() { "btn" } else { "btn primary" }><Draw icon=Icon::Plus/>{t.new_tenant()}</A>
        </Topbar>
        <div class="page">
            {move || adding().then(|| view! { <NewTenant/> })}
            <Transition fallback=|| view! { <Skeleton/> }>
                {move || Suspend::new(async move {
                    match view.await {
                        Ok(page) => list(page).into_any(),
                        Err(refusal) => refused(refusal).into_any(),
                    }
                })}
            </Transition>
        </div>
    }
}

#[component]
fn NewTenant() -> impl IntoView {
    let (t, common) = (words::Tenants::here(), Common::here());
    let create = ServerAction::<CreateTenant>::new();
    let refusal = Signal::derive(move || create.value().get().and_then(Result::err));
    view! {
        <Panel title=t.new_tenant() aside=t.new_is()>
            <ActionForm action=create attr:class="form">
                <RefusalNote refusal/>
                <div class="columns">
                    <div class="field">
                        <label for="name">{common.name()}</label>
                        <input class="in" id="name" name="name" required maxlength="200" autocomplete="off" autofocus/>
                    </div>
                </div>
                <div class="bar">
                    <button class="btn primary" type="submit" disabled=move || create.pending().get()>{t.create()}</button>
                    <A href="/tenants" attr:class="btn">{common.close()}</A>
                </div>
            </ActionForm>
        </Panel>
    }
}

fn list(page: TenantPage) -> impl IntoView {
    let (t, common) = (words::Tenants::here(), Common::here());
    let TenantPage { lines, next } = page;
    if lines.is_empty() {
        return view! {
            <Panel title=t.tenants() aside=common.none_yet()>
                <EmptyState title=t.first()>
                    <p class="mid">{t.what_for()}</p>
                </EmptyState>
            </Panel>
        }
        .into_any();
    }
    let balances = places(lines.iter().map(|line| line.wallet.posted));
    let spends = places(lines.iter().map(|line| line.spend_30d));
    let shown = t.shown(lines.len());
    view! {
        <Panel title=t.tenants() aside=shown>
            <Table label=t.tenants()>
                <thead>
                    <tr>
                        <th scope="col">{common.name()}</th>
                        <th scope="col">{common.state()}</th>
                        <th scope="col" class="num">{t.balance()}</th>
                        <th scope="col" class="num">{t.spend()}</th>
                        <th scope="col" class="gap">{t.made()}</th>
                    </tr>
                </thead>
                <tbody>{lines.into_iter().map(|line| row(line, balances, spends)).collect_view()}</tbody>
            </Table>
            {next.map(|cursor| view! {
                <footer class="pager"><A href=format!("/tenants?cursor={cursor}") attr:class="btn sm end">{common.older()}</A></footer>
            })}
        </Panel>
    }
    .into_any()
}

fn row(line: TenantLine, balances: usize, spends: usize) -> impl IntoView {
    let (t, common) = (words::Tenants::here(), Common::here());
    let state = if line.frozen {
        view! { <span class="st down">{t.frozen()}</span> }
    } else {
        view! { <span class="st ok">{common.active()}</span> }
    };
    view! {
        <tr>
            <th scope="row" class="strong"><A href=format!("/tenants/{}", line.id)>{line.name}</A></th>
            <td>{state}</td>
            <td class="num"><Money amount=line.wallet.posted places=balances/></td>
            <td class="num"><Money amount=line.spend_30d places=spends/></td>
            <td class="gap"><Clock time=line.created_at/></td>
        </tr>
    }
}
