//! One model: where a request would go and why, and its route to set.

use crate::{
    components::{
        decision::{Decision, strategy_name},
        note::RefusalNote,
    },
    routing::SetRoute,
    words::{Common, Routing},
};
use domain::{
    route::Strategy,
    views::{RouteView, WouldBeAsked},
};
use leptos::prelude::*;
use leptos_router::components::A;

/// A rule to begin with.
const EXAMPLE: &str = r#"[{"when": {"input_tokens_min": 100000}, "then": {"prefer": ["long"]}}]"#;

fn options(chosen: Option<Strategy>) -> impl IntoView {
    let t = Routing::here();
    let one = move |strategy: Strategy| {
        view! {
            <option value=strategy.as_str() selected=chosen == Some(strategy)>{strategy_name(t, strategy)}</option>
        }
    };
    Strategy::ALL.into_iter().map(one).collect_view()
}

/// The two panels.
#[component]
pub fn OneRoute(
    /// Sets it.
    set: ServerAction<SetRoute>,
    /// Whose.
    model: String,
    /// What is known.
    route: RouteView,
    /// The request that is asked about.
    asked: WouldBeAsked,
) -> impl IntoView {
    let t = Routing::here();
    let RouteView { strategy, fallbacks, rules, decided } = route;
    let refusal = Signal::derive(move || set.value().get().and_then(Result::err));
    let done = move || matches!(set.value().get(), Some(Ok(()))).then_some(t.saved());
    view! {
        <section class="panel">
            <header><h2>{t.where_to()}</h2><span class="dim small"><b>{model.clone()}</b>": "{t.where_about()}</span></header>
            <form class="form" method="get" action="/routing">
                <input type="hidden" name="model" value=model.clone()/>
                <div class="columns">
                    <div class="field">
                        <label for="would-input">{t.input()}</label>
                        <input class="in num" id="would-input" name="input" inputmode="numeric" autocomplete="off" placeholder="1000" value=asked.input/>
                    </div>
                    <div class="field">
                        <label for="would-output">{t.output()}</label>
                        <input class="in num" id="would-output" name="output" inputmode="numeric" autocomplete="off" placeholder="500" value=asked.output/>
                    </div>
                    <div class="field">
                        <label for="would-strategy">{t.strategy()}</label>
                        <select class="in" id="would-strategy" name="strategy">
                            <option value="">{t.as_route()}</option>
                            {options(asked.strategy.parse().ok())}
                        </select>
                    </div>
                </div>
                <div class="bar">
                    <button class="btn" type="submit">{t.ask()}</button>
                    <label class="check"><input type="checkbox" name="tools" value="true" checked=asked.tools/>" "{t.gives_tools()}</label>
                    <label class="check"><input type="checkbox" name="images" value="true" checked=asked.images/>" "{t.shows_pictures()}</label>
                </div>
            </form>
            <Decision decided/>
        </section>
        <section class="panel">
            <header><h2>{t.the_route()}</h2><span class="dim small">{t.the_route_is()}</span></header>
            <ActionForm action=set attr:class="form">
                <RefusalNote refusal/>
                <input type="hidden" name="model" value=model/>
                <div class="columns">
                    <div class="field">
                        <label for="route-strategy">{t.strategy()}</label>
                        <select class="in" id="route-strategy" name="strategy">{options(Some(strategy))}</select>
                    </div>
                    <div class="field">
                        <label for="route-fallbacks">{t.fallbacks()}</label>
                        <input class="in" id="route-fallbacks" name="fallbacks" autocomplete="off" value=fallbacks aria-describedby="fallbacks-hint"/>
                        <p class="hint" id="fallbacks-hint">{t.fallbacks_hint()}</p>
                    </div>
                </div>
                <div class="field">
                    <label for="route-rules">{t.rules()}</label>
                    <textarea class="in code" id="route-rules" name="rules" rows="4" spellcheck="false" aria-describedby="rules-hint">{rules}</textarea>
                    <p class="hint" id="rules-hint">{t.rules_hint()}" "<code>{EXAMPLE}</code></p>
                </div>
                <div class="bar">
                    <button class="btn primary" type="submit" disabled=move || set.pending().get()>{t.save()}</button>
                    <A href="/routing" attr:class="btn">{Common::here().close()}</A>
                    <span class="mid" role="status">{done}</span>
                </div>
            </ActionForm>
        </section>
    }
}
