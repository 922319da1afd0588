//! One labelled field of a form.

use leptos::prelude::*;

/// A label and its input. The browser checks what it can (`type`, `required`, `minlength`); the server checks again.
#[component]
pub fn Field(
    /// What it is called in the form.
    name: &'static str,
    /// What people read.
    label: &'static str,
    /// The input's type.
    #[prop(default = "text")]
    kind: &'static str,
    /// What a password manager or the browser may fill in.
    autocomplete: &'static str,
    /// The fewest characters.
    #[prop(optional)]
    minlength: Option<usize>,
    /// What helps to fill it in.
    #[prop(optional, into)]
    hint: Option<String>,
    /// Whether what was given is refused.
    #[prop(into)]
    invalid: Signal<bool>,
) -> impl IntoView {
    let hint_id = format!("{name}-hint");
    let described = hint.is_some().then(|| hint_id.clone());
    view! {
        <div class="field">
            <label for=name>{label}</label>
            <input
                class="in lg"
                id=name
                name=name
                type=kind
                autocomplete=autocomplete
                minlength=minlength
                required
                aria-invalid=move || invalid.get().then_some("true")
                aria-describedby=described
            />
            {hint.map(|hint| view! { <p class="hint" id=hint_id>{hint}</p> })}
        </div>
    }
}
