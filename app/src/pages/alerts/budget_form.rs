//! The form for a budget, for a new one and for one that is there.

use super::budgets::period_name;
use crate::{
    alerts::{DeleteBudget, SetBudget},
    components::panel::Panel,
    words::{self, Common},
};
use domain::{budget::Period, views::BudgetLine};
use leptos::{prelude::*, server_fn::ServerFn};

/// The form.
#[component]
pub fn BudgetForm(
    /// As it is; `None`: a new one.
    #[prop(optional_no_strip)]
    now: Option<BudgetLine>,
    /// Whose it can be.
    owners: Vec<(String, String)>,
) -> impl IntoView {
    let (t, common) = (words::Budgets::here(), Common::here());
    let title = if now.is_some() { t.change() } else { t.new_budget() };
    let aside =
        now.as_ref().map_or(t.new_is().to_owned(), |now| format!("{} · {}", now.owner, period_name(now.period)));
    let id = now.as_ref().map(|now| now.id.to_string());
    let (amount, hard, steps) = match &now {
        Some(now) => {
            (now.amount.to_string(), now.hard, now.steps.iter().map(u32::to_string).collect::<Vec<_>>().join(", "))
        }
        None => (String::new(), true, "50, 80, 100".to_owned()),
    };
    let whose = match &id {
        Some(id) => view! { <input type="hidden" name="budget" value=id.clone()/> }.into_any(),
        None => view! {
            <div class="field">
                <label for="owner">{t.of()}</label>
                <select class="in" id="owner" name="owner">
                    <option value="">{t.all_keys()}</option>
                    {owners.into_iter().map(|(id, name)| view! { <option value=id>{name}</option> }).collect_view()}
                </select>
            </div>
            <div class="field">
                <label for="period">{t.per()}</label>
                <select class="in" id="period" name="period">
                    {Period::ALL.map(|it| view! { <option value=it.as_str() selected=it == Period::Month>{period_name(it)}</option> }).collect_view()}
                </select>
            </div>
        }
        .into_any(),
    };
    view! {
        <Panel title aside>
            <form method="post" action=SetBudget::url() class="form">
                <div class="columns">
                    {whose}
                    <div class="field">
                        <label for="amount">{t.amount()}</label>
                        <input class="in num" id="amount" name="amount" required autocomplete="off" inputmode="decimal" value=amount/>
                    </div>
                    <div class="field">
                        <label for="steps">{t.steps()}</label>
                        <input class="in" id="steps" name="steps" autocomplete="off" aria-describedby="steps-hint" value=steps/>
                        <p class="hint" id="steps-hint">{t.steps_hint()}</p>
                    </div>
                </div>
                <label class="check"><input type="checkbox" name="hard" value="true" checked=hard/>" "{t.refuse()}</label>
                <div class="bar">
                    <button class="btn primary" type="submit">{t.save()}</button>
                    <a href="/budgets" class="btn">{common.close()}</a>
                </div>
            </form>
            {id.map(|id| view! {
                <form method="post" action=DeleteBudget::url() class="form">
                    <input type="hidden" name="budget" value=id/>
                    <div class="bar"><button class="btn" type="submit">{t.delete()}</button></div>
                </form>
            })}
        </Panel>
    }
}
