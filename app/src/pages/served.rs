//! Pages that the server draws ([`crate::components::served`]), as the browser's half has them.

use super::signed_in::refused;
use crate::{
    components::{served::Served, skeleton::Skeleton, topbar::Topbar},
    refusal::Refusal,
};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::components::A;

/// What the server drew, or why it did not.
pub fn served(view: Resource<Result<String, Refusal>>) -> AnyView {
    view! {
        <Transition fallback=|| view! { <Skeleton/> }>
            {move || Suspend::new(async move {
                match view.await {
                    Ok(html) => view! { <Served html/> }.into_any(),
                    Err(refusal) => refused(refusal).into_any(),
                }
            })}
        </Transition>
    }
    .into_any()
}

/// A whole page of it, with links in its bar.
pub fn served_page(
    title: &'static str,
    links: Vec<(&'static str, &'static str)>,
    view: Resource<Result<String, Refusal>>,
) -> AnyView {
    let link = |(href, name)| view! { <A href=href attr:class="btn">{name}</A> };
    view! {
        <Title text=title/>
        <Topbar title>{links.into_iter().map(link).collect_view()}</Topbar>
        <div class="page">{served(view)}</div>
    }
    .into_any()
}
