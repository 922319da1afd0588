//! What happened of late, to the place or to a tenant.

use crate::{
    components::{empty_state::EmptyState, panel::Panel, table::Table, time::Clock},
    words::{Alerts, Routing},
};
use domain::views::EventLine;
use leptos::prelude::*;

/// The class that draws a kind's shape, and its word.
pub fn told(kind: &str) -> (&'static str, &'static str) {
    let (t, of) = (Routing::here(), Alerts::here());
    match kind {
        "failover" => ("st slow", t.failover()),
        "all_failed" => ("st down", t.all_failed()),
        "rate_limited" => ("st slow", t.rate_limited()),
        "breaker_opened" => ("st down", t.breaker_opened()),
        "breaker_closed" => ("st ok", t.breaker_closed()),
        "upstream_rate_limited" => ("st slow", t.upstream_limited()),
        "credential_off" => ("st down", t.credential_off()),
        "credential_back" => ("st ok", t.credential_back()),
        "model_missing" => ("st off", t.missing()),
        "new_address" => ("st slow", t.new_address()),
        "spend_abnormal" => ("st slow", t.spend_abnormal()),
        "errors_abnormal" => ("st down", t.errors_abnormal()),
        "token_ratio_abnormal" => ("st slow", t.ratio_abnormal()),
        "budget_reached" => ("st slow", of.budget_reached()),
        "budget_refused" => ("st down", of.budget_refused()),
        "alert_failed" => ("st down", t.alert_failed()),
        "chargeback" => ("st down", of.chargeback()),
        "payment_unmatched" => ("st down", of.payment_unmatched()),
        _ => ("st off", t.other_event()),
    }
}

/// The list.
#[component]
pub fn Events(
    lines: Vec<EventLine>,
    /// What it is called.
    title: &'static str,
    /// That there is nothing.
    quiet: &'static str,
    /// What would be there.
    quiet_is: &'static str,
) -> impl IntoView {
    let t = Routing::here();
    if lines.is_empty() {
        return view! {
            <Panel title aside=t.happened_is()>
                <EmptyState title=quiet><p class="mid">{quiet_is}</p></EmptyState>
            </Panel>
        }
        .into_any();
    }
    let row = move |line: EventLine| {
        let (class, word) = told(&line.kind);
        let request = line.request.map(|id| view! { <a href=format!("/requests/{id}")><code>{id.get(..8).unwrap_or_default().to_owned()}</code></a> });
        view! {
            <tr>
                <th scope="row"><Clock time=line.time/></th>
                <td><span class=class>{word}</span></td>
                <td class="num">{line.count}</td>
                <td class="clip">{line.model}</td>
                <td class="clip">{line.about}</td>
                <td class="mid clip" title=line.detail.clone()>{line.detail.clone()}" "{request}</td>
            </tr>
        }
    };
    view! {
        <Panel title aside=t.happened_is()>
            <Table label=title>
                <thead>
                    <tr>
                        <th scope="col">{t.time()}</th>
                        <th scope="col">{t.what()}</th>
                        <th scope="col" class="num">{t.times()}</th>
                        <th scope="col">{t.model()}</th>
                        <th scope="col">{Alerts::here().about()}</th>
                        <th scope="col">{t.detail()}</th>
                    </tr>
                </thead>
                <tbody>{lines.into_iter().map(row).collect_view()}</tbody>
            </Table>
        </Panel>
    }
    .into_any()
}
