//! One key in the list: how it is, and what is done with it.

use super::{revoke::Revoke, rotate::Rotate};
use crate::{
    components::{
        note::RefusalNote,
        switch::{Flip, flip},
        time::Clock,
    },
    keys::{MadeKey, SetKeyEnabled},
    words,
};
use domain::views::KeyLine;
use leptos::prelude::*;
use leptos_router::components::A;

fn some(list: Option<Vec<String>>, none: &'static str) -> String {
    list.map_or_else(|| none.to_owned(), |list| list.join(", "))
}

fn moment(time: Option<String>, none: &'static str) -> impl IntoView {
    match time {
        Some(time) => view! { <Clock time/> }.into_any(),
        None => view! { <span class="dim">{none}</span> }.into_any(),
    }
}

/// Its secrets, as far as they are shown.
#[component]
fn Secrets(begin: String, end: String, former_until: Option<String>) -> impl IntoView {
    let t = words::Keys::here();
    view! {
        <span class="mono dim">{format!("{begin}…{end}")}</span>
        {former_until.map(|time| view! { <div class="small mid">{t.former()}" "<Clock time/>" UTC"</div> })}
    }
}

/// The row.
#[component]
pub fn Row(
    /// The key.
    line: KeyLine,
    /// Whether there are buttons.
    may_change: bool,
    /// Told when it is no longer as it was.
    on_change: Callback<()>,
    /// Given a new secret.
    on_made: Callback<MadeKey>,
) -> impl IntoView {
    let t = words::Keys::here();
    let change = words::ChangeKey::here();
    let KeyLine { id, name, prefix, last4, former_until, enabled, expired, expires_at, .. } = line;
    let KeyLine { models, ip_allow, last_used, .. } = line;
    let switch = ServerAction::<SetKeyEnabled>::new();
    let Flip { shown, failure } = flip(switch, enabled, |call| call.enabled);
    let state = move || match (expired, shown.get()) {
        (true, _) => view! { <span class="st off">{t.expired()}</span> },
        (false, true) => view! { <span class="st ok">{t.active()}</span> },
        (false, false) => view! { <span class="st off">{t.off()}</span> },
    };
    let label = t.is_on(&name);
    view! {
        <tr>
            <th scope="row" class="strong">{name.clone()}</th>
            <td><Secrets begin=prefix end=last4 former_until/></td>
            <td>{state}</td>
            <td class="mid clip">{some(models, t.all())}</td>
            <td class="mid clip">{some(ip_allow, t.any())}</td>
            <td>{moment(last_used, t.never_used())}</td>
            <td>{moment(expires_at, t.endless())}</td>
            <td class="acts">
                {may_change.then(|| view! {
                    <ActionForm action=switch attr:class="inline">
                        <input type="hidden" name="key" value=id.to_string()/>
                        <input type="hidden" name="enabled" value=move || (!shown.get()).to_string()/>
                        <button class="switch" type="submit" role="switch" aria-label=label
                            aria-checked=move || if shown.get() { "true" } else { "false" }></button>
                    </ActionForm>
                    <A href=format!("/keys?change={id}") attr:class="btn ghost sm" attr:aria-label=change.change_named(&name)>
                        {change.change()}
                    </A>
                    <Rotate id=id.to_string() name=name.clone() on_made/>
                    <Revoke id=id.to_string() name on_change/>
                    <RefusalNote refusal=failure/>
                })}
            </td>
        </tr>
    }
}
