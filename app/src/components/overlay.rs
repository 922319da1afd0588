//! A dialog that scripts open over the page: focus is kept inside and goes back where it was, Esc and a press beside it close.

use leptos::{
    ev::Event,
    html,
    prelude::*,
    web_sys::{EventTarget, MouseEvent},
};

/// The dialog; its children are there while it is open.
#[component]
pub fn Overlay(
    /// Whether it is open; whoever wants it open or closed sets this.
    open: RwSignal<bool>,
    /// Its classes.
    class: &'static str,
    /// What screen readers call it.
    label: &'static str,
    children: ChildrenFn,
) -> impl IntoView {
    let dialog: NodeRef<html::Dialog> = NodeRef::new();
    Effect::new(move |_| {
        if let (false, Some(dialog)) = (open.get(), dialog.get()) {
            dialog.close();
        }
    });
    let shown = move || {
        open.get().then(|| {
            // Runs when the children are there, so that the browser finds what to focus.
            Effect::new(move |_| {
                if let Some(dialog) = dialog.get()
                    && !dialog.open()
                {
                    let _ = dialog.show_modal();
                }
            });
            children()
        })
    };
    let press = move |event: MouseEvent| {
        let beside = dialog.get_untracked().is_some_and(|dialog| {
            let dialog: &EventTarget = dialog.as_ref();
            event.target().as_ref() == Some(dialog)
        });
        if beside {
            open.set(false);
        }
    };
    // The browser tells of a close a little later: it may be open again by then.
    let closed = move |_| {
        if dialog.get_untracked().is_some_and(|dialog| !dialog.open()) {
            open.set(false);
        }
    };
    view! {
        <dialog
            class=class
            node_ref=dialog
            aria-label=label
            on:cancel=move |_: Event| open.set(false)
            on:close=closed
            on:mousedown=press
        >
            {shown}
        </dialog>
    }
}
