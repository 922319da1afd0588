//! A refusal on the page: what happened and what to do, announced to screen readers when it appears.

use super::icon::{Draw, Icon};
use crate::{
    refusal::Refusal,
    words::{Advice, Refused},
};
use leptos::prelude::*;

/// The refusal, or nothing.
#[component]
pub fn RefusalNote(
    /// What was refused, if anything.
    #[prop(into)]
    refusal: Signal<Option<Refusal>>,
) -> impl IntoView {
    let (refused, advice) = (Refused::here(), Advice::here());
    move || {
        refusal.get().map(|refusal| {
            view! {
                <div class="note bad" role="alert">
                    <Draw icon=Icon::Alert/>
                    <span>
                        <b>{refusal.what(refused)}</b>" "{refusal.advice(advice)}
                        {refusal.id().map(|id| view! { " "<code>{id.to_owned()}</code> })}
                    </span>
                </div>
            }
        })
    }
}
