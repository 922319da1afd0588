//! A dialog over the page. With JavaScript it is modal: focus is kept inside and goes back where it was; without, it stands
//! open on the page.

use leptos::{html, prelude::*};

/// The dialog, open from the moment it is there. Take it out of the page to close it.
#[component]
pub fn Modal(
    /// Its title.
    #[prop(into)]
    title: String,
    /// Whether Esc closes it; `on_close` is told.
    #[prop(optional)]
    on_close: Option<Callback<()>>,
    children: Children,
) -> impl IntoView {
    let dialog: NodeRef<html::Dialog> = NodeRef::new();
    Effect::new(move |_| {
        if let Some(dialog) = dialog.get()
            && dialog.open()
        {
            // Rendered open for those without scripts; only a closed one can be opened as modal.
            dialog.close();
            let _ = dialog.show_modal();
        }
    });
    let cancel = move |event: leptos::ev::Event| {
        event.prevent_default();
        if let Some(close) = on_close {
            close.run(());
        }
    };
    view! {
        <dialog class="dialog" node_ref=dialog open aria-labelledby="dialog-title" on:cancel=cancel>
            <header><h2 id="dialog-title">{title}</h2></header>
            {children()}
        </dialog>
    }
}
