//! What is not there.

use super::gate::Gate;
use crate::words;
use leptos::prelude::*;
use leptos_meta::Title;

/// The page; the server answers it with 404.
#[component]
pub fn NotFound() -> impl IntoView {
    let t = words::Gate::here();
    view! {
        <Title text=t.not_found()/>
        <Gate>
            <h1>{t.nothing_here()}</h1>
            <p class="mid">{t.not_found_is()}</p>
            <a class="btn primary lg wide" href="/">{t.go_home()}</a>
        </Gate>
    }
}
