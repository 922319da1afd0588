//! Putting money into a wallet: an order through a provider of payments, or a code; and the orders, which the server draws
//! ([`crate::components::served`]).

use super::{served::served, signed_in::refused};
use crate::{
    components::{money::write, note::RefusalNote, panel::Panel},
    payments::{OrderCredit, RedeemCode, orders_page, selling_view},
    words,
};
use domain::views::{Selling, TopupLine, Way};
use leptos::prelude::*;
use leptos_router::hooks::use_location;

/// The panels; `on_change`: the balance is another.
#[component]
pub fn TopUp(on_change: Callback<()>) -> impl IntoView {
    let search = use_location().search;
    let view = Resource::new(|| (), |()| selling_view());
    let orders = Resource::new(move || search.get(), orders_page);
    view! {
        <Transition>
            {move || Suspend::new(async move {
                match view.await {
                    Ok(selling) => panels(selling, on_change).into_any(),
                    Err(refusal) => refused(refusal).into_any(),
                }
            })}
        </Transition>
        {served(orders)}
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
    let Selling { may, ways, min, max } = selling;
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
