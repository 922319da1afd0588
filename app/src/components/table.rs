//! The frame of a table: it scrolls sideways under a fixed first column where the screen is narrow.

use leptos::prelude::*;

/// The frame; the children are the table's head, body and foot.
#[component]
pub fn Table(
    /// What it lists, for screen readers.
    label: &'static str,
    children: Children,
) -> impl IntoView {
    view! {
        <div class="scroll" tabindex="0" role="region" aria-label=label>
            <table class="t">{children()}</table>
        </div>
    }
}
