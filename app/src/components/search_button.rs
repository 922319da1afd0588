//! The button that opens the palette, with its key beside it.

use super::icon::{Draw, Icon};
use crate::words::Palette;
use leptos::{prelude::*, web_sys};

/// What the browser says it is.
#[cfg(feature = "ssr")]
fn user_agent() -> String {
    crate::leptos_port::header(&http::header::USER_AGENT).unwrap_or_default()
}

/// What the browser says it is: the same as it said to the server.
#[cfg(not(feature = "ssr"))]
fn user_agent() -> String {
    window().navigator().user_agent().unwrap_or_default()
}

/// What is written on the keys that open the palette.
pub fn command_k() -> &'static str {
    let agent = user_agent();
    if ["Macintosh", "iPhone", "iPad"].iter().any(|apple| agent.contains(apple)) { "⌘K" } else { "Ctrl K" }
}

/// The button.
#[component]
pub fn SearchButton(
    /// Opens the palette.
    open: RwSignal<bool>,
) -> impl IntoView {
    let press = move |_| {
        // Where the navigation lies over the page, it goes first, and gives its focus back.
        if let Some(nav) = document().get_element_by_id("nav") {
            use leptos::wasm_bindgen::JsCast;
            let _ = nav.unchecked_into::<web_sys::HtmlElement>().hide_popover();
        }
        open.set(true);
    };
    view! {
        <button class="search" type="button" aria-haspopup="dialog" aria-keyshortcuts="Control+K Meta+K" on:click=press>
            <Draw icon=Icon::Search/>
            <span>{Palette::here().label()}</span>
            <kbd aria-hidden="true">{command_k()}</kbd>
        </button>
    }
}
