//! How a request ended: a shape and a word, then a colour, since not everyone sees the colour.

use crate::words::Parts;
use leptos::prelude::*;

/// The class that draws the shape, and the word.
fn ended(t: Parts, status: u16) -> (&'static str, &'static str) {
    match status {
        200..300 => ("st ok", t.fine()),
        499 => ("st off", t.caller_left()),
        400..500 => ("st slow", t.refused()),
        _ => ("st down", t.failed()),
    }
}

/// An HTTP status.
#[component]
pub fn HttpStatus(
    /// The status the caller saw.
    status: u16,
) -> impl IntoView {
    let (class, word) = ended(Parts::here(), status);
    view! { <span class=class>{status}" "<span class="word">{word}</span></span> }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Language;

    #[test]
    fn each_class_of_status_has_a_shape_of_its_own() {
        let shapes = [200, 402, 499, 502].map(|status| ended(Parts(Language::English), status).0);
        let distinct: std::collections::BTreeSet<_> = shapes.into_iter().collect();
        assert_eq!(distinct.len(), shapes.len());
    }
}
