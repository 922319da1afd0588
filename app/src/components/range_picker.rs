//! The range of a page: the usual ones as links, any other as a form of two fields. It is kept in the address, the usual ones
//! as relative.

use super::icon::{Draw, Icon};
use crate::{clock, language, query, words::Ranges};
use domain::views::{Range, Span, Window};
use leptos::prelude::*;
use leptos_router::{components::Form, hooks::use_location, params::ParamsMap};

/// What a range is called.
pub fn name(range: Range) -> &'static str {
    match range {
        Range::Quarter => "15 m",
        Range::Hour => "1 h",
        Range::Day => "24 h",
        Range::Week => "7 d",
        Range::Month => "30 d",
    }
}

/// `23 Nov 13:32 – 14:32 UTC`.
pub fn told(window: Window) -> String {
    let language = language::current();
    let (from, to) = (window.from_us, window.to_us);
    let end = if clock::day(from, language) == clock::day(to, language) {
        clock::minute(to)
    } else {
        clock::moment(to, language)
    };
    format!("{} – {end} UTC", clock::moment(from, language))
}

/// The picker. `query` is the rest of what the page keeps in its address.
#[component]
pub fn RangePicker(
    /// The range that shows.
    span: Span,
    /// Its slots.
    window: Window,
    /// The page's other choices.
    query: ParamsMap,
) -> impl IntoView {
    let path = use_location().pathname.get_untracked();
    picker(span, window, query, &path, |fields| view! { <Form method="GET" action="">{fields}</Form> }.into_any())
}

/// The same in a part that the server draws, where a form is a plain one.
#[cfg(feature = "ssr")]
pub fn served_picker(span: Span, window: Window, query: ParamsMap, path: &'static str) -> AnyView {
    picker(span, window, query, path, |fields| view! { <form method="get" action=path>{fields}</form> }.into_any())
}

fn picker(span: Span, window: Window, query: ParamsMap, path: &str, form: impl FnOnce(AnyView) -> AnyView) -> AnyView {
    let t = Ranges::here();
    let address = |span: Span| {
        let mut query = query.clone();
        query::put_span(&mut query, Some(span));
        format!("{path}{}", query.to_query_string())
    };
    let links = Range::ALL.iter().map(|range| {
        let span_of = Span::Last(*range);
        let current = (span_of == span).then_some("true");
        view! { <a href=address(span_of) aria-current=current data-noscroll="">{name(*range)}</a> }
    });
    let links = links.collect_view();
    let fixed = matches!(span, Span::Between { .. });
    let hidden = query
        .into_iter()
        .filter(|(name, _)| !["range", "from", "to"].contains(&name.as_ref()))
        .map(|(name, value)| view! { <input type="hidden" name=name.into_owned() value=value/> })
        .collect_view();
    let fields = view! {
        {hidden}
        <div class="body">
            <div class="field">
                <label for="range-from">{t.from()}</label>
                <input class="in" id="range-from" name="from" type="datetime-local" required value=clock::field(window.from_us)/>
            </div>
            <div class="field">
                <label for="range-to">{t.to()}</label>
                <input class="in" id="range-to" name="to" type="datetime-local" required value=clock::field(window.to_us)/>
            </div>
        </div>
        <footer><button class="btn primary end" type="submit">{t.show()}</button></footer>
    }
    .into_any();
    view! {
        <div class="seg" role="group" aria-label=t.range()>
            {links}
            <button type="button" popovertarget="fixed-range" aria-label=t.custom() aria-pressed=fixed.then_some("true")>
                <Draw icon=Icon::Calendar/><span class="wide-only">{t.custom()}</span>
            </button>
        </div>
        <div class="dialog small" popover="auto" id="fixed-range" role="dialog" aria-label=t.custom()>
            {form(fields)}
        </div>
        <span class="dim small nowrap when">{told(window)}</span>
    }
    .into_any()
}
