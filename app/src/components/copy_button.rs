//! Copies a text and says that it did. Without JavaScript it is not there: the text itself can be selected.

use crate::words::Parts;
use leptos::prelude::*;

/// The button.
#[component]
pub fn CopyButton(
    /// What is copied.
    #[prop(into)]
    text: String,
) -> impl IntoView {
    let t = Parts::here();
    let copied = RwSignal::new(false);
    let scripted = RwSignal::new(false);
    Effect::new(move |_| scripted.set(true));
    let copy = move |_| {
        // The answer is a promise nobody waits for: where the browser refuses, the text is there to be selected.
        let _ = window().navigator().clipboard().write_text(&text);
        copied.set(true);
    };
    view! {
        <button class="btn" type="button" hidden=move || !scripted.get() on:click=copy>
            {move || if copied.get() { t.copied() } else { t.copy() }}
        </button>
        <span class="sr" role="status">{move || copied.get().then_some(t.copied_is())}</span>
    }
}
