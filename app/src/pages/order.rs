//! One order of credit: the link to pay it, where the payer comes back to, and its receipt; what went back of it is drawn with
//! the form to give back ([`MoneyBack`]).

use super::{
    money_back::MoneyBack,
    signed_in::refused,
    top_up::{state, way_name},
};
use crate::{
    components::{money::Money, panel::Panel, skeleton::Skeleton, table::Table, time::Clock, topbar::Topbar},
    payments::topup_view,
    refusal::Refusal,
    words,
};
use domain::{ids::TopupId, views::TopupDetail};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::{components::A, hooks::use_params_map};

/// The page.
#[component]
pub fn Order() -> impl IntoView {
    let t = words::Order::here();
    let params = use_params_map();
    let id = move || params.read().get("id").and_then(|id| id.parse::<TopupId>().ok());
    let view = Resource::new(id, |id| async move {
        match id {
            Some(id) => topup_view(id).await,
            None => Err(Refusal::NotFound),
        }
    });
    view! {
        <Title text=t.title()/>
        <Topbar title=t.title()><A href="/wallet" attr:class="btn">{t.wallet()}</A></Topbar>
        <div class="page">
            <Transition fallback=|| view! { <Skeleton/> }>
                {move || Suspend::new(async move {
                    match view.await {
                        Ok(order) => shown(order).into_any(),
                        Err(refusal) => refused(refusal).into_any(),
                    }
                })}
            </Transition>
        </div>
    }
}

fn shown(order: TopupDetail) -> impl IntoView {
    let t = words::Order::here();
    let TopupDetail { line, tenant, rate, price, fee, pay_url, expires_at, receipt, ended_at } = order;
    let currency = line.way.currency.clone();
    let of = move |sum: &str| format!("{sum} {currency}");
    let (here, until) = (format!("/topups/{}", line.id), expires_at.get(..16).unwrap_or(&expires_at).replace('T', " "));
    let total = of(&line.pay);
    let next = match (pay_url, line.state.as_str()) {
        (Some(url), _) => view! {
            <div class="end">
                <a class="btn primary" href=url rel="external noopener">{t.pay(&total)}</a>
                // Asks the provider, with and without scripts.
                <a class="btn" href=here rel="external">{t.again()}</a>
            </div>
        }
        .into_any(),
        (None, "succeeded") => view! { <span class="mid">{t.in_wallet()}</span> }.into_any(),
        _ => view! { <span class="mid">{t.over()}</span> }.into_any(),
    };
    let aside = match receipt {
        Some(number) => t.receipt(number),
        None if line.state == "pending" => t.until(&until),
        None => String::new(),
    };
    view! {
        <section class="hero">
            <div><b class="big"><Money amount=line.credited/></b>{state(&line)}</div>
            {next}
        </section>
        <Panel title=t.fixed() aside>
            <Table label=t.fixed()>
                <tbody>
                    <tr><th scope="row">{t.order_number()}</th><td class="num mono">{line.id.to_string()}</td></tr>
                    <tr><th scope="row">{t.ordered_for()}</th><td class="num">{tenant}</td></tr>
                    <tr><th scope="row">{t.made()}</th><td class="num"><Clock time=line.time/></td></tr>
                    {ended_at.filter(|_| receipt.is_some()).map(|time| view! { <tr><th scope="row">{t.paid_at()}</th><td class="num"><Clock time/></td></tr> })}
                    <tr><th scope="row">{words::TopUp::here().with()}</th><td class="num">{way_name(&line.way)}</td></tr>
                    <tr><th scope="row">{t.credit()}</th><td class="num"><Money amount=line.credited/></td></tr>
                    <tr><th scope="row">{t.rate()}</th><td class="num">{of(&rate)}</td></tr>
                    <tr><th scope="row">{t.price()}</th><td class="num">{of(&price)}</td></tr>
                    <tr><th scope="row">{t.fee()}</th><td class="num">{of(&fee)}</td></tr>
                </tbody>
                <tfoot><tr><th scope="row">{t.total()}</th><td class="num">{total}</td></tr></tfoot>
            </Table>
        </Panel>
        <MoneyBack of=line.id.to_string()/>
    }
}
