//! Routing, for those who run the place: every model's route, where a request would go and why, what is shut at the moment,
//! and what happened of late.

mod route;
mod routes;
mod shut;

use super::{happened::Events, signed_in::refused};
use crate::{
    components::{skeleton::Skeleton, topbar::Topbar},
    routing::{Revive, SetRoute, all_routes, explain_route},
    words,
};
use domain::views::WouldBeAsked;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::{hooks::use_query_map, params::ParamsMap};
use route::OneRoute;
use routes::routes;
use shut::Shut;

fn asked(query: &ParamsMap) -> WouldBeAsked {
    let text = |name: &str| query.get(name).unwrap_or_default();
    let on = |name: &str| query.get(name).is_some_and(|value| !value.is_empty());
    WouldBeAsked {
        input: text("input"),
        output: text("output"),
        tools: on("tools"),
        images: on("images"),
        strategy: text("strategy"),
    }
}

/// The page.
#[component]
pub fn Routing() -> impl IntoView {
    let t = words::Routing::here();
    let query = use_query_map();
    let model = Memo::new(move |_| query.read().get("model").filter(|model| !model.is_empty()));
    let would_be = Memo::new(move |_| asked(&query.read()));
    let view = Resource::new(|| (), |()| all_routes());
    let one = Resource::new(
        move || (model.get().unwrap_or_default(), would_be.get()),
        |(model, WouldBeAsked { input, output, tools, images, strategy })| {
            explain_route(model, input, output, tools, images, strategy)
        },
    );
    let set = ServerAction::<SetRoute>::new();
    let revive = ServerAction::<Revive>::new();
    Effect::new(move |_| {
        if matches!(set.value().get(), Some(Ok(()))) || matches!(revive.value().get(), Some(Ok(()))) {
            view.refetch();
            one.refetch();
        }
    });
    view! {
        <Title text=t.title()/>
        <Topbar title=t.title()>""</Topbar>
        <div class="page">
            <Transition>
                {move || model.get().map(|model| Suspend::new(async move {
                    match one.await {
                        Ok(Some(route)) => view! { <OneRoute set model route asked=would_be.get_untracked()/> }.into_any(),
                        Ok(None) => ().into_any(),
                        Err(refusal) => refused(refusal).into_any(),
                    }
                }))}
            </Transition>
            <Transition fallback=|| view! { <Skeleton/> }>
                {move || Suspend::new(async move {
                    match view.await {
                        Ok(view) => view! {
                            <Shut revive lines=view.shut/>
                            {routes(view.routes)}
                            <Events lines=view.events title=t.happened() quiet=t.nothing_happened() quiet_is=t.nothing_happened_is()/>
                        }.into_any(),
                        Err(refusal) => refused(refusal).into_any(),
                    }
                })}
            </Transition>
        </div>
    }
}
