//! The side: where one can go, and who is there. Under 860 px it is a popover, opened without a script.

use super::{
    brand::Mark,
    icon::{Draw, Icon},
    language_switch::LanguageSwitch,
    search_button::SearchButton,
};
use crate::{
    navigation::{is_at, offered},
    session::{SignOut, StepInto},
    words::{Places, Roles, Shell},
};
use domain::views::{TenantSeen, Viewer};
use leptos::{prelude::*, server_fn::ServerFn};
use leptos_router::{components::A, hooks::use_location};

/// The letters that stand for a person: the first two of their address.
fn initials(email: &str) -> String {
    email.chars().filter(|c| c.is_alphanumeric()).take(2).flat_map(char::to_uppercase).collect()
}

/// The main navigation.
#[component]
pub fn Navigation(
    /// Who is signed in.
    viewer: Viewer,
    /// Opens the palette.
    palette: RwSignal<bool>,
) -> impl IntoView {
    let (t, places, roles) = (Shell::here(), Places::here(), Roles::here());
    let sign_out = ServerAction::<SignOut>::new();
    let here = use_location().pathname;
    let place = match &viewer.tenant {
        Some(tenant) => {
            tenant.role.map_or_else(|| roles.admin().to_owned(), |role| format!("{} · {}", roles.of(role), tenant.name))
        }
        None if viewer.admin => t.all_tenants().to_owned(),
        None => t.no_tenant().to_owned(),
    };
    let (email, whole) = (viewer.email.clone(), viewer.email.clone());
    let links = offered(&viewer).into_iter().map(|entry| {
        let name = entry.name(places);
        let current = move || is_at(&entry, &here.get()).then_some("page");
        view! { <li><A href=entry.path attr:aria-current=current><Draw icon=entry.icon/>{name}</A></li> }
    });
    view! {
        <nav class="nav" id="nav" popover="auto" aria-label=t.main()>
            <a class="brand" href="/"><Mark/>"Turnpike"</a>
            <SearchButton open=palette/>
            <TenantSwitch viewer=viewer.clone()/>
            <ul>{links.collect_view()}</ul>
            <footer>
                <div class="who">
                    <span class="face" aria-hidden="true">{initials(&viewer.email)}</span>
                    <A href="/profile" attr:class="name" attr:title=whole>
                        {email}
                        <small>{place}</small>
                    </A>
                </div>
                <LanguageSwitch/>
                <ActionForm action=sign_out>
                    <button class="btn ghost wide" type="submit"><Draw icon=Icon::SignOut/>{t.sign_out()}</button>
                </ActionForm>
            </footer>
        </nav>
    }
}

/// Which of their tenants somebody looks at, where they have several.
#[component]
fn TenantSwitch(viewer: Viewer) -> impl IntoView {
    let t = Shell::here();
    let Viewer { tenant, tenants, admin, .. } = viewer;
    (!admin && tenants.len() > 1).then(|| {
        let current = tenant.map(|tenant| tenant.id);
        let option = move |one: TenantSeen| {
            view! { <option value=one.id.to_string() selected=Some(one.id) == current>{one.name}</option> }
        };
        view! {
            <form class="switch-tenant" method="post" action=StepInto::url()>
                <label class="sr" for="tenant">{t.tenant()}</label>
                <select class="in" id="tenant" name="tenant">{tenants.into_iter().map(option).collect_view()}</select>
                <button class="btn" type="submit">{t.go()}</button>
            </form>
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initials_are_letters_whatever_the_address() {
        assert_eq!(initials("jonas@northwind.example"), "JO");
        assert_eq!(initials("\"!\"@x"), "X");
        assert_eq!(initials(""), "");
    }
}
