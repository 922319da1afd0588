//! The newest errors, in a panel beside other things.

use crate::{
    components::{empty_state::EmptyState, status::HttpStatus, time::Clock},
    words::Home as Words,
};
use domain::views::RequestLine;
use leptos::prelude::*;
use leptos_router::components::A;

/// The panel.
#[component]
pub fn Errors(
    /// Newest first.
    lines: Vec<RequestLine>,
) -> impl IntoView {
    let t = Words::here();
    let body = if lines.is_empty() {
        view! { <EmptyState title=t.no_errors()><p class="mid">{t.no_errors_advice()}</p></EmptyState> }.into_any()
    } else {
        let item = |line: RequestLine| {
            let RequestLine { request, time, status, error_code, model, key, .. } = line;
            let name = if error_code.is_empty() { status.to_string() } else { error_code };
            view! {
                <li>
                    <Clock time/>
                    <HttpStatus status/>
                    <span class="what"><A href=format!("/requests/{request}")>{name}</A><small>{model}" · "{key}</small></span>
                </li>
            }
        };
        view! { <ul class="rows">{lines.into_iter().map(item).collect_view()}</ul> }.into_any()
    };
    view! {
        <section class="panel c4">
            <header>
                <h2>{t.latest_errors()}</h2><span class="dim small">{t.week_utc()}</span>
                <A href="/requests?errors=1" attr:class="end">{t.all_errors()}</A>
            </header>
            {body}
        </section>
    }
}
