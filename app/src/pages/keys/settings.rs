//! The fields of what is set about a key, for a new one and for one that is there.

use crate::words::{self, Common};
use domain::views::KeyLine;
use leptos::prelude::*;

fn text(list: Option<Vec<String>>) -> Option<String> {
    list.map(|list| list.join(", "))
}

/// The fields, empty or as they are now.
#[component]
pub fn Settings(
    /// The key as it is.
    #[prop(optional)]
    now: Option<KeyLine>,
) -> impl IntoView {
    let (t, of, common) = (words::NewKey::here(), words::Keys::here(), Common::here());
    let (name, models, ip_allow, last_day) = match now {
        Some(KeyLine { name, models, ip_allow, last_day, .. }) => (Some(name), text(models), text(ip_allow), last_day),
        None => (None, None, None, None),
    };
    view! {
        <div class="columns">
            <div class="field">
                <label for="name">{common.name()}</label>
                <input class="in" id="name" name="name" required maxlength="200" autocomplete="off" autofocus value=name/>
            </div>
            <div class="field">
                <label for="models">{common.models()}</label>
                <input class="in" id="models" name="models" autocomplete="off" aria-describedby="models-hint" value=models/>
                <p class="hint" id="models-hint">{t.names_hint()}</p>
            </div>
            <div class="field">
                <label for="ip_allow">{of.addresses()}</label>
                <input class="in" id="ip_allow" name="ip_allow" autocomplete="off" aria-describedby="ip-hint" value=ip_allow/>
                <p class="hint" id="ip-hint">{t.addresses_hint()}</p>
            </div>
            <div class="field">
                <label for="last_day">{t.last_day()}</label>
                <input class="in" id="last_day" name="last_day" type="date" aria-describedby="day-hint" value=last_day/>
                <p class="hint" id="day-hint">{t.last_day_hint()}</p>
            </div>
        </div>
    }
}
