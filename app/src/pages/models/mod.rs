//! Models and prices, for those who run the place: sale beside cost, what is missing or sold below cost, and for one model
//! its price to set, its versions, and what a request would cost.

mod form;
mod import;
mod list;
mod rate;
mod versions;
mod would_cost;

use super::signed_in::refused;
use crate::{
    components::{
        icon::{Draw, Icon},
        skeleton::Skeleton,
        topbar::Topbar,
    },
    models::{CancelPrice, SetPrice, models_view, prices_view},
    words,
};
use form::NewPrice;
pub use import::Import;
#[cfg(feature = "ssr")]
pub use import::drawn as drawn_import;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::{components::A, hooks::use_query_map};
use list::list;
use versions::versions;
use would_cost::{Asked, WouldCost};

/// The page.
#[component]
pub fn Models() -> impl IntoView {
    let t = words::Models::here();
    let view = Resource::new(|| (), |()| models_view());
    let query = use_query_map();
    let model = Memo::new(move |_| query.read().get("price"));
    let prices = Resource::new(move || model.get().unwrap_or_default(), prices_view);
    let set = ServerAction::<SetPrice>::new();
    let cancel = ServerAction::<CancelPrice>::new();
    Effect::new(move |_| {
        if matches!(set.value().get(), Some(Ok(()))) || cancel.value().get().is_some() {
            view.refetch();
            prices.refetch();
        }
    });
    view! {
        <Title text=t.models_and_prices()/>
        <Topbar title=t.models_and_prices()>
            <A href="/models/import" attr:class="btn">{words::ImportPage::here().link()}</A>
            <A href="/models?price=" attr:class=move || if model.read().is_some() { "btn" } else { "btn primary" }>
                <Draw icon=Icon::Plus/>{words::NewPrice::here().set_a_price()}
            </A>
        </Topbar>
        <div class="page">
            <Transition>
                {move || {
                    let asked = Asked::from_query(&query.read());
                    let catalogue = query.read().get("from").is_some_and(|from| from == "catalogue");
                    model.get().map(|model| Suspend::new(async move {
                        match prices.await {
                            Ok(prices) => view! { <One set cancel model prices catalogue asked/> }.into_any(),
                            Err(refusal) => refused(refusal).into_any(),
                        }
                    }))
                }}
            </Transition>
            <Transition fallback=|| view! { <Skeleton/> }>
                {move || {
                    let warnings = query.read().get("show").is_some_and(|show| show == "warnings");
                    Suspend::new(async move {
                        match view.await {
                            Ok(lines) => list(lines, warnings).into_any(),
                            Err(refusal) => refused(refusal).into_any(),
                        }
                    })
                }}
            </Transition>
        </div>
    }
}

/// What there is about one model.
#[component]
fn One(
    set: ServerAction<SetPrice>,
    cancel: ServerAction<CancelPrice>,
    model: String,
    prices: Option<domain::views::ModelPrices>,
    catalogue: bool,
    asked: Asked,
) -> impl IntoView {
    let beside = prices.clone().map(|prices| {
        view! {
            <div class="grid">
                <WouldCost model=model.clone() prices=prices.clone() asked/>
                {versions(prices.versions, cancel)}
            </div>
        }
    });
    view! {
        <NewPrice set model prices catalogue/>
        {beside}
    }
}
