//! Light, dark or the system's: a form of three buttons. The colours change at once; the server remembers.

use super::icon::{Draw, Icon};
use crate::{
    theme::{self, SetTheme, Theme},
    words::Common,
};
use leptos::prelude::*;

fn face(t: Common, theme: Theme) -> (Icon, &'static str) {
    match theme {
        Theme::Light => (Icon::Sun, t.light()),
        Theme::Dark => (Icon::Moon, t.dark()),
        Theme::System => (Icon::Screen, t.system()),
    }
}

/// The switch.
#[component]
pub fn ThemeSwitch() -> impl IntoView {
    let t = Common::here();
    let remember = ServerAction::<SetTheme>::new();
    let current = theme::current();
    let button = move |theme: Theme| {
        let (icon, name) = face(t, theme);
        view! {
            <button
                type="submit"
                name="theme"
                value=theme.word()
                aria-label=name
                title=name
                aria-pressed=move || if current.get() == theme { "true" } else { "false" }
                on:click=move |_| theme::apply(current, theme)
            >
                <Draw icon=icon/>
            </button>
        }
    };
    view! {
        <ActionForm action=remember>
            <div class="seg themes" role="group" aria-label=t.theme()>
                {Theme::ALL.map(button).into_iter().collect_view()}
            </div>
        </ActionForm>
    }
}
