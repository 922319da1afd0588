//! The palette: type a part of a name and go there. A combobox over a list in groups; focus never leaves its field.

mod asking;
mod choices;
mod matching;

use super::{
    icon::{Draw, Icon},
    note::RefusalNote,
    overlay::Overlay,
};
use crate::{
    session::StepInto,
    words::{Common, Palette as Words, Places, Roles},
};
use asking::answers;
use choices::{Choice, Go, Group, choices};
use domain::views::Viewer;
use leptos::{ev::KeyboardEvent, html, prelude::*, server_fn::ServerFn, web_sys};
use leptos_router::{NavigateOptions, hooks::use_navigate};
use matching::held;

/// The list, for the field that steers it.
const LIST: &str = "palette-list";

fn option_id(place: usize) -> String {
    format!("palette-{place}")
}

/// The palette, closed until `open` says otherwise.
#[component]
pub fn Palette(
    /// Who is signed in.
    viewer: Viewer,
    /// Whether it is open.
    open: RwSignal<bool>,
) -> impl IntoView {
    view! {
        <Overlay open class="dialog palette" label=Words::here().label()>
            <Search viewer=viewer.clone() open/>
        </Overlay>
    }
}

/// The field and what goes by its text.
#[component]
fn Search(viewer: Viewer, open: RwSignal<bool>) -> impl IntoView {
    let (t, places, roles) = (Words::here(), Places::here(), Roles::here());
    let value = RwSignal::new(String::new());
    let text = Memo::new(move |_| value.read().trim().to_owned());
    let answer = answers(text);
    let all = Memo::new(move |_| choices(&viewer, (places, roles), &text.read(), &answer.read()));
    let picked = RwSignal::new(0_usize);
    let at = Memo::new(move |_| picked.get().min(all.read().len().saturating_sub(1)));
    let into: NodeRef<html::Form> = NodeRef::new();
    let tenant: NodeRef<html::Input> = NodeRef::new();
    let navigate = use_navigate();
    let go = Callback::new(move |place: usize| {
        let go = all.read_untracked().get(place).map(|choice| choice.go.clone());
        match go {
            Some(Go::Page(path)) => {
                open.set(false);
                navigate(&path, NavigateOptions::default());
            }
            Some(Go::Into(id)) => {
                if let (Some(form), Some(tenant)) = (into.get_untracked(), tenant.get_untracked()) {
                    tenant.set_value(&id.to_string());
                    let _ = form.submit();
                }
            }
            None => {}
        }
    });
    let key = move |event: KeyboardEvent| {
        // Enter may only end a word of an input method.
        if event.is_composing() {
            return;
        }
        let (here, many) = (at.get_untracked(), all.read_untracked().len().max(1));
        match event.key().as_str() {
            "ArrowDown" => picked.set((here + 1) % many),
            "ArrowUp" => picked.set((here + many - 1) % many),
            "Enter" => go.run(here),
            _ => return,
        }
        event.prevent_default();
    };
    let known = move || answer.read().text == text.get();
    let said = move || match all.read().len() {
        0 if !known() => t.searching().to_owned(),
        0 => t.nothing().to_owned(),
        many => t.count(many),
    };
    let refusal = Signal::derive(move || answer.read().found.clone().err());
    view! {
        <div class="ask">
            <Draw icon=Icon::Search/>
            <input
                type="text"
                role="combobox"
                aria-expanded=move || if all.read().is_empty() { "false" } else { "true" }
                aria-controls=LIST
                aria-autocomplete="list"
                aria-activedescendant=move || (!all.read().is_empty()).then(|| option_id(at.get()))
                aria-label=t.label()
                placeholder=t.hint()
                autocomplete="off"
                autocapitalize="none"
                spellcheck="false"
                enterkeyhint="go"
                maxlength="200"
                autofocus
                on:input=move |event| {
                    picked.set(0);
                    value.set(event_target_value(&event));
                }
                on:keydown=key
            />
            <button class="btn ghost" type="button" on:click=move |_| open.set(false)>
                <span class="sr">{Common::here().close()}</span>
                <kbd aria-hidden="true">"Esc"</kbd>
                <Draw icon=Icon::Close/>
            </button>
        </div>
        <p class="sr" role="status">{said}</p>
        <RefusalNote refusal/>
        <div class="none" hidden=move || !(all.read().is_empty() && answer.read().found.is_ok())>
            {move || if known() {
                view! { <b>{t.nothing()}</b><p class="dim">{t.advice()}</p> }.into_any()
            } else {
                view! { <p class="dim">{t.searching()}</p> }.into_any()
            }}
        </div>
        // A press on the list leaves the focus in the field.
        <div class="list" id=LIST role="listbox" aria-label=t.results() hidden=move || all.read().is_empty()
            on:mousedown=|event| event.prevent_default()>
            {move || groups(t, &all.read(), &text.read(), at, picked, go)}
        </div>
        <footer aria-hidden="true">
            <span><kbd>"↑"</kbd><kbd>"↓"</kbd>{t.moves()}</span>
            <span><kbd>"↵"</kbd>{t.opens()}</span>
        </footer>
        // A plain form: in another tenant every page is another, so the page is loaded again.
        <form hidden method="post" action=StepInto::url() node_ref=into>
            <input type="hidden" name="tenant" node_ref=tenant/>
        </form>
    }
}

/// The list, one group a kind.
fn groups(
    t: Words,
    all: &[Choice],
    text: &str,
    at: Memo<usize>,
    picked: RwSignal<usize>,
    go: Callback<usize>,
) -> impl IntoView + use<> {
    let group = |group: Group| {
        let of = all.iter().enumerate().filter(|(_, choice)| choice.group == group);
        let lines: Vec<_> = of.map(|(place, choice)| line(place, choice, text, at, picked, go)).collect();
        let id = format!("palette-{group:?}");
        let named_by = id.clone();
        (!lines.is_empty()).then(|| {
            view! {
                <div role="group" aria-labelledby=named_by>
                    <h3 role="presentation" id=id>{group.name(t)}</h3>
                    <ul role="presentation">{lines}</ul>
                </div>
            }
        })
    };
    Group::ALL.map(group).into_iter().collect_view()
}

/// One choice.
fn line(
    place: usize,
    choice: &Choice,
    text: &str,
    at: Memo<usize>,
    picked: RwSignal<usize>,
    go: Callback<usize>,
) -> impl IntoView + use<> {
    let Choice { icon, name, beside, .. } = choice.clone();
    let item: NodeRef<html::Li> = NodeRef::new();
    Effect::new(move |_| {
        if let (true, Some(item)) = (at.get() == place, item.get()) {
            let options = web_sys::ScrollIntoViewOptions::new();
            options.set_block(web_sys::ScrollLogicalPosition::Nearest);
            item.scroll_into_view_with_scroll_into_view_options(&options);
        }
    });
    view! {
        <li
            role="option"
            id=option_id(place)
            node_ref=item
            aria-selected=move || if at.get() == place { "true" } else { "false" }
            on:mousemove=move |_| picked.set(place)
            on:click=move |_| go.run(place)
        >
            <Draw icon=icon/>
            <span class:mono=choice.group == Group::Requests>{marked(name, text)}</span>
            <small>{beside}</small>
        </li>
    }
}

/// The name with the text in it marked.
fn marked(name: String, text: &str) -> impl IntoView + use<> {
    let at = held(&name, text).filter(|at| !at.is_empty());
    let parts = at.and_then(|at| Some((name.get(..at.start)?, name.get(at.clone())?, name.get(at.end..)?)));
    match parts {
        Some((before, part, after)) => {
            let (before, part, after) = (before.to_owned(), part.to_owned(), after.to_owned());
            view! { {before}<mark>{part}</mark>{after} }.into_any()
        }
        None => name.into_any(),
    }
}
