//! The panels as the server draws them.

use crate::{
    components::{
        money::{Money, places, write},
        note::RefusalNote,
        panel::Panel,
        served::{Asked, pager},
        table::Table,
        time::Clock,
    },
    money_back::{CloseTenant, Refund},
    port::{Closing, ClosingWould, RefundOf, Refundable, TenantClosed},
    words::{self, Common},
};
use domain::{
    ids::TenantId,
    money::NanoUsd,
    views::{Listed, RefundLine},
};
use leptos::{prelude::*, server_fn::ServerFn};

/// What went back of an order or a request, and for those who run the place the form to give back more, while there is more.
pub fn refunding(of: RefundOf, found: Refundable, may: bool, asked: &Asked) -> AnyView {
    let Refundable { left, refunds, once } = found;
    let refusal = Signal::stored(asked.refusal_of::<Refund>());
    let form = (may && left > NanoUsd::ZERO).then(|| give_back(of, left, once));
    let Listed { lines, next } = refunds;
    let foot = pager(asked, &of.page(), "refunds", next);
    let list = (!lines.is_empty() || foot.is_some())
        .then(|| view! { <div class="part" id="refunds">{went_back(lines, foot)}</div> });
    view! {
        <RefusalNote refusal/>
        {form}
        {list}
    }
    .into_any()
}

fn give_back(of: RefundOf, left: NanoUsd, once: String) -> impl IntoView {
    let t = words::MoneyBack::here();
    let aside = match of {
        RefundOf::Topup(_) => t.of_topup(),
        RefundOf::Request(_) => t.of_request(),
    };
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
}

fn went_back(refunds: Vec<RefundLine>, foot: Option<AnyView>) -> impl IntoView {
    let (t, ledger) = (words::Order::here(), words::Ledger::here());
    let places = places(refunds.iter().map(|refund| refund.amount));
    let row = move |refund: RefundLine| {
        let RefundLine { chargeback, state, amount, reason, time } = refund;
        let kind = if chargeback { t.chargeback() } else { t.refund() };
        let (class, word) = match state.as_str() {
            "done" => ("st ok", t.done()),
            "undone" => ("st off", t.undone()),
            _ => ("st slow", t.on_its_way()),
        };
        view! {
            <tr>
                <th scope="row"><Clock time/></th>
                <td>{kind}</td>
                <td><span class=class>{word}</span></td>
                <td class="mid clip" title=reason.clone()>{reason.clone()}</td>
                <td class="num"><Money amount places/></td>
            </tr>
        }
    };
    view! {
        <Panel title=t.back() aside=words::TopUp::here().newest()>
            <Table label=t.back()>
                <thead>
                    <tr>
                        <th scope="col">{ledger.time()}</th>
                        <th scope="col">{ledger.kind()}</th>
                        <th scope="col">{Common::here().state()}</th>
                        <th scope="col">{t.why()}</th>
                        <th scope="col" class="num">{ledger.amount()}</th>
                    </tr>
                </thead>
                <tbody>{refunds.into_iter().map(row).collect_view()}</tbody>
            </Table>
            {foot}
        </Panel>
    }
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
    let refusal = Signal::stored(asked.refusal_of::<CloseTenant>());
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
