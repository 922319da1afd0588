//! Priority and weight, changed in place: a small field that saves when it is left, and goes back where the server refuses.
//! Without a script it is a form that Enter sends.

use crate::{channels::SetChannelOrder, refusal::Refusal, words::Channels};
use domain::{ids::ChannelId, views::ChannelOrder};
use leptos::{html::Input, prelude::*, server_fn::ServerFn};

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// Higher comes first.
    Priority,
    /// The share among equals.
    Weight,
}

impl Which {
    fn name(self) -> &'static str {
        match self {
            Self::Priority => "priority",
            Self::Weight => "weight",
        }
    }

    fn of(self, order: ChannelOrder) -> i64 {
        match self {
            Self::Priority => order.priority.into(),
            Self::Weight => order.weight.into(),
        }
    }

    /// What to ask for; `None`: no such number.
    fn call(self, channel: ChannelId, text: &str) -> Option<SetChannelOrder> {
        let text = text.trim();
        let (priority, weight) = match self {
            Self::Priority => (Some(text.parse().ok()?), None),
            Self::Weight => (None, Some(text.parse().ok()?)),
        };
        Some(SetChannelOrder { channel, priority, weight })
    }
}

/// One of the two fields.
#[component]
pub fn OrderField(
    /// Whose.
    channel: ChannelId,
    /// Which.
    which: Which,
    /// What holds.
    order: ChannelOrder,
    /// What a screen reader calls it.
    label: String,
    /// Told why a change was refused.
    failure: RwSignal<Option<Refusal>>,
) -> impl IntoView {
    let t = Channels::here();
    let change = ServerAction::<SetChannelOrder>::new();
    let held = RwSignal::new(which.of(order));
    let field = NodeRef::<Input>::new();
    let go_back = move || {
        if let Some(field) = field.get_untracked() {
            field.set_value(&held.get_untracked().to_string());
        }
    };
    Effect::new(move |_| match change.value().get() {
        Some(Ok(order)) => held.set(which.of(order)),
        Some(Err(refusal)) => {
            go_back();
            failure.set(Some(refusal));
        }
        None => {}
    });
    let changed = move |event| match which.call(channel, &event_target_value(&event)) {
        Some(call) => {
            failure.set(None);
            change.dispatch(call);
        }
        None => {
            go_back();
            let (field, why) = (which.name().to_owned(), t.no_number().to_owned());
            failure.set(Some(Refusal::Invalid { field, why }));
        }
    };
    let (min, max) = if which == Which::Weight { ("1", "1000000") } else { ("-1000000", "1000000") };
    view! {
        <form class="cell" method="post" action=SetChannelOrder::url() on:submit=|event| event.prevent_default()>
            <input type="hidden" name="channel" value=channel.to_string()/>
            <input class="in num edit" type="number" step="1" min=min max=max required name=which.name() node_ref=field
                value=held.get_untracked().to_string() aria-label=label on:change=changed
                aria-busy=move || change.pending().get().then_some("true")/>
        </form>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_number_of_its_kind_asks_for_nothing() {
        let channel = ChannelId(1);
        let asked = Which::Priority.call(channel, " -3 ").unwrap();
        assert_eq!((asked.priority, asked.weight), (Some(-3), None));
        for text in ["", "x", "1.5", "-1", "99999999999"] {
            assert!(Which::Weight.call(channel, text).is_none(), "{text}");
        }
    }
}
