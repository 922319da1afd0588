//! Margins, on the page of money. The server draws them ([`crate::components::served`]).

#[cfg(feature = "ssr")]
mod drawn;

#[cfg(feature = "ssr")]
pub use drawn::margins;

use super::served::served;
use crate::usage::margin_page;
use leptos::prelude::*;
use leptos_router::hooks::use_location;

/// The panel, with its choices.
#[component]
pub fn Margins() -> impl IntoView {
    let search = use_location().search;
    served(Resource::new(move || search.get(), margin_page))
}
