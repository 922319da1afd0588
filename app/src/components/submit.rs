//! The one primary button of a form: it shows that the server is at work, and cannot be pressed twice meanwhile.

use leptos::prelude::*;

/// The button.
#[component]
pub fn Submit(
    /// What it does.
    label: &'static str,
    /// Whether the answer is awaited.
    #[prop(into)]
    pending: Signal<bool>,
) -> impl IntoView {
    view! {
        <button
            class="btn primary lg wide"
            type="submit"
            aria-busy=move || pending.get().then_some("true")
            disabled=move || pending.get()
        >
            {label}
        </button>
    }
}
