//! Putting money into a wallet: an order through a provider of payments, or a code; and the latest orders.

use super::signed_in::refused;
use crate::{
    components::{
        money::{Money, write},
        note::RefusalNote,
        panel::Panel,
        table::Table,
        time::Clock,
    },
    payments::{OrderCredit, RedeemCode, selling_view},
    words,
};
use domain::views::{Selling, TopupLine, Way};
use leptos::prelude::*;
use leptos_router::components::A;

/// The panels; `on_change`: the balance is another.
#[component]
pub fn TopUp(on_change: Callback<()>) -> impl IntoView {
    let view = Resource::new(|| (), |()| selling_view());
    view! {
        <Transition>
            {move || Suspend::new(async move {
                match view.await {
                    Ok(selling) => panels(selling, on_change).into_any(),
                    Err(refusal) => refused(refusal).into_any(),
                }
            })}
        </Transition>
    }
}

/// What a way to pay is called.
pub fn way_name(way: &Way) -> String {
    let t = words::TopUp::here();
    let name = match (way.provider.as_str(), way.method.as_str()) {
        ("stripe", _) => t.card(),
        (_, "alipay") => t.alipay(),
        (_, "wxpay") => t.wechat(),
        (provider, "") => provider,
        (_, method) => method,
    };
    format!("{name} · {}", way.currency)
}

/// An order's state: a shape and a word.
pub fn state(line: &TopupLine) -> impl IntoView + use<> {
    let t = words::TopUp::here();
    let (class, word) = match line.state.as_str() {
        "succeeded" if line.refunded == line.credited => ("st off", t.refunded()),
        "succeeded" => ("st ok", t.succeeded()),
        "failed" => ("st down", t.failed()),
        "expired" => ("st off", t.expired()),
        _ => ("st slow", t.pending()),
    };
    view! { <span class=class>{word}</span> }
}

fn panels(selling: Selling, on_change: Callback<()>) -> impl IntoView {
    let t = words::TopUp::here();
    let Selling { may, ways, min, max, orders } = selling;
    let limits = t.limits(&write(min, 2).main, &write(max, 2).main);
    let sold = !ways.is_empty();
    let aside = if sold { "" } else { t.not_sold() };
    view! {
        {may.then(|| view! {
            <Panel title=t.top_up() aside>
                {sold.then(|| view! { <OrderForm ways limits/> })}
                <CodeForm on_change/>
            </Panel>
        })}
        {(!orders.is_empty()).then(|| {
            let rows = orders.into_iter().map(|line| view! { <OrderRow line/> }).collect_view();
            view! { <Panel title=t.orders() aside=t.newest()><OrderTable rows=rows.into_any()/></Panel> }
        })}
    }
}

#[component]
fn OrderForm(ways: Vec<Way>, limits: String) -> impl IntoView {
    let t = words::TopUp::here();
    let order = ServerAction::<OrderCredit>::new();
    let refusal = Signal::derive(move || order.value().get().and_then(Result::err));
    let option = |way: Way| view! { <option value=way.value()>{way_name(&way)}</option> };
    view! {
        <ActionForm action=order attr:class="form">
            <RefusalNote refusal/>
            <div class="columns">
                <div class="field">
                    <label for="amount">{t.amount()}</label>
                    <input class="in num" id="amount" name="amount" required autocomplete="off" inputmode="decimal" aria-describedby="amount-hint"/>
                    <p class="hint" id="amount-hint">{limits}</p>
                    <p class="hint"><a href="/fees" target="_blank">{t.fees()}</a></p>
                </div>
                <div class="field">
                    <label for="way">{t.with()}</label>
                    <select class="in" id="way" name="way">{ways.into_iter().map(option).collect_view()}</select>
                </div>
                <button class="btn primary" type="submit" disabled=move || order.pending().get()>{t.order()}</button>
            </div>
        </ActionForm>
    }
}

#[component]
fn CodeForm(on_change: Callback<()>) -> impl IntoView {
    let t = words::TopUp::here();
    let redeem = ServerAction::<RedeemCode>::new();
    let refusal = Signal::derive(move || redeem.value().get().and_then(Result::err));
    Effect::new(move |_| {
        if let Some(Ok(_)) = redeem.value().get() {
            on_change.run(());
        }
    });
    view! {
        <ActionForm action=redeem attr:class="form">
            <RefusalNote refusal/>
            <div class="columns">
                <div class="field">
                    <label for="code">{t.code()}</label>
                    <input class="in mono" id="code" name="code" required maxlength="60" autocomplete="off" spellcheck="false" aria-describedby="code-hint"/>
                    <p class="hint" id="code-hint">{t.code_hint()}</p>
                </div>
                <button class="btn" type="submit" disabled=move || redeem.pending().get()>{t.redeem()}</button>
            </div>
        </ActionForm>
    }
}

/// One order in a table; `whose` is a column of its own where there is more than one tenant.
#[component]
pub fn OrderRow(line: TopupLine, #[prop(optional)] whose: Option<String>) -> impl IntoView {
    let t = words::TopUp::here();
    let state = state(&line);
    let (way, pay) = (way_name(&line.way), format!("{} {}", line.pay, line.way.currency));
    view! {
        <tr>
            <th scope="row"><Clock time=line.time/></th>
            {whose.map(|name| view! { <td><A href=format!("/tenants/{}", line.tenant)>{name}</A></td> })}
            <td>{state}</td>
            <td class="mid">{way}</td>
            <td class="num">{pay}</td>
            <td class="num"><Money amount=line.credited/></td>
            <td><A href=format!("/topups/{}", line.id)>{t.look()}</A></td>
        </tr>
    }
}

/// The table around such rows.
#[component]
pub fn OrderTable(rows: AnyView, #[prop(optional)] whose: bool) -> impl IntoView {
    let (t, common) = (words::TopUp::here(), words::Common::here());
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
            <tbody>{rows}</tbody>
        </Table>
    }
}
