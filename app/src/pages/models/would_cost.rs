//! "This request would cost": worked out in the browser by the same arithmetic that charges, from counts of tokens. Without a
//! script the counts are sent in the address.

use crate::{
    components::money::{Money, places},
    words,
};
use domain::{
    ids::PriceId,
    money::NanoUsd,
    price::{Price, Tariff, TierName},
    usage::Usage,
    views::ModelPrices,
};
use leptos::prelude::*;
use leptos_router::params::ParamsMap;

/// Channels whose cost is shown.
const CHANNELS: usize = 4;

/// The counts as they were typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    prompt: String,
    cached: String,
    answer: String,
    tier: String,
}

impl Asked {
    /// What the address says, else a common size.
    pub fn from_query(query: &ParamsMap) -> Self {
        let or = |name: &str, usual: &str| query.get(name).unwrap_or_else(|| usual.to_owned());
        Self {
            prompt: or("prompt", "12000"),
            cached: or("cached", "8000"),
            answer: or("answer", "900"),
            tier: or("tier", ""),
        }
    }

    /// As usage; `None`: not whole numbers, or more cached than there is.
    fn usage(&self) -> Option<Usage> {
        let count = |text: &str| text.replace([',', ' ', '_'], "").parse::<u64>().ok();
        let (prompt, cached, answer) = (count(&self.prompt)?, count(&self.cached)?, count(&self.answer)?);
        Some(Usage { input: prompt.checked_sub(cached)?, cache_read: cached, output: answer, ..Usage::default() })
    }
}

/// What it sells for, and what it costs by channel.
fn work_out(prices: &ModelPrices, usage: &Usage, tier: TierName) -> (Option<NanoUsd>, Vec<(String, NanoUsd)>) {
    let cost = |tariff: &Tariff| Price::new(PriceId(0), tariff.clone()).cost(usage, tier);
    let costs = prices.costs.iter().take(CHANNELS).map(|(channel, tariff)| (channel.clone(), cost(tariff)));
    (prices.sale.as_ref().map(cost), costs.collect())
}

/// The panel.
#[component]
pub fn WouldCost(
    /// Of which model.
    model: String,
    /// Its prices.
    prices: ModelPrices,
    /// The first counts.
    asked: Asked,
) -> impl IntoView {
    let t = words::WouldCost::here();
    let typed = RwSignal::new(asked.clone());
    let tariffs = prices.sale.iter().chain(prices.costs.iter().map(|(_, tariff)| tariff));
    let tiered = tariffs.into_iter().any(|tariff| !tariff.service_tiers.is_empty());
    let field = move |name: &'static str, label: &'static str, value: String, put: fn(&mut Asked, String)| {
        view! {
            <div class="field">
                <label for=name>{label}</label>
                <input class="in num" id=name name=name value=value inputmode=if name == "tier" { "text" } else { "numeric" } autocomplete="off"
                    aria-invalid=move || typed.with(|asked| asked.usage().is_none()).then_some("true")
                    on:input=move |event| typed.update(|asked| put(asked, event_target_value(&event)))/>
            </div>
        }
    };
    let result = move || match typed.with(Asked::usage) {
        None => view! { <p class="down small" role="alert">{t.no_number()}</p> }.into_any(),
        Some(usage) => {
            let tier = typed.with(|asked| TierName::said(&asked.tier)).unwrap_or_default();
            table(work_out(&prices, &usage, tier)).into_any()
        }
    };
    view! {
        <section class="panel c6">
            <header><h2>{t.title()}</h2><span class="dim small">{t.about()}</span></header>
            <form class="form" method="get" action="/models" on:submit=|event| event.prevent_default()>
                <input type="hidden" name="price" value=model/>
                <div class="three">
                    {field("prompt", t.prompt(), asked.prompt, |asked, text| asked.prompt = text)}
                    {field("cached", t.cached(), asked.cached, |asked, text| asked.cached = text)}
                    {field("answer", t.answer(), asked.answer, |asked, text| asked.answer = text)}
                    {tiered.then(|| field("tier", t.tier(), asked.tier, |asked, text| asked.tier = text))}
                </div>
                <noscript><button class="btn sm" type="submit">{t.work_out()}</button></noscript>
                <div aria-live="polite">{result}</div>
            </form>
        </section>
    }
}

fn table((sale, costs): (Option<NanoUsd>, Vec<(String, NanoUsd)>)) -> impl IntoView {
    let t = words::WouldCost::here();
    // The dearest channel comes first.
    let margin = sale.zip(costs.iter().map(|(_, cost)| *cost).max()).map(|(sale, cost)| sale.saturating_sub(cost));
    let all = sale.into_iter().chain(margin).chain(costs.iter().map(|(_, cost)| *cost));
    let places = places(all);
    if sale.is_none() && costs.is_empty() {
        return view! { <p class="mid small">{t.no_price()}</p> }.into_any();
    }
    let row = move |name: String, class: &'static str, amount: NanoUsd| {
        view! { <tr><th scope="row">{name}</th><td class=class><Money amount places/></td></tr> }
    };
    let loses = margin.is_some_and(|margin| margin.0 < 0);
    view! {
        <table class="t calc">
            <tbody>
                {sale.map(|sale| row(t.sale().to_owned(), "num strong", sale))}
                {costs.into_iter().map(|(channel, cost)| row(t.cost(&channel), "num mid", cost)).collect_view()}
                {margin.map(|margin| row(t.margin().to_owned(), if loses { "num down" } else { "num" }, margin))}
            </tbody>
        </table>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(prompt: &str, cached: &str, answer: &str) -> Asked {
        Asked { prompt: prompt.into(), cached: cached.into(), answer: answer.into(), tier: String::new() }
    }

    #[test]
    fn a_request_costs_exactly_what_it_would_be_charged() {
        let tariff = |output: &str| -> Tariff {
            let json = format!(
                r#"{{"input":"1.2","output":"{output}","cache_read":"0.12","service_tiers":{{"flex":{{"output":"1"}}}}}}"#
            );
            serde_json::from_str(&json).unwrap()
        };
        let costs = vec![("dear".into(), tariff("2.64"))];
        let prices =
            ModelPrices { sale: Some(tariff("2.4")), costs, catalogue: None, groups: vec![], versions: vec![] };
        let usage = asked("12,000", "8000", "900").usage().unwrap();
        let flex = work_out(&prices, &usage, TierName::said("flex").unwrap());
        assert_eq!(flex.0.unwrap().to_string(), "0.00666");
        let (sale, costs) = work_out(&prices, &usage, TierName::STANDARD);
        assert_eq!(sale.unwrap().to_string(), "0.00792");
        assert_eq!(costs, [("dear".to_owned(), "0.008136".parse().unwrap())]);
    }

    #[test]
    fn what_are_no_counts_cost_nothing() {
        for (prompt, cached, answer) in [("", "0", "0"), ("1.5", "0", "0"), ("1", "2", "0"), ("-1", "0", "0")] {
            assert!(asked(prompt, cached, answer).usage().is_none(), "{prompt} {cached} {answer}");
        }
    }
}
