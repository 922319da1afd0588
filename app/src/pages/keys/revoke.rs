//! Ending a key for good: asks for its name first.

use crate::{components::note::RefusalNote, keys::RevokeKey, refusal::Refusal, words};
use leptos::prelude::*;

/// The button and its question.
#[component]
pub fn Revoke(
    /// The key.
    id: String,
    /// Its name.
    name: String,
    /// Told when it is done.
    on_change: Callback<()>,
) -> impl IntoView {
    let t = words::RevokeKey::here();
    let revoke = ServerAction::<RevokeKey>::new();
    Effect::new(move |_| {
        if let Some(Ok(())) = revoke.value().get() {
            on_change.run(());
        }
    });
    let refusal = Signal::derive(move || match revoke.value().get() {
        Some(Err(refusal)) => Some::<Refusal>(refusal),
        _ => None,
    });
    let popover = format!("revoke-{id}");
    let field = format!("name-{id}");
    view! {
        <button class="btn ghost sm" type="button" popovertarget=popover.clone() aria-label=t.revoke_named(&name)>{t.revoke()}</button>
        <div class="dialog" popover="auto" id=popover>
            <ActionForm action=revoke>
                <header><h2>{t.ask(&name)}</h2></header>
                <div class="body">
                    <p>{t.warning()}</p>
                    <RefusalNote refusal/>
                    <input type="hidden" name="key" value=id/>
                    <div class="field">
                        <label for=field.clone()>{t.type_name()}</label>
                        <input class="in" id=field name="name" required autocomplete="off"/>
                    </div>
                </div>
                <footer><button class="btn danger end" type="submit">{t.for_good()}</button></footer>
            </ActionForm>
        </div>
    }
}
