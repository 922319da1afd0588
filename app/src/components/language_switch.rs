//! The language: a plain form of a button each, since every word on the page is another afterwards.

use crate::{
    language::{self, Language, SetLanguage},
    words::Common,
};
use leptos::{prelude::*, server_fn::ServerFn};
use leptos_router::hooks::use_location;

/// The switch.
#[component]
pub fn LanguageSwitch() -> impl IntoView {
    let current = language::current();
    let here = use_location();
    let back = move || {
        let query = here.search.get();
        let mark = if query.is_empty() { "" } else { "?" };
        format!("{}{mark}{query}", here.pathname.get())
    };
    let button = move |language: Language| {
        view! {
            <button
                type="submit"
                name="language"
                value=language.word()
                lang=language.tag()
                aria-pressed=if current == language { "true" } else { "false" }
            >
                {language.name()}
            </button>
        }
    };
    view! {
        <form method="post" action=SetLanguage::url()>
            <input type="hidden" name="back" value=back/>
            <div class="seg" role="group" aria-label=Common::here().language()>
                {Language::ALL.map(button).into_iter().collect_view()}
            </div>
        </form>
    }
}
