//! What pages for people who are not signed in share: the mark above, the theme below.

use crate::{
    components::{brand::Mark, language_switch::LanguageSwitch, theme_switch::ThemeSwitch},
    words,
};
use leptos::prelude::*;

/// The frame.
#[component]
pub fn Gate(children: Children) -> impl IntoView {
    view! {
        <div class="gate">
            <main>
                <div class="card">
                    <div class="brandline"><Mark/><span>"Turnpike"</span></div>
                    {children()}
                </div>
                <footer class="gatefoot"><span class="dim small">{words::Gate::here().about()}</span><LanguageSwitch/><ThemeSwitch/></footer>
            </main>
        </div>
    }
}
