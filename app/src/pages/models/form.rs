//! Setting a price: filled in with what holds, or with what the catalogue has.

use super::rate::{dollars, unit};
use crate::{
    components::{note::RefusalNote, panel::Panel},
    models::SetPrice,
    words::{self, Common},
};
use domain::{
    price::Rates,
    views::{CataloguePrice, ModelPrices},
};
use leptos::prelude::*;
use leptos_router::{components::A, location::Url};

/// Units that are asked for at once; the others are folded away.
const MAIN: [&str; 4] = ["input", "output", "cache_read", "cache_write_5m"];

/// The form.
#[component]
pub fn NewPrice(
    /// Sets it.
    set: ServerAction<SetPrice>,
    /// Whose price; empty: to be named.
    model: String,
    /// What is known of it.
    prices: Option<ModelPrices>,
    /// Whether the catalogue's rates stand in the fields.
    catalogue: bool,
) -> impl IntoView {
    let (t, models) = (words::NewPrice::here(), words::Models::here());
    let refusal = Signal::derive(move || set.value().get().and_then(Result::err));
    // What was set before for another model is no news here.
    let asked = RwSignal::new(String::new());
    Effect::new(move |_| {
        if let Some(call) = set.input().get() {
            asked.set(call.model);
        }
    });
    let done = move || matches!(set.value().get(), Some(Ok(()))).then_some(t.done());
    let (known, sale, groups, asking) = match prices {
        Some(prices) => (prices.catalogue, prices.sale, prices.groups, true),
        None => (None, None, Vec::new(), false),
    };
    let suggested = known.as_ref().map(|known| known.tariff.rates);
    let filled = if catalogue { known.as_ref().map(|known| known.tariff.clone()).or(sale) } else { sale };
    let tiers = filled.as_ref().map(domain::price::Tariff::tier_lines).unwrap_or_default();
    // A browser shows the property; without a script it is the text within that counts.
    let typed = tiers.clone();
    let (has_tiers, filled) = (!tiers.is_empty(), filled.map(|tariff| tariff.rates));
    let of = |rates: Option<Rates>, name: &str| {
        let named = rates.map(|rates| rates.named()).into_iter().flatten();
        named.filter_map(|(one, rate)| (one == name).then_some(rate?.to_string())).next()
    };
    let field = move |name: &'static str| {
        let hint = match name {
            "input" => t.input_hint(),
            "output" => t.output_hint(),
            "cache_read" | "cache_write_5m" => t.cache_hint(),
            _ => t.more_hint(),
        };
        let described = format!("{name}-hint");
        view! {
            <div class="field">
                <label for=name>{unit(t, name, models.cache_read())}</label>
                <input class="in num" id=name name=name required=matches!(name, "input" | "output") autocomplete="off" inputmode="decimal"
                    value=of(filled, name) placeholder=of(suggested, name) aria-describedby=described.clone()/>
                <p class="hint" id=described>{hint}</p>
            </div>
        }
    };
    let more: Vec<&str> =
        Rates::default().named().into_iter().map(|(name, _)| name).filter(|name| !MAIN.contains(name)).collect();
    let unfold = more.iter().any(|name| of(filled, name).is_some());
    let suggestion = asking.then(|| suggestion(&model, known, catalogue));
    view! {
        <Panel title=t.set_a_price() aside=t.about()>
            <ActionForm action=set attr:class="form">
                <RefusalNote refusal/>
                {suggestion}
                <div class="columns">
                    <div class="field">
                        <label for="price-model">{models.model()}</label>
                        <input class="in" id="price-model" name="model" required autocomplete="off" value=model/>
                    </div>
                    {MAIN.into_iter().map(field).collect_view()}
                </div>
                <details class="more" open=has_tiers>
                    <summary>{t.tiers()}</summary>
                    <div class="field">
                        <label for="price-tiers">{t.tiers_lines()}</label>
                        <textarea class="in num" id="price-tiers" name="tiers" rows="4" spellcheck="false" aria-describedby="tiers-hint" prop:value=typed>{tiers}</textarea>
                        <p class="hint" id="tiers-hint">{t.tiers_hint()}</p>
                    </div>
                </details>
                <details class="more">
                    <summary>{t.when()}</summary>
                    <div class="columns">
                        <div class="field">
                            <label for="valid-from">{t.valid_from()}</label>
                            <input class="in" id="valid-from" name="valid_from" type="datetime-local" aria-describedby="valid-hint"/>
                            <p class="hint" id="valid-hint">{t.valid_from_hint()}</p>
                        </div>
                        {(!groups.is_empty()).then(|| view! {
                            <div class="field">
                                <label for="price-group">{t.group()}</label>
                                <select class="in" id="price-group" name="group" aria-describedby="group-hint">
                                    <option value="">{t.everybody()}</option>
                                    {groups.into_iter().map(|name| view! { <option value=name.clone()>{name.clone()}</option> }).collect_view()}
                                </select>
                                <p class="hint" id="group-hint">{t.group_hint()}</p>
                            </div>
                        })}
                    </div>
                </details>
                <details class="more" open=unfold>
                    <summary>{t.more()}</summary>
                    <div class="columns">{more.into_iter().map(field).collect_view()}</div>
                </details>
                <div class="bar">
                    <button class="btn primary" type="submit" disabled=move || set.pending().get()>{t.set()}</button>
                    <A href="/models" attr:class="btn">{Common::here().close()}</A>
                    <span class="mid" role="status">{done}</span>
                </div>
            </ActionForm>
        </Panel>
    }
}

/// What the catalogue has, and a link that fills it in: works without a script as well.
fn suggestion(model: &str, known: Option<CataloguePrice>, filled: bool) -> AnyView {
    let (t, models) = (words::NewPrice::here(), words::Models::here());
    let Some(CataloguePrice { provider, tariff }) = known else {
        return view! { <p class="dim small">{t.unknown()}</p> }.into_any();
    };
    let told = tariff.rates.named().into_iter().filter_map(|(name, rate)| {
        let rate = Some(rate?);
        Some(view! { <span class="rate">{unit(t, name, models.cache_read())}" "{dollars(rate, 2)}</span>" " })
    });
    let address = format!("/models?price={}&from=catalogue", Url::escape(model));
    let end = if filled {
        view! { <span class="mid" role="status">{t.imported()}</span> }.into_any()
    } else {
        view! { <a class="btn sm" href=address data-noscroll="">{t.import()}</a> }.into_any()
    };
    view! {
        <div class="note suggestion">
            <span>
                {t.catalogue(&provider)}" "{told.collect_view()}
                {(!tariff.is_plain()).then(|| t.with_tiers())}
            </span>
            {end}
        </div>
    }
    .into_any()
}
