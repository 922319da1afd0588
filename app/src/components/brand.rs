//! The mark: a barrier, half open.

use leptos::prelude::*;

/// The mark alone; its name stands beside it as text.
#[component]
pub fn Mark() -> impl IntoView {
    view! {
        <svg viewBox="0 0 20 20" aria-hidden="true">
            <path d="M5 17V4.5" fill="none" stroke="currentColor" stroke-width="2.5" stroke-linecap="round"></path>
            <path d="M5 9.5L17 3" class="arm" fill="none" stroke-width="2.5" stroke-linecap="round"></path>
            <path d="M2.5 17h5" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round"></path>
        </svg>
    }
}
