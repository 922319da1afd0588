//! Budgets and alerts of the tenant they look at, or the place's alerts: what may be spent, who is told, what happened. The
//! server draws all of it ([`crate::components::served`]).

#[cfg(feature = "ssr")]
mod budget_form;
#[cfg(feature = "ssr")]
mod budgets;
#[cfg(feature = "ssr")]
mod drawn;
#[cfg(feature = "ssr")]
mod rule_form;
#[cfg(feature = "ssr")]
mod rules;

#[cfg(feature = "ssr")]
pub use drawn::{Drawn, drawn};

use super::signed_in::refused;
use crate::{
    alerts::alerts_page,
    components::{served::Served, skeleton::Skeleton, topbar::Topbar},
    words,
};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::{components::A, hooks::use_location};

/// The page, with budgets.
#[component]
pub fn BudgetsAndAlerts() -> impl IntoView {
    page(words::Places::here().budgets(), Some(words::Budgets::here().new_budget()), "/budgets")
}

/// The page of the place.
#[component]
pub fn PlaceAlerts() -> impl IntoView {
    page(words::Places::here().alerts(), None, "/alerts")
}

fn page(title: &'static str, new_budget: Option<&'static str>, path: &'static str) -> AnyView {
    let search = use_location().search;
    let view = Resource::new(move || search.get(), alerts_page);
    view! {
        <Title text=title/>
        <Topbar title>
            {new_budget.map(|new| view! { <A href="/budgets?budget=new" attr:class="btn">{new}</A> })}
            <A href=format!("{path}?rule=new") attr:class="btn">{words::Alerts::here().new_rule()}</A>
        </Topbar>
        <div class="page">
            <Transition fallback=|| view! { <Skeleton/> }>
                {move || Suspend::new(async move {
                    match view.await {
                        Ok(html) => view! { <Served html/> }.into_any(),
                        Err(refusal) => refused(refusal).into_any(),
                    }
                })}
            </Transition>
        </div>
    }
    .into_any()
}
