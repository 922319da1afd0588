//! One number of a page with its label, and a line of comparison.

use leptos::prelude::*;

/// A tile in a `<dl class="stats">`.
#[component]
pub fn Stat(
    /// What is counted.
    label: &'static str,
    /// What puts the number into proportion.
    #[prop(into)]
    beside: String,
    /// The number.
    children: Children,
) -> impl IntoView {
    view! {
        <div class="stat">
            <dt>{label}</dt>
            <dd>{children()}</dd>
            <dd class="cmp">{beside}</dd>
        </div>
    }
}
