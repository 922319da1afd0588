//! The first page: operations for those who see the whole place, a tenant's own for its members.

use super::{operations::operations, signed_in::refused, tenant_home::tenant_home};
use crate::{
    components::{chart::provide_charts, live::follow, live_switch::LiveSwitch, skeleton::Skeleton, topbar::Topbar},
    home::{FirstPage, home_view},
    query,
    words::Home as Words,
};
use domain::views::{Range, Span};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

/// The page.
#[component]
pub fn Home() -> impl IntoView {
    let t = Words::here();
    let query = use_query_map();
    let span = move || query::span(&query.read()).unwrap_or(Span::Last(Range::Hour));
    let view = Resource::new(span, home_view);
    provide_charts();
    follow(move || view.refetch());
    view! {
        <Title text=t.title()/>
        <Topbar title=t.title()><LiveSwitch/></Topbar>
        <div class="page">
            <Transition fallback=|| view! { <Skeleton/> }>
                {move || Suspend::new(async move {
                    match view.await {
                        Ok(FirstPage::Operations { place, address }) => operations(*place, address).into_any(),
                        Ok(FirstPage::Tenant { home, address }) => tenant_home(*home, address).into_any(),
                        Err(refusal) => refused(refusal).into_any(),
                    }
                })}
            </Transition>
        </div>
    }
}
