//! The top of a signed-in page: its name, and the theme.

use super::{
    icon::{Draw, Icon},
    theme_switch::ThemeSwitch,
};
use crate::words::Common;
use leptos::prelude::*;

/// The bar.
#[component]
pub fn Topbar(
    /// The page's name.
    title: &'static str,
    /// What can be done with the whole page.
    children: Children,
) -> impl IntoView {
    view! {
        <header class="topbar">
            <button class="btn ghost icon burger" type="button" popovertarget="nav" aria-label=Common::here().open_navigation()>
                <Draw icon=Icon::Menu/>
            </button>
            <h1>{title}</h1>
            <div class="end">{children()}<ThemeSwitch/></div>
        </header>
    }
}
