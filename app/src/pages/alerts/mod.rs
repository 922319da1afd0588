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

use super::served::served_page;
use crate::{alerts::alerts_page, words};
use leptos::prelude::*;
use leptos_router::hooks::use_location;

/// The page, with budgets.
#[component]
pub fn BudgetsAndAlerts() -> impl IntoView {
    let new_budget = ("/budgets?budget=new", words::Budgets::here().new_budget());
    page(words::Places::here().budgets(), vec![new_budget, ("/budgets?rule=new", words::Alerts::here().new_rule())])
}

/// The page of the place.
#[component]
pub fn PlaceAlerts() -> impl IntoView {
    page(words::Places::here().alerts(), vec![("/alerts?rule=new", words::Alerts::here().new_rule())])
}

fn page(title: &'static str, links: Vec<(&'static str, &'static str)>) -> AnyView {
    let search = use_location().search;
    served_page(title, links, Resource::new(move || search.get(), alerts_page))
}
