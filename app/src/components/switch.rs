//! On or off: flips at once, and goes back where the server refuses.

use crate::refusal::Refusal;
use leptos::{prelude::*, server_fn::ServerFn};

/// What a switch shows: what is asked for while the answer is awaited, else what holds.
#[derive(Clone, Copy)]
pub struct Flip {
    /// What shows.
    pub shown: Memo<bool>,
    /// Why the last flip was refused.
    pub failure: Signal<Option<Refusal>>,
}

/// Follows an action that answers with what holds from then on. `asked` reads what a call wants.
pub fn flip<S>(action: ServerAction<S>, holds: bool, asked: fn(&S) -> bool) -> Flip
where
    S: ServerFn<Output = bool, Error = Refusal> + Clone + Send + Sync + 'static,
{
    let held = RwSignal::new(holds);
    let (input, pending, value) = (action.input(), action.pending(), action.value());
    let shown = Memo::new(move |_| match input.get() {
        Some(call) if pending.get() => asked(&call),
        _ => held.get(),
    });
    Effect::new(move |_| {
        if let Some(Ok(now)) = value.get() {
            held.set(now);
        }
    });
    Flip { shown, failure: Signal::derive(move || value.get().and_then(Result::err)) }
}
