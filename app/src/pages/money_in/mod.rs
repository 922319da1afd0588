//! What came in, for those who run the place: making codes, which are shown once; the batches there are, and the orders of
//! credit, which the server draws ([`crate::components::served`]).

#[cfg(feature = "ssr")]
mod drawn;

#[cfg(feature = "ssr")]
pub use drawn::drawn;

use super::served::served;
use crate::{
    components::{modal::Modal, note::RefusalNote, panel::Panel},
    payments::{CreateCodes, money_in_page},
    words,
};
use leptos::prelude::*;
use leptos_router::hooks::use_location;

/// The panels.
#[component]
pub fn MoneyThatCameIn() -> impl IntoView {
    let search = use_location().search;
    let view = Resource::new(move || search.get(), money_in_page);
    let made = RwSignal::new(None::<Vec<String>>);
    let on_made = Callback::new(move |codes| {
        made.set(Some(codes));
        view.refetch();
    });
    view! {
        {move || made.get().map(|codes| view! { <Made codes on_saved=Callback::new(move |()| made.set(None))/> })}
        <MakeCodes on_made/>
        {served(view)}
    }
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
