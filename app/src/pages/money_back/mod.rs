//! On the page of an order, a request or a tenant: what went back, and for those who run the place giving money back. The server
//! draws it ([`crate::components::served`]).

#[cfg(feature = "ssr")]
mod drawn;

#[cfg(feature = "ssr")]
pub use drawn::{closing, refunding};

use crate::{components::served::Served, money_back::money_back};
use leptos::prelude::*;
use leptos_router::hooks::use_location;

/// The panels.
#[component]
pub fn MoneyBack(
    /// The order's, the request's or the tenant's id.
    of: String,
) -> impl IntoView {
    let search = use_location().search;
    let view = Resource::new(move || search.get(), move |query| money_back(of.clone(), query));
    view! {
        <Transition>
            {move || Suspend::new(async move { view.await.ok().map(|html| view! { <Served html/> }) })}
        </Transition>
    }
}
