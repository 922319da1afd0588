//! The form for what is set about one key.

use super::settings::Settings;
use crate::{
    components::{note::RefusalNote, panel::Panel},
    keys::ChangeKey,
    words::{self, Common},
};
use domain::views::KeyLine;
use leptos::prelude::*;
use leptos_router::components::A;

/// The form.
#[component]
pub fn Change(
    /// The key as it is.
    line: KeyLine,
    /// What changes it.
    change: ServerAction<ChangeKey>,
) -> impl IntoView {
    let (t, common) = (words::ChangeKey::here(), Common::here());
    // What was refused about another key is not about this one.
    Effect::new(move |_| change.clear());
    let refusal = Signal::derive(move || change.value().get().and_then(Result::err));
    view! {
        <Panel title=t.title() aside=t.soon()>
            <ActionForm action=change attr:class="form">
                <RefusalNote refusal/>
                <input type="hidden" name="key" value=line.id.to_string()/>
                <Settings now=line/>
                <div class="bar">
                    <button class="btn primary" type="submit" disabled=move || change.pending().get()>{t.save()}</button>
                    <A href="/keys" attr:class="btn">{common.close()}</A>
                </div>
            </ActionForm>
        </Panel>
    }
}
