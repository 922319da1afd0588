//! The form for an alert rule, for a new one and for one that is there.

use crate::{
    alerts::{DeleteAlert, SetAlert},
    components::panel::Panel,
    pages::happened::told,
    words::{self, Common},
};
use domain::views::RuleLine;
use leptos::{prelude::*, server_fn::ServerFn};

/// The form.
#[component]
pub fn RuleForm(
    /// As it is; `None`: a new one.
    #[prop(optional_no_strip)]
    now: Option<RuleLine>,
    /// The kinds of events there are.
    kinds: Vec<String>,
    path: &'static str,
) -> impl IntoView {
    let (t, of, common) = (words::Alerts::here(), words::Budgets::here(), Common::here());
    let (title, aside) = if now.is_some() { (t.change(), "") } else { (t.new_rule(), t.new_is()) };
    let id = now.as_ref().map(|now| now.id.clone());
    let (called, hint) = match now.as_ref().and_then(|now| now.webhook.clone()) {
        Some(url) => (url, true),
        None => ("https://".to_owned(), false),
    };
    let chosen = now.as_ref().map(|now| now.kinds.clone()).unwrap_or_default();
    let kind = move |kind: String| {
        let checked = chosen.contains(&kind);
        view! { <label class="check"><input type="checkbox" name="set[kinds][]" value=kind.clone() checked=checked/>" "{told(&kind).1}</label> }
    };
    let (threshold, window) = now.as_ref().map_or((1, 300), |now| (now.threshold, now.window_seconds));
    let emails = now.as_ref().map(|now| now.emails.join(", "));
    let enabled = now.as_ref().is_none_or(|now| now.enabled);
    let which = id.clone().map(|id| view! { <input type="hidden" name="set[rule]" value=id/> });
    view! {
        <Panel title aside>
            <form method="post" action=SetAlert::url() class="form">
                {which}
                <div class="columns">
                    <div class="field">
                        <label for="name">{common.name()}</label>
                        <input class="in" id="name" name="set[name]" required maxlength="200" autocomplete="off" value=now.map(|now| now.name)/>
                    </div>
                    <div class="field">
                        <label for="emails">{t.emails()}</label>
                        <input class="in" id="emails" name="set[emails]" autocomplete="off" aria-describedby="emails-hint" value=emails/>
                        <p class="hint" id="emails-hint">{t.emails_hint()}</p>
                    </div>
                    <div class="field">
                        <label for="webhook">{t.webhook()}</label>
                        <input class="in" id="webhook" name="set[webhook]" autocomplete="off" aria-describedby="webhook-hint" placeholder=called/>
                        <p class="hint" id="webhook-hint">{t.webhook_hint()}</p>
                    </div>
                    <div class="field">
                        <label for="threshold">{t.threshold()}</label>
                        <input class="in num" id="threshold" name="set[threshold]" type="number" min="1" required value=threshold.to_string()/>
                    </div>
                    <div class="field">
                        <label for="window">{t.window()}</label>
                        <input class="in num" id="window" name="set[window_seconds]" type="number" min="1" max="86400" required value=window.to_string()/>
                    </div>
                </div>
                <fieldset class="kinds">
                    <legend>{t.kinds()}" "<span class="dim">{t.kinds_hint()}</span></legend>
                    {kinds.into_iter().map(kind).collect_view()}
                </fieldset>
                <div class="bar">
                    <label class="check"><input type="checkbox" name="set[enabled]" value="true" checked=enabled/>" "{t.enabled()}</label>
                    {hint.then(|| view! { <label class="check"><input type="checkbox" name="set[no_webhook]" value="true"/>" "{t.no_webhook()}</label> })}
                </div>
                <div class="bar">
                    <button class="btn primary" type="submit">{of.save()}</button>
                    <a href=path class="btn">{common.close()}</a>
                </div>
            </form>
            {id.map(|id| view! {
                <form method="post" action=DeleteAlert::url() class="form">
                    <input type="hidden" name="rule" value=id/>
                    <div class="bar"><button class="btn" type="submit">{of.delete()}</button></div>
                </form>
            })}
        </Panel>
    }
}
