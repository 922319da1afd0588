//! The frame of every page behind the session: navigation beside, the page in the middle.
//!
//! The server's guard has turned people without a session away before this renders; here a session that ended meanwhile
//! leads to the sign-in page.

use crate::{
    components::{
        acting::Acting, keyboard::Keyboard, live::provide_live, navigation::Navigation, note::RefusalNote,
        palette::Palette,
    },
    refusal::Refusal,
    session::who_is_there,
    words::Shell,
};
use leptos::prelude::*;
use leptos_router::components::{Outlet, Redirect};

/// The frame.
#[component]
pub fn SignedIn() -> impl IntoView {
    // Once: stepping in or out loads the page anew, and what a role may do is the server's to say each time.
    let viewer = Resource::new(|| (), |()| who_is_there());
    let live = provide_live();
    let palette = RwSignal::new(false);
    view! {
        <a class="skip" href="#main">{Shell::here().skip()}</a>
        <div class="app">
            <Transition>
                {move || Suspend::new(async move {
                    match viewer.await {
                        Ok(viewer) => {
                            live.start(&viewer);
                            view! {
                                <Acting viewer=viewer.clone()/>
                                <Navigation viewer=viewer.clone() palette/>
                                <Palette viewer=viewer.clone() open=palette/>
                                <Keyboard viewer palette/>
                            }.into_any()
                        }
                        Err(refusal) => refused(refusal).into_any(),
                    }
                })}
            </Transition>
            <main id="main" tabindex="-1"><Outlet/></main>
        </div>
    }
}

/// Where a page cannot be shown: back to signing in, or why not.
pub fn refused(refusal: Refusal) -> impl IntoView {
    match refusal {
        Refusal::SignedOut => view! { <Redirect path="/sign-in"/> }.into_any(),
        other => view! { <RefusalNote refusal=Signal::stored(Some(other))/> }.into_any(),
    }
}
