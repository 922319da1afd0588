//! What stands where a page's first numbers are still awaited; it shows after 150 ms only, so that a quick answer is not
//! preceded by a flicker. Later numbers replace those that are there.

use leptos::prelude::*;

/// The outline of a page.
#[component]
pub fn Skeleton() -> impl IntoView {
    view! {
        <div class="skeleton" aria-hidden="true">
            <i class="low"></i><i></i><i class="high"></i>
        </div>
    }
}
