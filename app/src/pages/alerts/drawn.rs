//! The page as the server draws it.

use super::{budget_form::BudgetForm, budgets::Budgets, rule_form::RuleForm, rules::Rules};
use crate::{
    components::{modal::Modal, note::RefusalNote, served::Asked},
    keys::MadeKey,
    pages::happened::Events,
    words,
};
use domain::views::AlertsView;
use leptos::prelude::*;

/// What is drawn.
pub struct Drawn {
    /// What there is.
    pub view: AlertsView,
    /// Whether this viewer may change it.
    pub may_change: bool,
    /// The secret of a rule that a form made a moment ago.
    pub made: Option<MadeKey>,
    /// Where the page is.
    pub path: &'static str,
}

/// Draws it.
pub fn drawn(page: Drawn, asked: &Asked) -> AnyView {
    let Drawn { view: AlertsView { budgets, rules, kinds, events }, may_change, made, path } = page;
    let refusal = Signal::stored(asked.refusal());
    let wanted = |what| asked.get(what).filter(|_| may_change);
    let rule_form = wanted("rule").and_then(|id| {
        let now = rules.iter().find(|rule| rule.id == id).cloned();
        (now.is_some() || id == "new").then(|| view! { <RuleForm now kinds path/> })
    });
    let budget_form = wanted("budget").zip(budgets.as_ref()).and_then(|(id, budgets)| {
        let now = budgets.list.lines.iter().find(|line| line.id.to_string() == id).cloned();
        (now.is_some() || id == "new").then(|| view! { <BudgetForm now owners=budgets.owners.clone()/> })
    });
    let t = words::Alerts::here();
    let of_place = words::Routing::here();
    let (title, quiet, quiet_is) = match &budgets {
        Some(_) => (t.latest(), t.quiet(), t.quiet_is()),
        None => (of_place.happened(), of_place.nothing_happened(), of_place.nothing_happened_is()),
    };
    view! {
        {made.map(|made| secret(made, path))}
        <RefusalNote refusal/>
        {asked.get("told").map(|_| view! { <p class="note" role="status">{t.tested()}</p> })}
        {budget_form}
        {rule_form}
        {budgets.map(|budgets| view! { <Budgets budgets may_change asked/> })}
        <Events lines=events title quiet quiet_is/>
        <Rules rules path may_change/>
    }
    .into_any()
}

/// The one time a secret is shown.
fn secret(made: MadeKey, path: &'static str) -> impl IntoView {
    let t = words::KeySecret::here();
    let MadeKey { name, secret } = made;
    view! {
        <Modal title=t.save(&name)>
            <div class="body">
                <p>{t.only_time()}</p>
                <div class="secret"><code>{secret}</code></div>
            </div>
            // Often the address it has already, which the router would not ask for again.
            <footer><a class="btn primary end" href=path rel="external">{t.saved()}</a></footer>
        </Modal>
    }
}
