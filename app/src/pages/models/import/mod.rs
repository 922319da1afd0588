//! Prices from the catalogue, for those who run the place. The server draws the page ([`crate::components::served`]).

#[cfg(feature = "ssr")]
mod drawn;

#[cfg(feature = "ssr")]
pub use drawn::drawn;

use crate::{import::import_page, pages::served::served_page, words};
use leptos::prelude::*;
use leptos_router::hooks::use_location;

/// The page.
#[component]
pub fn Import() -> impl IntoView {
    let search = use_location().search;
    let view = Resource::new(move || search.get(), import_page);
    let links = vec![("/models", words::Models::here().models_and_prices())];
    served_page(words::ImportPage::here().title(), links, view)
}
