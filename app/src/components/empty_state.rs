//! What stands where there is nothing yet: what this place is for, and what to do next.

use leptos::prelude::*;

/// An empty place; the children say what to do next.
#[component]
pub fn EmptyState(
    /// What there is none of.
    title: &'static str,
    children: Children,
) -> impl IntoView {
    view! {
        <div class="empty">
            <h3>{title}</h3>
            {children()}
        </div>
    }
}
