//! A wallet in numbers, and its history with the balance after each line.

use crate::{
    components::{
        money::{Money, places},
        stat::Stat,
        table::Table,
        time::Clock,
    },
    words::{self, Ledger},
};
use domain::views::{LedgerLine, WalletView};
use leptos::prelude::*;

/// The numbers: what is there, what is at work, what can be spent.
#[component]
pub fn WalletStats(wallet: WalletView) -> impl IntoView {
    let t = words::Wallet::here();
    view! {
        <dl class="stats">
            <Stat label=t.balance() beside=t.balance_is()><Money amount=wallet.posted/></Stat>
            <Stat label=t.at_work() beside=t.at_work_is()><Money amount=wallet.leased/></Stat>
            <Stat label=t.can_be_spent() beside=t.can_be_spent_is()><Money amount=wallet.available/></Stat>
            <Stat label=t.credit_limit() beside=t.credit_limit_is()><Money amount=wallet.credit_limit/></Stat>
        </dl>
    }
}

/// What a kind of transfer is called.
fn kind(t: Ledger, word: &str) -> &'static str {
    match word {
        "usage" => t.usage(),
        "topup" => t.topup(),
        "refund" => t.refund(),
        "adjustment" => t.adjustment(),
        "bonus" => t.bonus(),
        "writeoff" => t.writeoff(),
        "chargeback" => t.chargeback(),
        _ => t.transfer(),
    }
}

/// The lines, newest first.
#[component]
pub fn LedgerTable(lines: Vec<LedgerLine>) -> impl IntoView {
    let t = Ledger::here();
    let amounts = places(lines.iter().map(|line| line.amount));
    let balances = places(lines.iter().map(|line| line.balance));
    let row = move |line: LedgerLine| {
        let plus = if line.amount.0 > 0 { "+" } else { "" };
        view! {
            <tr>
                <th scope="row"><Clock time=line.time/></th>
                <td>{kind(t, &line.kind)}</td>
                <td class="mid clip">{line.reference}</td>
                <td class="num">{plus}<Money amount=line.amount places=amounts/></td>
                <td class="num"><Money amount=line.balance places=balances/></td>
            </tr>
        }
    };
    view! {
        <Table label=t.ledger()>
            <thead>
                <tr>
                    <th scope="col">{t.time()}</th>
                    <th scope="col">{t.kind()}</th>
                    <th scope="col">{t.reference()}</th>
                    <th scope="col" class="num">{t.amount()}</th>
                    <th scope="col" class="num">{t.balance_after()}</th>
                </tr>
            </thead>
            <tbody>{lines.into_iter().map(row).collect_view()}</tbody>
        </Table>
    }
}
