//! The first admin, made by whoever has the one-time link from the server's log.

use super::gate::Gate;
use crate::{
    components::{field::Field, note::RefusalNote, submit::Submit},
    refusal::Refusal,
    session::{PASSWORD_MIN, setup_pending},
    words,
};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;

/// The page.
#[component]
pub fn SetUp() -> impl IntoView {
    let t = words::Gate::here();
    let token = Signal::derive({
        let params = use_params_map();
        move || params.read().get("token").unwrap_or_default()
    });
    let pending = Resource::new(move || token.get(), setup_pending);
    view! {
        <Title text=t.set_up()/>
        <Gate>
            <h1>{t.set_up()}</h1>
            <Transition>
                {move || Suspend::new(async move {
                    match pending.await {
                        Ok(true) => view! { <SetUpForm token=token.get_untracked()/> }.into_any(),
                        Ok(false) => over(Refusal::LinkOver).into_any(),
                        Err(refusal) => over(refusal).into_any(),
                    }
                })}
            </Transition>
        </Gate>
    }
}

fn over(refusal: Refusal) -> impl IntoView {
    view! {
        <RefusalNote refusal=Signal::stored(Some(refusal))/>
        <a class="btn lg wide" href="/sign-in">{words::Gate::here().sign_in()}</a>
    }
}

#[component]
fn SetUpForm(token: String) -> impl IntoView {
    let (t, password) = (words::Gate::here(), words::Password::here());
    let set_up = ServerAction::<crate::session::SetUp>::new();
    let refusal = Signal::derive(move || set_up.value().get().and_then(Result::err));
    let email_wrong = Signal::derive(move || refusal.get() == Some(Refusal::EmailInvalid));
    let password_wrong = Signal::derive(move || refusal.get() == Some(Refusal::PasswordTooShort));
    view! {
        <p class="mid">{t.set_up_is()}</p>
        <ActionForm action=set_up>
            <RefusalNote refusal/>
            <input type="hidden" name="token" value=token/>
            <Field name="email" label=t.email() kind="email" autocomplete="username" invalid=email_wrong/>
            <Field
                name="password"
                label=password.password()
                kind="password"
                autocomplete="new-password"
                minlength=PASSWORD_MIN
                hint=password.characters(PASSWORD_MIN)
                invalid=password_wrong
            />
            <Submit label=t.create_admin() pending=set_up.pending()/>
        </ActionForm>
    }
}
