//! Asks the server while somebody types: not for each letter, and an answer that comes late never replaces a newer one.

use crate::{refusal::Refusal, search::search};
use domain::views::Found;
use leptos::{prelude::*, task::spawn_local};
use std::time::Duration;

/// So long nothing more must be typed.
const PAUSE: Duration = Duration::from_millis(150);

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// To which text.
    pub text: String,
    /// What it is.
    pub found: Result<Found, Refusal>,
}

impl Default for Answer {
    fn default() -> Self {
        Self { text: String::new(), found: Ok(Found::default()) }
    }
}

/// The newest answer to what is typed.
pub fn answers(typed: Memo<String>) -> RwSignal<Answer> {
    let answer = RwSignal::new(Answer::default());
    // Counts the texts; who finds it moved on is late. Gone with the palette.
    let turn = StoredValue::new(0_u64);
    Effect::new(move |_| {
        let text = typed.get();
        let mine = turn.get_value() + 1;
        turn.set_value(mine);
        if text.is_empty() {
            answer.set(Answer::default());
            return;
        }
        let in_time = move || turn.try_get_value() == Some(mine);
        let ask = move || {
            if in_time() {
                spawn_local(async move {
                    let found = search(text.clone()).await;
                    if in_time() {
                        answer.set(Answer { text, found });
                    }
                });
            }
        };
        let _ = set_timeout(ask, PAUSE);
    });
    answer
}
