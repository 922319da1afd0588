//! A new secret for a key: says what happens, and asks how long the old one is to go on.

use crate::{
    components::note::RefusalNote,
    keys::{MadeKey, RotateKey},
    words,
};
use leptos::prelude::*;

const HOUR_S: u32 = 3_600;
const DAY_S: u32 = 24 * HOUR_S;

/// The button and its question.
#[component]
pub fn Rotate(
    /// The key.
    id: String,
    /// Its name.
    name: String,
    /// Given the new secret.
    on_made: Callback<MadeKey>,
) -> impl IntoView {
    let t = words::RotateKey::here();
    let rotate = ServerAction::<RotateKey>::new();
    Effect::new(move |_| {
        if let Some(Ok(made)) = rotate.value().get() {
            on_made.run(made);
        }
    });
    let refusal = Signal::derive(move || rotate.value().get().and_then(Result::err));
    let popover = format!("rotate-{id}");
    let field = format!("overlap-{id}");
    let choices = [(0, t.not_at_all()), (HOUR_S, t.hour()), (DAY_S, t.day()), (7 * DAY_S, t.week())];
    let options = choices.map(|(seconds, label)| {
        view! { <option value=seconds.to_string() selected={seconds == DAY_S}>{label}</option> }
    });
    view! {
        <button class="btn ghost sm" type="button" popovertarget=popover.clone() aria-label=t.rotate_named(&name)>{t.rotate()}</button>
        <div class="dialog" popover="auto" id=popover>
            <ActionForm action=rotate>
                <header><h2>{t.ask(&name)}</h2></header>
                <div class="body">
                    <p>{t.what()}</p>
                    <RefusalNote refusal/>
                    <input type="hidden" name="key" value=id/>
                    <div class="field">
                        <label for=field.clone()>{t.old_works()}</label>
                        <select class="in" id=field name="overlap_seconds">{options.collect_view()}</select>
                    </div>
                </div>
                <footer>
                    <button class="btn primary end" type="submit" disabled=move || rotate.pending().get()>{t.make()}</button>
                </footer>
            </ActionForm>
        </div>
    }
}
