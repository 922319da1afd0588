//! Every model's route.

use crate::{
    components::{decision::strategy_name, empty_state::EmptyState, panel::Panel, table::Table},
    words::{Common, Routing},
};
use domain::views::RouteLine;
use leptos::prelude::*;

/// Where a model's route is explained.
pub fn address(model: &str) -> String {
    format!("/routing?model={}", leptos_router::location::Url::escape(model))
}

/// The list.
pub fn routes(lines: Vec<RouteLine>) -> impl IntoView {
    let t = Routing::here();
    if lines.is_empty() {
        return view! {
            <Panel title=t.by_model() aside=t.about()>
                <EmptyState title=t.no_models()><p class="mid">{t.no_models_is()}</p></EmptyState>
            </Panel>
        }
        .into_any();
    }
    let row = move |line: RouteLine| {
        let none = || view! { <span class="dim">{t.none()}</span> }.into_any();
        let fallbacks = if line.fallbacks.is_empty() { none() } else { line.fallbacks.join(", ").into_any() };
        view! {
            <tr>
                <th scope="row" class="strong clip" title=line.model.clone()>{line.model.clone()}</th>
                <td>{strategy_name(t, line.strategy)}</td>
                <td class="clip">{fallbacks}</td>
                <td class="num">{if line.rules == 0 { none() } else { line.rules.into_any() }}</td>
                <td class="num">{line.channels}</td>
                <td class="acts">
                    <a href=address(&line.model) class="btn ghost sm" aria-label=t.explain_model(&line.model)>{t.explain()}</a>
                </td>
            </tr>
        }
    };
    view! {
        <Panel title=t.by_model() aside=t.about()>
            <Table label=t.title()>
                <thead>
                    <tr>
                        <th scope="col">{t.model()}</th>
                        <th scope="col">{t.strategy()}</th>
                        <th scope="col">{t.fallbacks()}</th>
                        <th scope="col" class="num">{t.rules()}</th>
                        <th scope="col" class="num">{t.channels()}</th>
                        <th scope="col"><span class="sr">{Common::here().actions()}</span></th>
                    </tr>
                </thead>
                <tbody>{lines.into_iter().map(row).collect_view()}</tbody>
            </Table>
        </Panel>
    }
    .into_any()
}
