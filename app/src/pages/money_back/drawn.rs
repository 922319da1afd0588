//! The panels as the server draws them.

use crate::{
    components::{
        money::{Money, write},
        note::RefusalNote,
        panel::Panel,
        served::Asked,
        table::Table,
        time::Clock,
    },
    money_back::{CloseTenant, Refund},
    pages::order::Refunds,
    port::{Closing, ClosingWould, RefundOf, Refundable, TenantClosed},
    words::{self, Common},
};
use domain::{ids::TenantId, money::NanoUsd};
use leptos::{prelude::*, server_fn::ServerFn};

/// What went back of a request, and the form to give back more, while there is more.
pub fn refunding(of: RefundOf, found: Refundable, asked: &Asked) -> AnyView {
    let t = words::MoneyBack::here();
    let Refundable { left, refunds, once } = found;
    let aside = match of {
        RefundOf::Topup(_) => t.of_topup(),
        RefundOf::Request(_) => t.of_request(),
    };
    let refusal = Signal::stored(asked.refusal());
    let form = (left > NanoUsd::ZERO).then(|| {
        view! {
            <Panel title=t.give_back() aside>
                <form method="post" action=Refund::url() class="form">
                    <input type="hidden" name="of" value=of.id()/>
                    <input type="hidden" name="once" value=once/>
                    <div class="columns">
                        <div class="field">
                            <label for="refund-amount">{words::Credit::here().amount_usd()}</label>
                            <input class="in num" id="refund-amount" name="amount" required autocomplete="off" inputmode="decimal" aria-describedby="left-hint" value=left.to_string()/>
                            <p class="hint" id="left-hint">{t.left(&format!("${left}"))}</p>
                        </div>
                        <div class="field">
                            <label for="refund-reason">{t.why()}</label>
                            <input class="in" id="refund-reason" name="reason" required maxlength="200" autocomplete="off" aria-describedby="why-hint"/>
                            <p class="hint" id="why-hint">{t.why_hint()}</p>
                        </div>
                        <button class="btn" type="submit">{t.refund()}</button>
                    </div>
                </form>
            </Panel>
        }
    });
    view! {
        <RefusalNote refusal/>
        {form}
        {(!refunds.is_empty()).then(|| view! { <Refunds refunds/> })}
    }
    .into_any()
}

fn amount(what: &'static str, amount: NanoUsd) -> impl IntoView {
    view! { <tr><th scope="row">{what}</th><td class="num"><Money amount/></td></tr> }
}

/// What closing it would come to and the form for it, or how it was closed.
pub fn closing(tenant: TenantId, found: Closing, asked: &Asked) -> AnyView {
    let t = words::MoneyBack::here();
    match found {
        Closing::Open => view! {
            <Panel title=t.closing() aside=t.for_good()>
                <div class="body bar">
                    <a class="btn" href=format!("/tenants/{tenant}?close=1")>{t.close_it()}</a>
                    <span class="mid">{t.closing_is()}</span>
                </div>
            </Panel>
        }
        .into_any(),
        Closing::Would(would) => would_close(tenant, would, asked),
        Closing::Closed(TenantClosed { time, paid, ended, set_off, reference }) => view! {
            <Panel title=t.closed() aside="UTC">
                <Table label=t.closed()>
                    <tbody>
                        <tr><th scope="row">{words::Ledger::here().time()}</th><td class="num"><Clock time/></td></tr>
                        {amount(t.paid(), paid)}
                        {amount(t.ended(), ended)}
                        {amount(t.was_set_off(), set_off)}
                        <tr><th scope="row">{t.reference()}</th><td class="num">{reference}</td></tr>
                    </tbody>
                </Table>
            </Panel>
        }
        .into_any(),
    }
}

fn would_close(tenant: TenantId, would: ClosingWould, asked: &Asked) -> AnyView {
    let t = words::MoneyBack::here();
    let ClosingWould { name, posted, leased, paid_in, owed, set_off, pay_out, ends, keys, pending } = would;
    let refusal = Signal::stored(asked.refusal());
    let count =
        |what: &'static str, count: i64| view! { <tr><th scope="row">{what}</th><td class="num">{count}</td></tr> };
    let exactly = write(pay_out, 2).raw;
    view! {
        <Panel title=t.closing() aside=t.for_good()>
            <Table label=t.closing()>
                <tbody>
                    {amount(t.posted(), posted)}
                    {amount(t.leased(), leased)}
                    {amount(t.paid_in(), paid_in)}
                    {amount(t.owed(), owed)}
                    {amount(t.set_off(), set_off)}
                    {amount(t.pay_out(), pay_out)}
                    {amount(t.ends(), ends)}
                    {count(t.keys(), keys)}
                    {count(t.pending(), pending)}
                </tbody>
            </Table>
            <form method="post" action=CloseTenant::url() class="form">
                <RefusalNote refusal/>
                <input type="hidden" name="tenant" value=tenant.to_string()/>
                <div class="columns">
                    <div class="field">
                        <label for="pay-out">{t.pays_out()}</label>
                        <input class="in num" id="pay-out" name="pay_out" required autocomplete="off" inputmode="decimal" value=exactly/>
                    </div>
                    <div class="field">
                        <label for="reference">{t.reference()}</label>
                        <input class="in" id="reference" name="reference" required maxlength="200" autocomplete="off" aria-describedby="reference-hint"/>
                        <p class="hint" id="reference-hint">{t.why_hint()}</p>
                    </div>
                    <div class="field">
                        <label for="close-name">{Common::here().name()}</label>
                        <input class="in" id="close-name" name="name" required autocomplete="off" aria-describedby="name-hint"/>
                        <p class="hint" id="name-hint">{t.name_hint(&name)}</p>
                    </div>
                </div>
                <div class="bar">
                    <button class="btn" type="submit">{t.close_now()}</button>
                    <a class="btn" href=format!("/tenants/{tenant}")>{Common::here().close()}</a>
                </div>
            </form>
        </Panel>
    }
    .into_any()
}
