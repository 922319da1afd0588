//! The form for a new channel.

use crate::{
    channels::{CreateChannel, providers},
    components::{note::RefusalNote, panel::Panel},
    words::{self, Common},
};
use leptos::prelude::*;
use leptos_router::components::A;

/// The form: provider and secret are enough.
#[component]
pub fn NewChannel(
    /// Makes it.
    create: ServerAction<CreateChannel>,
) -> impl IntoView {
    let (t, of, common) = (words::NewChannel::here(), words::Channels::here(), Common::here());
    let refusal = Signal::derive(move || create.value().get().and_then(Result::err));
    let made = move || matches!(create.value().get(), Some(Ok(()))).then_some(t.made());
    let option = |(word, name)| view! { <option value=word>{name}</option> };
    view! {
        <Panel title=of.new_channel() aside=t.enough()>
            <ActionForm action=create attr:class="form">
                <RefusalNote refusal/>
                <div class="columns">
                    <div class="field">
                        <label for="provider">{t.provider()}</label>
                        <select class="in" id="provider" name="provider">{providers(of).map(option).into_iter().collect_view()}</select>
                    </div>
                    <div class="field">
                        <label for="secret">{t.secret()}</label>
                        <input class="in" id="secret" name="secret" type="password" autocomplete="off" aria-describedby="secret-hint"/>
                        <p class="hint" id="secret-hint">{t.secret_hint()}</p>
                    </div>
                    <div class="field">
                        <label for="name">{common.name()}</label>
                        <input class="in" id="name" name="name" maxlength="200" autocomplete="off" aria-describedby="name-hint"/>
                        <p class="hint" id="name-hint">{t.name_hint()}</p>
                    </div>
                    <div class="field">
                        <label for="base_url">{t.address()}</label>
                        <input class="in" id="base_url" name="base_url" autocomplete="off" inputmode="url" aria-describedby="url-hint"/>
                        <p class="hint" id="url-hint">{t.address_hint()}</p>
                    </div>
                    <div class="field">
                        <label for="models">{common.models()}</label>
                        <input class="in" id="models" name="models" autocomplete="off" aria-describedby="models-hint"/>
                        <p class="hint" id="models-hint">{t.models_hint()}</p>
                    </div>
                </div>
                <div class="bar">
                    <button class="btn primary" type="submit" disabled=move || create.pending().get()>{t.add()}</button>
                    <A href="/channels" attr:class="btn">{common.close()}</A>
                    <span class="mid" role="status">{made}</span>
                </div>
            </ActionForm>
        </Panel>
    }
}
