//! Keys for a list: `/` goes to its search, j and k move through its rows, Enter opens one (it is a link), Esc closes what is
//! open. Rows are links marked `data-row`, the search `data-search`, what closes `data-close`.

use leptos::{ev, prelude::*, wasm_bindgen::JsCast};
use web_sys::{Element, HtmlElement};

/// Whether somebody is typing.
fn typing(event: &ev::KeyboardEvent) -> bool {
    let at = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    at.is_some_and(|at| {
        at.closest("input, textarea, select, [contenteditable], dialog, [popover]:popover-open")
            .ok()
            .flatten()
            .is_some()
    })
}

fn find(selector: &str) -> Option<HtmlElement> {
    document().query_selector(selector).ok().flatten()?.dyn_into().ok()
}

/// The rows, in order.
fn rows() -> Vec<HtmlElement> {
    let Ok(all) = document().query_selector_all("[data-row]") else { return Vec::new() };
    (0..all.length()).filter_map(|number| all.get(number)?.dyn_into().ok()).collect()
}

/// Moves by one row from the one that is focused, else from the one that is open; the first otherwise.
fn go(back: bool) {
    let rows = rows();
    let focused = document().active_element();
    let at = rows.iter().position(|row| focused.as_ref().is_some_and(|it| it.is_same_node(Some(row))));
    let open = || rows.iter().position(|row| row.has_attribute("aria-current"));
    let next = match at.or_else(open) {
        None => 0,
        Some(at) if back => at.saturating_sub(1),
        Some(at) => at + 1,
    };
    let Some(row) = rows.get(next.min(rows.len().saturating_sub(1))) else { return };
    let _ = row.focus();
    // Where one is open beside the list, moving shows the next.
    if find("[data-close]").is_some() {
        row.click();
    }
}

/// Listens for as long as the page is there.
pub fn listen() {
    let handle = window_event_listener(ev::keydown, |event| {
        if event.ctrl_key() || event.meta_key() || event.alt_key() || event.default_prevented() {
            return;
        }
        if event.key() == "Escape" {
            if let Some(close) = find("[data-close]") {
                close.click();
            }
            return;
        }
        if typing(&event) {
            return;
        }
        match event.key().as_str() {
            "j" => go(false),
            "k" => go(true),
            "/" => {
                if let Some(search) = find("[data-search]") {
                    event.prevent_default();
                    let _ = search.focus();
                }
            }
            _ => {}
        }
    });
    on_cleanup(move || handle.remove());
}
