//! Profile: who is signed in, what they are to which tenant, and another password.

use super::signed_in::refused;
use crate::{
    components::{field::Field, note::RefusalNote, panel::Panel, skeleton::Skeleton, table::Table, topbar::Topbar},
    refusal::Refusal,
    session::{ChangePassword, PASSWORD_MIN, who_is_there},
    words,
};
use domain::views::{TenantSeen, Viewer};
use leptos::prelude::*;
use leptos_meta::Title;

/// The page.
#[component]
pub fn Profile() -> impl IntoView {
    let t = words::Profile::here();
    let viewer = Resource::new(|| (), |()| who_is_there());
    view! {
        <Title text=t.profile()/>
        <Topbar title=t.profile()><span></span></Topbar>
        <div class="page">
            <Transition fallback=|| view! { <Skeleton/> }>
                {move || Suspend::new(async move {
                    match viewer.await {
                        Ok(viewer) => view! { <Who viewer/> }.into_any(),
                        Err(refusal) => refused(refusal).into_any(),
                    }
                })}
            </Transition>
            <Password/>
        </div>
    }
}

#[component]
fn Who(viewer: Viewer) -> impl IntoView {
    let (t, of, roles) = (words::Profile::here(), words::Tenants::here(), words::Roles::here());
    let Viewer { email, admin, tenants, .. } = viewer;
    let row = move |TenantSeen { name, role, .. }: TenantSeen| {
        view! { <tr><th scope="row" class="strong">{name}</th><td>{role.map(|role| roles.of(role))}</td></tr> }
    };
    view! {
        <section class="hero">
            <div>
                <b class="big">{email}</b>
                <span class="mid">{if admin { t.runs_place() } else { t.member() }}</span>
            </div>
        </section>
        {(!tenants.is_empty()).then(|| view! {
            <Panel title=of.tenants() aside=t.what_you_are()>
                <Table label=of.tenants()>
                    <thead><tr><th scope="col">{words::Tenant::here().tenant()}</th><th scope="col">{t.role()}</th></tr></thead>
                    <tbody>{tenants.into_iter().map(row).collect_view()}</tbody>
                </Table>
            </Panel>
        })}
    }
}

#[component]
fn Password() -> impl IntoView {
    let t = words::Password::here();
    let change = ServerAction::<ChangePassword>::new();
    let refusal = Signal::derive(move || change.value().get().and_then(Result::err));
    let wrong = move |field: &'static str| {
        Signal::derive(move || matches!(refusal.get(), Some(Refusal::Invalid { field: at, .. }) if at == field))
    };
    let done = move || matches!(change.value().get(), Some(Ok(()))).then_some(t.changed());
    view! {
        <Panel title=t.password() aside=t.ends_others()>
            <ActionForm action=change attr:class="form">
                <RefusalNote refusal/>
                <div class="columns">
                    <Field name="old" label=t.old() kind="password" autocomplete="current-password" invalid=wrong("Old password")/>
                    <Field
                        name="new"
                        label=t.new_password()
                        kind="password"
                        autocomplete="new-password"
                        minlength=PASSWORD_MIN
                        hint=t.characters(PASSWORD_MIN)
                        invalid=wrong("password")
                    />
                </div>
                <div class="bar">
                    <button class="btn primary" type="submit" disabled=move || change.pending().get()>{t.change()}</button>
                    <span class="mid" role="status">{done}</span>
                </div>
            </ActionForm>
        </Panel>
    }
}
