//! What happens, as it happens: one stream of events a tab, which pages follow. It closes while nobody looks at the tab, comes
//! back by itself, and then asks what was missed.

use domain::views::Viewer;
use leptos::{
    prelude::*,
    wasm_bindgen::{JsCast, closure::Closure},
};
use std::{cell::RefCell, time::Duration};
use web_sys::EventSource;

/// A stream that was refused is tried again after so long; one that broke off comes back by itself.
const AGAIN: Duration = Duration::from_secs(5);

/// The tab's stream.
#[derive(Debug, Clone, Copy)]
pub struct Live {
    /// Whether it is open.
    pub open: RwSignal<bool>,
    /// Whether the viewer wants to see what is new.
    pub paused: RwSignal<bool>,
    /// Grows with every piece of news.
    news: RwSignal<u32>,
}

thread_local! {
    /// The tab's one stream, and what listens to the tab. The browser has one thread; the server has none of it.
    static SOURCE: RefCell<Option<Source>> = const { RefCell::new(None) };
    static WATCH: RefCell<Option<Closure<dyn FnMut()>>> = const { RefCell::new(None) };
}

/// An open stream with what listens to it.
struct Source {
    stream: EventSource,
    _listeners: [Closure<dyn FnMut()>; 3],
}

impl Drop for Source {
    fn drop(&mut self) {
        self.stream.close();
    }
}

/// Makes the tab's stream, for all pages below. It opens in the browser, once it is known who looks.
pub fn provide_live() -> Live {
    let live = Live { open: RwSignal::new(false), paused: RwSignal::new(false), news: RwSignal::new(0) };
    provide_context(live);
    live
}

/// Runs when there is news, unless it is paused. Pages that show what is new call it.
pub fn follow(asks: impl Fn() + 'static) {
    let Some(live) = use_context::<Live>() else { return };
    Effect::new(move |seen: Option<u32>| {
        let news = live.news.get();
        if seen.is_some_and(|seen| seen != news) && !live.paused.get_untracked() {
            asks();
        }
        news
    });
}

/// The stream of this viewer's scope; `None`: there is nothing they could follow.
fn address(viewer: &Viewer) -> Option<String> {
    match &viewer.tenant {
        Some(tenant) => Some(format!("/api/v1/events?topics=usage&tenant={}", tenant.id)),
        None => viewer.admin.then(|| "/api/v1/events?topics=usage".to_owned()),
    }
}

impl Live {
    /// Grows with every piece of news.
    pub fn news(self) -> Signal<u32> {
        self.news.into()
    }

    /// Follows what this viewer may see, for as long as the caller's scope lives.
    pub fn start(self, viewer: &Viewer) {
        let Some(address) = address(viewer) else { return };
        Effect::new(move |_| {
            // Not before the page is loaded: to the browser, a stream opened earlier is part of loading it, without end.
            let first = address.clone();
            when_loaded(move || self.connect(&first));
            let address = address.clone();
            let listener = Closure::<dyn FnMut()>::new(move || {
                if document().hidden() {
                    self.close();
                } else {
                    self.connect(&address);
                    // What was missed meanwhile.
                    self.news.update(|news| *news = news.wrapping_add(1));
                }
            });
            let told = listener.as_ref().unchecked_ref();
            let _ = document().add_event_listener_with_callback("visibilitychange", told);
            WATCH.set(Some(listener));
            on_cleanup(move || {
                if let Some(listener) = WATCH.take() {
                    let told = listener.as_ref().unchecked_ref();
                    let _ = document().remove_event_listener_with_callback("visibilitychange", told);
                }
                SOURCE.take();
            });
        });
    }

    fn close(self) {
        SOURCE.take();
        self.open.set(false);
    }

    fn connect(self, address: &str) {
        let Ok(stream) = EventSource::new(address) else { return };
        let opened = Closure::<dyn FnMut()>::new(move || self.open.set(true));
        let told = Closure::<dyn FnMut()>::new(move || self.news.update(|news| *news = news.wrapping_add(1)));
        let (failing, again) = (stream.clone(), address.to_owned());
        let failed = Closure::<dyn FnMut()>::new(move || {
            self.open.set(false);
            if failing.ready_state() == EventSource::CLOSED {
                let again = again.clone();
                let _ = set_timeout(
                    move || {
                        if SOURCE.with_borrow(Option::is_some) {
                            self.connect(&again)
                        }
                    },
                    AGAIN,
                );
            }
        });
        stream.set_onopen(Some(opened.as_ref().unchecked_ref()));
        stream.set_onerror(Some(failed.as_ref().unchecked_ref()));
        let _ = stream.add_event_listener_with_callback("usage", told.as_ref().unchecked_ref());
        SOURCE.set(Some(Source { stream, _listeners: [opened, told, failed] }));
    }
}

/// Runs at once, or when the page is loaded.
fn when_loaded(run: impl FnOnce() + 'static) {
    if document().ready_state() == "complete" {
        return run();
    }
    let later = Closure::once_into_js(move || {
        let _ = set_timeout(run, Duration::ZERO);
    });
    let _ = window().add_event_listener_with_callback("load", later.unchecked_ref());
}
