//! Says whether the page follows what happens, and stops it from doing so.

use super::{
    icon::{Draw, Icon},
    live::Live,
};
use crate::words::Ranges;
use leptos::prelude::*;

/// The word and the button; nothing where there is no script.
#[component]
pub fn LiveSwitch() -> impl IntoView {
    let t = Ranges::here();
    let scripted = RwSignal::new(false);
    Effect::new(move |_| scripted.set(true));
    let live = use_context::<Live>();
    let word = move || match live {
        Some(live) if live.paused.get() => (t.paused(), "st off small"),
        Some(live) if live.open.get() => (t.live(), "st live small"),
        _ => (t.connecting(), "st half small"),
    };
    let paused = move || live.is_some_and(|live| live.paused.get());
    let flip = move |_| {
        if let Some(live) = live {
            live.paused.update(|paused| *paused = !*paused);
        }
    };
    view! {
        <span class="live" hidden=move || !scripted.get()>
            <span class=move || word().1 role="status">{move || word().0}</span>
            <button
                class="btn icon"
                type="button"
                aria-label=move || if paused() { t.go_on() } else { t.pause() }
                aria-pressed=move || if paused() { "true" } else { "false" }
                on:click=flip
            >
                {move || if paused() { view! { <Draw icon=Icon::Play/> } } else { view! { <Draw icon=Icon::Pause/> } }}
            </button>
        </span>
    }
}
