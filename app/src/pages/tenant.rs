//! One tenant's everything, for those who run the place: wallet, credit, keys, ledger; freezing it, stepping inside.

use super::{
    ledger::{LedgerTable, WalletStats},
    money_back::MoneyBack,
    signed_in::refused,
};
use crate::{
    components::{
        icon::{Draw, Icon},
        note::RefusalNote,
        panel::Panel,
        skeleton::Skeleton,
        table::Table,
        topbar::Topbar,
    },
    refusal::Refusal,
    session::StepInto,
    tenants::{Adjust, SetCreditLimit, SetFrozen, SetResponseDays, tenant_view},
    words::{self, Common},
};
use domain::{
    ids::TenantId,
    views::{KeyLine, TenantDetail, TenantLine},
};
use leptos::{prelude::*, server_fn::ServerFn};
use leptos_meta::Title;
use leptos_router::{components::A, hooks::use_params_map};

/// The page.
#[component]
pub fn Tenant() -> impl IntoView {
    let t = words::Tenant::here();
    let params = use_params_map();
    let id = move || params.read().get("id").and_then(|id| id.parse::<TenantId>().ok());
    let view = Resource::new(id, |id| async move {
        match id {
            Some(id) => tenant_view(id).await,
            None => Err(Refusal::NotFound),
        }
    });
    view! {
        <Title text=t.tenant()/>
        <Topbar title=t.tenant()><A href="/tenants" attr:class="btn">{t.all()}</A></Topbar>
        <div class="page">
            <Transition fallback=|| view! { <Skeleton/> }>
                {move || Suspend::new(async move {
                    match view.await {
                        Ok(detail) => view! { <Everything detail on_change=Callback::new(move |()| view.refetch())/> }.into_any(),
                        Err(refusal) => refused(refusal).into_any(),
                    }
                })}
            </Transition>
        </div>
    }
}

#[component]
fn Everything(detail: TenantDetail, on_change: Callback<()>) -> impl IntoView {
    let (t, of) = (words::Tenant::here(), words::Ledger::here());
    let TenantDetail { line, response_days, keys, ledger } = detail;
    let id = line.id;
    view! {
        <Head line=line.clone() on_change/>
        <WalletStats wallet=line.wallet/>
        <Credit id on_change/>
        {(!ledger.is_empty()).then(|| view! { <Panel title=of.ledger() aside=t.newest()><LedgerTable lines=ledger/></Panel> })}
        {(!keys.is_empty()).then(|| view! { <KeysOf keys/> })}
        <Kept id days=response_days on_change/>
        <MoneyBack of=id.to_string()/>
    }
}

/// Its name and state, and what can be done with the whole of it.
#[component]
fn Head(line: TenantLine, on_change: Callback<()>) -> impl IntoView {
    let t = words::Tenant::here();
    let freeze = ServerAction::<SetFrozen>::new();
    changed(freeze.value(), on_change);
    let refusal = Signal::derive(move || freeze.value().get().and_then(Result::err));
    let TenantLine { id, name, frozen, .. } = line;
    let state = if frozen {
        view! { <span class="st down">{t.frozen()}</span> }
    } else {
        view! { <span class="st ok">{Common::here().active()}</span> }
    };
    view! {
        <section class="hero">
            <div><b class="big">{name}</b>{state}</div>
            <div class="end">
                <form method="post" action=StepInto::url()>
                    <input type="hidden" name="tenant" value=id.to_string()/>
                    <button class="btn" type="submit"><Draw icon=Icon::Inside/>{t.step_inside()}</button>
                </form>
                <ActionForm action=freeze>
                    <input type="hidden" name="tenant" value=id.to_string()/>
                    <input type="hidden" name="frozen" value=(!frozen).to_string()/>
                    <button class="btn" type="submit">{if frozen { t.thaw() } else { t.freeze() }}</button>
                </ActionForm>
            </div>
        </section>
        <RefusalNote refusal/>
    }
}

/// Tells when a change went through.
fn changed(value: MappedSignal<Option<Result<(), Refusal>>>, on_change: Callback<()>) {
    Effect::new(move |_| {
        if let Some(Ok(())) = value.get() {
            on_change.run(());
        }
    });
}

/// Giving and taking credit.
#[component]
fn Credit(id: TenantId, on_change: Callback<()>) -> impl IntoView {
    let t = words::Credit::here();
    let (adjust, limit) = (ServerAction::<Adjust>::new(), ServerAction::<SetCreditLimit>::new());
    changed(adjust.value(), on_change);
    changed(limit.value(), on_change);
    let adjust_refused = Signal::derive(move || adjust.value().get().and_then(Result::err));
    let limit_refused = Signal::derive(move || limit.value().get().and_then(Result::err));
    view! {
        <Panel title=t.credit() aside=t.written()>
            <ActionForm action=adjust attr:class="form">
                <RefusalNote refusal=adjust_refused/>
                <input type="hidden" name="tenant" value=id.to_string()/>
                <div class="columns">
                    <div class="field">
                        <label for="amount">{t.amount_usd()}</label>
                        <input class="in num" id="amount" name="amount" required autocomplete="off" inputmode="decimal" aria-describedby="amount-hint"/>
                        <p class="hint" id="amount-hint">{t.amount_hint()}</p>
                    </div>
                    <div class="field">
                        <label for="reason">{t.reason()}</label>
                        <input class="in" id="reason" name="reason" required maxlength="200" autocomplete="off" aria-describedby="reason-hint"/>
                        <p class="hint" id="reason-hint">{t.reason_hint()}</p>
                    </div>
                    <button class="btn primary" type="submit" disabled=move || adjust.pending().get()>{t.adjust()}</button>
                </div>
            </ActionForm>
            <ActionForm action=limit attr:class="form">
                <RefusalNote refusal=limit_refused/>
                <input type="hidden" name="tenant" value=id.to_string()/>
                <div class="columns">
                    <div class="field">
                        <label for="limit">{t.limit_usd()}</label>
                        <input class="in num" id="limit" name="limit" required autocomplete="off" inputmode="decimal"/>
                    </div>
                    <button class="btn" type="submit" disabled=move || limit.pending().get()>{t.set_limit()}</button>
                </div>
            </ActionForm>
        </Panel>
    }
}

/// Whether its callers may go on from earlier responses.
#[component]
fn Kept(id: TenantId, days: u16, on_change: Callback<()>) -> impl IntoView {
    let t = words::KeptResponses::here();
    let set = ServerAction::<SetResponseDays>::new();
    changed(set.value(), on_change);
    let refusal = Signal::derive(move || set.value().get().and_then(Result::err));
    view! {
        <Panel title=t.kept() aside=t.kept_is()>
            <ActionForm action=set attr:class="form">
                <RefusalNote refusal/>
                <input type="hidden" name="tenant" value=id.to_string()/>
                <div class="columns">
                    <div class="field">
                        <label for="days">{t.days()}</label>
                        <input class="in num" id="days" name="days" value=days.to_string() required autocomplete="off" inputmode="numeric" aria-describedby="days-hint"/>
                        <p class="hint" id="days-hint">{t.days_hint()}</p>
                    </div>
                    <button class="btn" type="submit" disabled=move || set.pending().get()>{t.set()}</button>
                </div>
            </ActionForm>
        </Panel>
    }
}

#[component]
fn KeysOf(keys: Vec<KeyLine>) -> impl IntoView {
    let (t, of, common) = (words::Tenant::here(), words::Keys::here(), Common::here());
    let row = move |key: KeyLine| {
        let state = match (key.expired, key.enabled) {
            (true, _) => view! { <span class="st off">{of.expired()}</span> },
            (false, true) => view! { <span class="st ok">{of.active()}</span> },
            (false, false) => view! { <span class="st off">{of.off()}</span> },
        };
        view! {
            <tr>
                <th scope="row" class="strong">{key.name}</th>
                <td class="mono dim">{format!("{}…{}", key.prefix, key.last4)}</td>
                <td>{state}</td>
                <td><A href=format!("/requests?key={}", key.id)>{t.requests()}</A></td>
            </tr>
        }
    };
    view! {
        <Panel title=of.keys() aside=t.keys_aside()>
            <Table label=of.keys()>
                <thead>
                    <tr>
                        <th scope="col">{common.name()}</th>
                        <th scope="col">{of.secret()}</th>
                        <th scope="col">{common.state()}</th>
                        <th scope="col"><span class="sr">{t.log()}</span></th>
                    </tr>
                </thead>
                <tbody>{keys.into_iter().map(row).collect_view()}</tbody>
            </Table>
        </Panel>
    }
}
