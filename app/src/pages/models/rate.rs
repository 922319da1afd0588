//! Rates as people read them, and what lies between two of them. Whole numbers only.

use crate::{
    components::{
        count::share,
        money::{Money, places},
    },
    words::NewPrice,
};
use domain::money::{NanoUsd, PicoPerUnit};
use leptos::prelude::*;

/// What a million units cost.
pub fn per_million(rate: PicoPerUnit) -> NanoUsd {
    NanoUsd(rate.0.saturating_mul(1_000))
}

/// The decimals that a column of rates needs.
pub fn decimals(rates: impl IntoIterator<Item = Option<PicoPerUnit>>) -> usize {
    places(rates.into_iter().flatten().map(per_million))
}

/// One rate, or a dash.
pub fn dollars(rate: Option<PicoPerUnit>, places: usize) -> AnyView {
    match rate {
        Some(rate) => view! { <Money amount=per_million(rate) places/> }.into_any(),
        None => view! { <span class="dim">"–"</span> }.into_any(),
    }
}

/// What a sale leaves of each unit, and its share of the sale in per cent with one decimal; no share of nothing.
pub fn margin(sale: PicoPerUnit, cost: PicoPerUnit) -> (PicoPerUnit, Option<String>) {
    let left = sale.0.saturating_sub(cost.0);
    (PicoPerUnit(left), share(left, sale.0))
}

/// What a kind of unit is called.
pub fn unit(t: NewPrice, name: &str, cache_read: &'static str) -> &'static str {
    match name {
        "input" => t.input(),
        "output" => t.output(),
        "cache_read" => cache_read,
        "cache_write_5m" => t.cache_write(),
        "cache_write_1h" => t.cache_write_1h(),
        "reasoning" => t.reasoning(),
        "audio_input" => t.audio_input(),
        "audio_output" => t.audio_output(),
        "image_input" => t.image_input(),
        "image_output" => t.image_output(),
        "web_search" => t.web_search(),
        _ => t.per_request(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_margin_is_told_exactly_and_as_a_share_of_the_sale() {
        let of = |sale, cost| {
            let (left, share) = margin(PicoPerUnit(sale), PicoPerUnit(cost));
            (left.0, share.unwrap_or_default())
        };
        assert_eq!(of(5_500_000, 5_000_000), (500_000, "9.0".to_owned()));
        assert_eq!(of(2_400_000, 2_640_000), (-240_000, "−10.0".to_owned()));
        assert_eq!(of(3, 4), (-1, "−33.4".to_owned()), "a loss is never told smaller than it is");
        assert_eq!(of(0, 5), (-5, String::new()));
    }

    #[test]
    fn a_rate_is_what_a_million_costs() {
        assert_eq!(per_million("0.0375".parse().unwrap()).to_string(), "0.0375");
    }
}
