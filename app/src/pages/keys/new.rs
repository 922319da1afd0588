//! The form for a new key.

use super::settings::Settings;
use crate::{
    components::{note::RefusalNote, panel::Panel},
    keys::CreateKey,
    words::{self, Common},
};
use leptos::prelude::*;
use leptos_router::components::A;

/// The form.
#[component]
pub fn NewKey(
    /// What makes it.
    create: ServerAction<CreateKey>,
) -> impl IntoView {
    let (t, of, common) = (words::NewKey::here(), words::Keys::here(), Common::here());
    let refusal = Signal::derive(move || create.value().get().and_then(Result::err));
    view! {
        <Panel title=of.new_key() aside=t.only_name()>
            <ActionForm action=create attr:class="form">
                <RefusalNote refusal/>
                <Settings/>
                <div class="bar">
                    <button class="btn primary" type="submit" disabled=move || create.pending().get()>{t.create()}</button>
                    <A href="/keys" attr:class="btn">{common.close()}</A>
                </div>
            </ActionForm>
        </Panel>
    }
}
