//! Keys that work on every signed-in page, and the help about them. One listener; where somebody types, or a dialog is open,
//! it hears only the palette's key.

use super::{overlay::Overlay, search_button::command_k};
use crate::{
    navigation::{Entry, offered},
    words::{Common, Places, Shortcuts},
};
use domain::views::Viewer;
use leptos::{
    ev::KeyboardEvent,
    prelude::*,
    wasm_bindgen::{JsCast, closure::Closure},
    web_sys::Element,
};
use leptos_router::{NavigateOptions, hooks::use_navigate};

/// After `g` the next key is awaited so long.
const AWAITED_MS: f64 = 1_000.0;
/// The second key of two, and where it leads.
const GO: [(&str, &str); 4] = [("h", "/"), ("u", "/usage"), ("r", "/requests"), ("k", "/keys")];

/// The keys that lead to pages this viewer is offered.
fn ways(viewer: &Viewer) -> Vec<(&'static str, Entry)> {
    let entries = offered(viewer);
    let entry = |path: &str| entries.iter().find(|entry| entry.path == path).copied();
    GO.into_iter().filter_map(|(key, path)| Some((key, entry(path)?))).collect()
}

fn is_typed(event: &KeyboardEvent) -> bool {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let fields = "input, textarea, select, [contenteditable]:not([contenteditable='false'])";
    target.is_some_and(|target| target.closest(fields).is_ok_and(|field| field.is_some()))
}

fn is_over_the_page() -> bool {
    document().query_selector("dialog:modal, .dialog:popover-open").is_ok_and(|dialog| dialog.is_some())
}

/// Hears keys before anybody else on the page, until its owner goes. Only in a browser.
fn listen(hear: impl FnMut(KeyboardEvent) + 'static) {
    let listener = StoredValue::new_local(Closure::<dyn FnMut(KeyboardEvent)>::new(hear));
    listener.with_value(|listener| {
        let told = listener.as_ref().unchecked_ref();
        let _ = window().add_event_listener_with_callback_and_bool("keydown", told, true);
    });
    on_cleanup(move || {
        listener.try_with_value(|listener| {
            let told = listener.as_ref().unchecked_ref();
            let _ = window().remove_event_listener_with_callback_and_bool("keydown", told, true);
        });
    });
}

/// The listener and the help.
#[component]
pub fn Keyboard(
    /// Who is signed in.
    viewer: Viewer,
    /// Opens the palette.
    palette: RwSignal<bool>,
) -> impl IntoView {
    let help = RwSignal::new(false);
    let ways = StoredValue::new(ways(&viewer));
    let navigate = use_navigate();
    // When `g` was pressed.
    let begun = StoredValue::new(None::<f64>);
    let hear = move |event: KeyboardEvent| {
        let command = event.ctrl_key() || event.meta_key();
        if command && !event.alt_key() && !event.shift_key() && event.key().eq_ignore_ascii_case("k") {
            if palette.get_untracked() || !is_over_the_page() {
                event.prevent_default();
                palette.update(|open| *open = !*open);
            }
            return;
        }
        if is_over_the_page() {
            if event.key() == "Escape" {
                // It closes what lies over the page; what is open on the page stays.
                event.stop_propagation();
            }
            return;
        }
        if command || event.alt_key() || event.is_composing() || is_typed(&event) {
            return;
        }
        let awaited = begun.get_value().is_some_and(|since| event.time_stamp() - since < AWAITED_MS);
        begun.set_value(None);
        match event.key().as_str() {
            "?" | "？" => {
                event.prevent_default();
                help.set(true);
            }
            "g" => begun.set_value(Some(event.time_stamp())),
            second if awaited => {
                let way =
                    ways.with_value(|ways| ways.iter().find(|(key, _)| *key == second).map(|(_, entry)| entry.path));
                if let Some(path) = way {
                    event.prevent_default();
                    navigate(path, NavigateOptions::default());
                }
            }
            _ => {}
        }
    };
    Effect::new(move |_| listen(hear.clone()));
    view! { <Help open=help ways/> }
}

/// The table of keys.
#[component]
fn Help(open: RwSignal<bool>, ways: StoredValue<Vec<(&'static str, Entry)>>) -> impl IntoView {
    let (t, places) = (Shortcuts::here(), Places::here());
    let line = |keys: Vec<&'static str>, between: &'static str, what: String| {
        let keys = keys.into_iter().enumerate().map(|(place, key)| {
            view! { {(place > 0).then(|| format!(" {between} "))}<kbd>{key}</kbd> }
        });
        view! { <tr><th scope="row">{keys.collect_view()}</th><td>{what}</td></tr> }
    };
    let lines = move || {
        let fixed = [
            (vec![command_k()], t.palette()),
            (vec!["/"], t.search()),
            (vec!["j", "k"], t.moves()),
            (vec!["Enter"], t.opens()),
            (vec!["Esc"], t.closes()),
            (vec!["?"], t.help()),
        ];
        let fixed = fixed.into_iter().map(move |(keys, what)| line(keys, t.or(), what.to_owned()));
        let ways = ways.get_value().into_iter();
        let ways = ways.map(move |(key, entry)| line(vec!["g", key], t.then(), t.go(entry.name(places))));
        (fixed.collect_view(), ways.collect_view())
    };
    view! {
        <Overlay open class="dialog" label=t.title()>
            <header><h2>{t.title()}</h2></header>
            <div class="body">
                <table class="shortcuts">
                    <thead class="sr"><tr><th scope="col">{t.key()}</th><th scope="col">{t.what()}</th></tr></thead>
                    <tbody>{lines()}</tbody>
                </table>
            </div>
            <footer>
                <button class="btn end" type="button" autofocus on:click=move |_| open.set(false)>{Common::here().close()}</button>
            </footer>
        </Overlay>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{ids::TenantId, role::Role, views::TenantSeen};

    #[test]
    fn two_keys_lead_where_one_may_go() {
        let keys = |viewer: &Viewer| ways(viewer).into_iter().map(|(key, _)| key).collect::<Vec<_>>();
        let admin = Viewer { email: "a@b".into(), admin: true, tenant: None, tenants: Vec::new() };
        assert_eq!(keys(&admin), ["h", "u", "r"]);
        let tenant = TenantSeen { id: TenantId(1), name: "Acme".into(), role: Some(Role::Developer) };
        assert_eq!(keys(&Viewer { admin: false, tenant: Some(tenant), ..admin }), ["h", "u", "r", "k"]);
    }
}
