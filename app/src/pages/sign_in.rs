//! Signing in.

use super::gate::Gate;
use crate::{
    components::{field::Field, note::RefusalNote, submit::Submit},
    refusal::Refusal,
    words,
};
use leptos::prelude::*;
use leptos_meta::Title;

/// The page.
#[component]
pub fn SignIn() -> impl IntoView {
    let t = words::Gate::here();
    let sign_in = ServerAction::<crate::session::SignIn>::new();
    let refusal = Signal::derive(move || sign_in.value().get().and_then(Result::err));
    let wrong = Signal::derive(move || refusal.get() == Some(Refusal::Wrong));
    view! {
        <Title text=t.sign_in()/>
        <Gate>
            <h1>{t.sign_in()}</h1>
            <ActionForm action=sign_in>
                <RefusalNote refusal/>
                <Field name="email" label=t.email() kind="email" autocomplete="username" invalid=wrong/>
                <Field name="password" label=words::Password::here().password() kind="password" autocomplete="current-password" invalid=wrong/>
                <Submit label=t.sign_in() pending=sign_in.pending()/>
            </ActionForm>
            <p class="dim small">{t.no_account()}</p>
        </Gate>
    }
}
