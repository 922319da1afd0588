//! A framed part of a page with its title.

use leptos::prelude::*;

/// A panel.
#[component]
pub fn Panel(
    /// Its title.
    title: &'static str,
    /// Beside the title: the zone, the range.
    #[prop(into)]
    aside: String,
    children: Children,
) -> impl IntoView {
    view! {
        <section class="panel">
            <header><h2>{title}</h2><span class="dim small">{aside}</span></header>
            {children()}
        </section>
    }
}
