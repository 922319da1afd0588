//! What came in, for those who run the place: the latest orders of credit, and codes: making, downloading, withdrawing them.

use super::{
    signed_in::refused,
    top_up::{OrderRow, OrderTable},
};
use crate::{
    components::{
        empty_state::EmptyState, modal::Modal, money::Money, note::RefusalNote, panel::Panel, table::Table, time::Clock,
    },
    payments::{CreateCodes, WithdrawCodes, money_in_view},
    words::{self, Common},
};
use domain::views::{BatchLine, MoneyIn};
use leptos::prelude::*;

/// The panels.
#[component]
pub fn MoneyThatCameIn() -> impl IntoView {
    let view = Resource::new(|| (), |()| money_in_view());
    let withdraw = ServerAction::<WithdrawCodes>::new();
    let made = RwSignal::new(None::<Vec<String>>);
    Effect::new(move |_| {
        if let Some(Ok(())) = withdraw.value().get() {
            view.refetch();
        }
    });
    let refusal = Signal::derive(move || withdraw.value().get().and_then(Result::err));
    let on_made = Callback::new(move |codes| {
        made.set(Some(codes));
        view.refetch();
    });
    view! {
        {move || made.get().map(|codes| view! { <Made codes on_saved=Callback::new(move |()| made.set(None))/> })}
        <MakeCodes on_made/>
        <RefusalNote refusal/>
        <Transition>
            {move || Suspend::new(async move {
                match view.await {
                    Ok(MoneyIn { orders, batches }) => view! { <Batches batches withdraw/><Orders orders/> }.into_any(),
                    Err(refusal) => refused(refusal).into_any(),
                }
            })}
        </Transition>
    }
}

#[component]
fn Orders(orders: Vec<(String, domain::views::TopupLine)>) -> impl IntoView {
    let (t, of) = (words::Codes::here(), words::TopUp::here());
    let body = if orders.is_empty() {
        view! { <EmptyState title=t.no_orders()><p class="mid">{t.no_orders_is()}</p></EmptyState> }.into_any()
    } else {
        let rows = orders.into_iter().map(|(name, line)| view! { <OrderRow line whose=name/> }).collect_view();
        view! { <OrderTable rows=rows.into_any() whose=true/> }.into_any()
    };
    view! { <Panel title=of.orders() aside=of.newest()>{body}</Panel> }
}

#[component]
fn Batches(batches: Vec<BatchLine>, withdraw: ServerAction<WithdrawCodes>) -> impl IntoView {
    let (t, common) = (words::Codes::here(), Common::here());
    let row = move |batch: BatchLine| {
        let end = match (batch.withdrawn, batch.expires_at) {
            (true, _) => view! { <span class="st off">{t.withdrawn()}</span> }.into_any(),
            (false, Some(time)) => view! { <Clock time/> }.into_any(),
            (false, None) => "–".into_any(),
        };
        let id = batch.id.to_string();
        let open = !batch.withdrawn && batch.redeemed < batch.codes;
        view! {
            <tr>
                <th scope="row"><Clock time=batch.time/></th>
                <td class="mid clip">{batch.note}</td>
                <td>{if batch.bonus { t.given() } else { t.sold() }}</td>
                <td class="num"><Money amount=batch.amount/></td>
                <td class="num">{format!("{} / {}", batch.redeemed, batch.codes)}</td>
                <td>{end}</td>
                <td>{open.then(|| view! {
                    <ActionForm action=withdraw>
                        <input type="hidden" name="batch" value=id/>
                        <button class="btn sm" type="submit">{t.withdraw()}</button>
                    </ActionForm>
                })}</td>
            </tr>
        }
    };
    if batches.is_empty() {
        return view! { <Panel title=t.codes() aside=common.none_yet()><EmptyState title=t.none()><p class="mid">{t.none_is()}</p></EmptyState></Panel> }.into_any();
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
                <tbody>{batches.into_iter().map(row).collect_view()}</tbody>
            </Table>
        </Panel>
    }
    .into_any()
}

#[component]
fn MakeCodes(on_made: Callback<Vec<String>>) -> impl IntoView {
    let t = words::Codes::here();
    let create = ServerAction::<CreateCodes>::new();
    let refusal = Signal::derive(move || create.value().get().and_then(Result::err));
    Effect::new(move |_| {
        if let Some(Ok(codes)) = create.value().get() {
            on_made.run(codes);
        }
    });
    view! {
        <Panel title=t.make() aside="">
            <ActionForm action=create attr:class="form">
                <RefusalNote refusal/>
                <div class="columns">
                    <div class="field">
                        <label for="worth">{t.worth()}</label>
                        <input class="in num" id="worth" name="amount" required autocomplete="off" inputmode="decimal"/>
                    </div>
                    <div class="field">
                        <label for="count">{t.count()}</label>
                        <input class="in num" id="count" name="count" type="number" min="1" max="10000" value="1" required/>
                    </div>
                    <div class="field">
                        <label for="kind">{t.kind()}</label>
                        <select class="in" id="kind" name="kind">
                            <option value="topup">{t.sold()}</option>
                            <option value="bonus">{t.given()}</option>
                        </select>
                    </div>
                    <div class="field">
                        <label for="last_day">{t.last_day()}</label>
                        <input class="in" id="last_day" name="last_day" type="date" aria-describedby="last-day-hint"/>
                        <p class="hint" id="last-day-hint">{t.last_day_hint()}</p>
                    </div>
                    <div class="field">
                        <label for="note">{t.note()}</label>
                        <input class="in" id="note" name="note" maxlength="200" autocomplete="off" aria-describedby="note-hint"/>
                        <p class="hint" id="note-hint">{t.note_hint()}</p>
                    </div>
                    <button class="btn" type="submit" disabled=move || create.pending().get()>{t.create()}</button>
                </div>
            </ActionForm>
        </Panel>
    }
}

/// The one time that codes are shown.
#[component]
fn Made(codes: Vec<String>, on_saved: Callback<()>) -> impl IntoView {
    let t = words::Codes::here();
    let title = t.save(codes.len());
    // A code has capitals, digits and dashes only: nothing in it that an address or a cell would read as more.
    let csv = format!("data:text/csv;charset=utf-8,code%0D%0A{}%0D%0A", codes.join("%0D%0A"));
    view! {
        <Modal title on_close=on_saved>
            <div class="body">
                <p>{t.only_time()}</p>
                <textarea class="in mono" rows="6" readonly aria-label=t.codes() prop:value=codes.join("\n")></textarea>
            </div>
            <footer>
                <a class="btn" href=csv download="codes.csv">{t.download()}</a>
                <button class="btn primary end" type="button" on:click=move |_| on_saved.run(())>{words::KeySecret::here().saved()}</button>
            </footer>
        </Modal>
    }
}
