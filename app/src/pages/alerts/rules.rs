//! The list of alert rules: of what they tell, whom, and when they last did; each can be tried.

use crate::{
    alerts::TestAlert,
    components::{empty_state::EmptyState, panel::Panel, table::Table, time::Clock},
    pages::happened::told,
    words::{self, Common},
};
use domain::views::RuleLine;
use leptos::{prelude::*, server_fn::ServerFn};

/// The list.
#[component]
pub fn Rules(rules: Vec<RuleLine>, path: &'static str, may_change: bool) -> impl IntoView {
    let (t, common) = (words::Alerts::here(), Common::here());
    if rules.is_empty() {
        return view! {
            <Panel title=t.rules() aside=common.none_yet()>
                <EmptyState title=t.none()><p class="mid">{t.none_is()}</p></EmptyState>
            </Panel>
        }
        .into_any();
    }
    let row = move |rule: RuleLine| {
        let RuleLine { id, name, kinds, threshold, window_seconds, emails, webhook, enabled, told: when } = rule;
        let kinds = match kinds.as_slice() {
            [] => t.all().to_owned(),
            kinds => kinds.iter().map(|kind| told(kind).1).collect::<Vec<_>>().join(", "),
        };
        let whom = emails.into_iter().chain(webhook).collect::<Vec<_>>().join(", ");
        let change = format!("{path}?rule={id}");
        let (test_label, edit_label) = (t.test_named(&name), t.edit_named(&name));
        let state = if enabled { ("st ok", t.on()) } else { ("st off", t.off()) };
        view! {
            <tr>
                <th scope="row" class="strong clip">{name}</th>
                <td><span class=state.0>{state.1}</span></td>
                <td class="clip" title=kinds.clone()>{kinds.clone()}</td>
                <td class="num">{t.from_within(threshold, window_seconds)}</td>
                <td class="mid clip" title=whom.clone()>{whom.clone()}</td>
                <td>{match when {
                    Some(time) => view! { <Clock time/> }.into_any(),
                    None => view! { <span class="dim">{t.never()}</span> }.into_any(),
                }}</td>
                <td class="acts">{may_change.then(|| view! {
                    <form method="post" action=TestAlert::url() class="inline">
                        <input type="hidden" name="rule" value=id/>
                        <button class="btn ghost sm" type="submit" aria-label=test_label>{t.test()}</button>
                    </form>
                    <a href=change class="btn ghost sm" aria-label=edit_label>{words::Budgets::here().edit()}</a>
                })}</td>
            </tr>
        }
    };
    view! {
        <Panel title=t.rules() aside=t.rules_is()>
            <Table label=t.rules()>
                <thead>
                    <tr>
                        <th scope="col">{common.name()}</th>
                        <th scope="col">{common.state()}</th>
                        <th scope="col">{t.kinds()}</th>
                        <th scope="col" class="num">{t.threshold()}</th>
                        <th scope="col">{t.rules()}</th>
                        <th scope="col">{t.told()}</th>
                        <th scope="col"><span class="sr">{common.actions()}</span></th>
                    </tr>
                </thead>
                <tbody>{rules.into_iter().map(row).collect_view()}</tbody>
            </Table>
        </Panel>
    }
    .into_any()
}
