//! What happened of late.

use crate::{
    components::{empty_state::EmptyState, panel::Panel, table::Table, time::Clock},
    words::Routing,
};
use domain::views::EventLine;
use leptos::prelude::*;

/// The class that draws a kind's shape, and its word.
fn told(t: Routing, kind: &str) -> (&'static str, &'static str) {
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
        "alert_failed" => ("st down", t.alert_failed()),
        _ => ("st off", t.other_event()),
    }
}

/// The list.
#[component]
pub fn Events(lines: Vec<EventLine>) -> impl IntoView {
    let t = Routing::here();
    if lines.is_empty() {
        return view! {
            <Panel title=t.happened() aside=t.happened_is()>
                <EmptyState title=t.nothing_happened()><p class="mid">{t.nothing_happened_is()}</p></EmptyState>
            </Panel>
        }
        .into_any();
    }
    let row = move |line: EventLine| {
        let (class, word) = told(t, &line.kind);
        let about = if line.channel.is_empty() { line.tenant } else { line.channel };
        let request = line.request.map(|id| view! { <a href=format!("/requests/{id}")><code>{id.get(..8).unwrap_or_default().to_owned()}</code></a> });
        view! {
            <tr>
                <th scope="row"><Clock time=line.time/></th>
                <td><span class=class>{word}</span></td>
                <td class="num">{line.count}</td>
                <td class="clip">{line.model}</td>
                <td class="clip">{about}</td>
                <td class="mid clip">{line.detail}" "{request}</td>
            </tr>
        }
    };
    view! {
        <Panel title=t.happened() aside=t.happened_is()>
            <Table label=t.happened()>
                <thead>
                    <tr>
                        <th scope="col">{t.time()}</th>
                        <th scope="col">{t.what()}</th>
                        <th scope="col" class="num">{t.times()}</th>
                        <th scope="col">{t.model()}</th>
                        <th scope="col">{t.channel()}</th>
                        <th scope="col">{t.detail()}</th>
                    </tr>
                </thead>
                <tbody>{lines.into_iter().map(row).collect_view()}</tbody>
            </Table>
        </Panel>
    }
    .into_any()
}
