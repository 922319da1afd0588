//! The one time a secret is shown: a dialog that asks whether it was saved.

use crate::{
    components::{copy_button::CopyButton, modal::Modal},
    keys::MadeKey,
    words::KeySecret,
};
use leptos::prelude::*;

/// The dialog.
#[component]
pub fn Secret(
    /// The key and its secret.
    key: MadeKey,
    /// Told once it was saved; without it a link leads on.
    #[prop(optional)]
    on_saved: Option<Callback<()>>,
) -> impl IntoView {
    let t = KeySecret::here();
    let MadeKey { name, secret } = key;
    let saved = RwSignal::new(false);
    let done = move |event: leptos::ev::MouseEvent| {
        if let Some(on_saved) = on_saved {
            event.prevent_default();
            on_saved.run(());
        }
    };
    view! {
        <Modal title=t.save(&name)>
            <div class="body">
                <p>{t.only_time()}</p>
                <div class="secret"><code>{secret.clone()}</code><CopyButton text=secret/></div>
            </div>
            <footer>
                <label class="check">
                    <input
                        type="checkbox"
                        prop:checked=move || saved.get()
                        on:change=move |event| saved.set(event_target_checked(&event))
                    />
                    {t.saved_safe()}
                </label>
                <a class="btn primary end" href="/keys" aria-disabled=move || (!saved.get()).then_some("true")
                    on:click=move |event| if saved.get_untracked() { done(event) } else { event.prevent_default() }>
                    {t.saved()}
                </a>
            </footer>
        </Modal>
    }
}
