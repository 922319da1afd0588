//! The lists as the server draws them.

use crate::{
    components::{
        empty_state::EmptyState,
        money::Money,
        note::RefusalNote,
        panel::Panel,
        served::{Asked, pager},
        table::Table,
        time::Clock,
    },
    pages::orders::order_table,
    payments::WithdrawCodes,
    words::{self, Common},
};
use domain::views::{BatchLine, Listed, TopupLine};
use leptos::{prelude::*, server_fn::ServerFn};

const PATH: &str = "/money";

/// Batches of codes, and orders with their tenants' names.
pub fn drawn(batches: Listed<BatchLine>, orders: Listed<(String, TopupLine)>, asked: &Asked) -> AnyView {
    let (t, of) = (words::Codes::here(), words::TopUp::here());
    let refusal = Signal::stored(asked.refusal_of::<WithdrawCodes>());
    let foot = pager(asked, PATH, "orders", orders.next);
    let batches = batches_panel(batches, asked);
    let body = if orders.lines.is_empty() {
        view! { <EmptyState title=t.no_orders()><p class="mid">{t.no_orders_is()}</p></EmptyState> }.into_any()
    } else {
        order_table(orders.lines.into_iter().map(|(name, line)| (Some(name), line)).collect())
    };
    view! {
        <RefusalNote refusal/>
        <div class="part" id="batches">{batches}</div>
        <div class="part" id="orders">
            <Panel title=of.orders() aside=of.newest()>{body}{foot}</Panel>
        </div>
    }
    .into_any()
}

fn batches_panel(batches: Listed<BatchLine>, asked: &Asked) -> AnyView {
    let (t, common) = (words::Codes::here(), Common::here());
    let Listed { lines, next } = batches;
    let foot = pager(asked, PATH, "batches", next);
    if lines.is_empty() {
        return view! {
            <Panel title=t.codes() aside=common.none_yet()>
                <EmptyState title=t.none()><p class="mid">{t.none_is()}</p></EmptyState>
                {foot}
            </Panel>
        }
        .into_any();
    }
    view! {
        <Panel title=t.codes() aside=words::TopUp::here().newest()>
            <Table label=t.codes()>
                <thead>
                    <tr>
                        <th scope="col">{words::Ledger::here().time()}</th>
                        <th scope="col">{t.note()}</th>
                        <th scope="col">{t.kind()}</th>
                        <th scope="col" class="num">{t.worth()}</th>
                        <th scope="col" class="num">{t.redeemed()}</th>
                        <th scope="col">{t.until()}</th>
                        <th scope="col"><span class="sr">{common.actions()}</span></th>
                    </tr>
                </thead>
                <tbody>{lines.into_iter().map(batch_row).collect_view()}</tbody>
            </Table>
            {foot}
        </Panel>
    }
    .into_any()
}

fn batch_row(batch: BatchLine) -> impl IntoView {
    let t = words::Codes::here();
    let BatchLine { id, bonus, amount, codes, redeemed, note, expires_at, withdrawn, time } = batch;
    let end = match (withdrawn, expires_at) {
        (true, _) => view! { <span class="st off">{t.withdrawn()}</span> }.into_any(),
        (false, Some(time)) => view! { <Clock time/> }.into_any(),
        (false, None) => "–".into_any(),
    };
    let open = !withdrawn && redeemed < codes;
    view! {
        <tr>
            <th scope="row"><Clock time/></th>
            <td class="mid clip" title=note.clone()>{note.clone()}</td>
            <td>{if bonus { t.given() } else { t.sold() }}</td>
            <td class="num"><Money amount/></td>
            <td class="num">{format!("{redeemed} / {codes}")}</td>
            <td>{end}</td>
            <td class="acts">{open.then(|| view! {
                <form method="post" action=WithdrawCodes::url()>
                    <input type="hidden" name="batch" value=id.to_string()/>
                    <button class="btn sm" type="submit">{t.withdraw()}</button>
                </form>
            })}</td>
        </tr>
    }
}
