//! A price: immutable, versioned rates per kind of unit, and the one place where a cost is computed.

use crate::{
    ids::PriceId,
    money::{NanoUsd, PicoPerUnit},
    usage::Usage,
};
use serde::{Deserialize, Serialize};
use std::{fmt::Write as _, sync::Arc};

/// Rates as an admin sets them. In JSON each is a decimal string in USD per **million** units, `per_request` and
/// `web_search` too (`"10000"` is one cent a request). Unset cache, audio and image input fall back to `input`; unset
/// reasoning, audio and image output to `output`; unset `per_request` and `web_search` to nothing. `"0"` is free.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rates {
    /// Per input token.
    pub input: PicoPerUnit,
    /// Per output token.
    pub output: PicoPerUnit,
    /// Per token read from the prompt cache.
    #[serde(default)]
    pub cache_read: Option<PicoPerUnit>,
    /// Per token written to the five-minute cache.
    #[serde(default)]
    pub cache_write_5m: Option<PicoPerUnit>,
    /// Per token written to the one-hour cache.
    #[serde(default)]
    pub cache_write_1h: Option<PicoPerUnit>,
    /// Per reasoning token.
    #[serde(default)]
    pub reasoning: Option<PicoPerUnit>,
    /// Per audio input token.
    #[serde(default)]
    pub audio_input: Option<PicoPerUnit>,
    /// Per audio output token.
    #[serde(default)]
    pub audio_output: Option<PicoPerUnit>,
    /// Per image input token.
    #[serde(default)]
    pub image_input: Option<PicoPerUnit>,
    /// Per image output token.
    #[serde(default)]
    pub image_output: Option<PicoPerUnit>,
    /// Per web search made by the provider.
    #[serde(default)]
    pub web_search: Option<PicoPerUnit>,
    /// Per request.
    #[serde(default)]
    pub per_request: Option<PicoPerUnit>,
}

/// One immutable version of a model's rates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Price {
    /// Which version.
    pub id: PriceId,
    /// Its rates.
    pub rates: Rates,
    /// [`Rates::unit_prices`], written once for every request that is charged by it.
    pub unit_prices: Arc<str>,
}

impl Price {
    /// This version of these rates.
    pub fn new(id: PriceId, rates: Rates) -> Self {
        Self { id, unit_prices: rates.unit_prices().into(), rates }
    }
}

impl Rates {
    /// Whether any rate is negative, which no price may be.
    pub fn any_negative(&self) -> bool {
        self.named().iter().any(|(_, rate)| rate.is_some_and(|rate| rate.0 < 0))
    }

    /// Every kind with its own (not fallen-back) rate, in the order of the `unit_prices` column.
    pub fn named(&self) -> [(&'static str, Option<PicoPerUnit>); 12] {
        [
            ("input", Some(self.input)),
            ("output", Some(self.output)),
            ("cache_read", self.cache_read),
            ("cache_write_5m", self.cache_write_5m),
            ("cache_write_1h", self.cache_write_1h),
            ("reasoning", self.reasoning),
            ("audio_input", self.audio_input),
            ("audio_output", self.audio_output),
            ("image_input", self.image_input),
            ("image_output", self.image_output),
            ("web_search", self.web_search),
            ("per_request", self.per_request),
        ]
    }

    /// `input=0.15;output=0.6;…`, USD per million units; unset kinds are left out.
    pub fn unit_prices(&self) -> String {
        let mut text = String::new();
        for (name, rate) in self.named() {
            if let Some(rate) = rate {
                let separator = if text.is_empty() { "" } else { ";" };
                let _ = write!(text, "{separator}{name}={rate}");
            }
        }
        text
    }

    /// What `usage` of one request costs: summed exactly in pico-USD, rounded half up once.
    pub fn cost(&self, usage: &Usage) -> NanoUsd {
        NanoUsd::from_pico_half_up(self.cost_pico(usage))
    }

    fn cost_pico(&self, usage: &Usage) -> i128 {
        let usage = usage.clamped();
        let plain_input = usage.input - usage.audio_input - usage.image_input;
        let plain_output = usage.output - usage.reasoning - usage.audio_output - usage.image_output;
        let (input, output, nothing) = (self.input, self.output, PicoPerUnit(0));
        let lines = [
            (plain_input, input),
            (usage.audio_input, self.audio_input.unwrap_or(input)),
            (usage.image_input, self.image_input.unwrap_or(input)),
            (usage.cache_read, self.cache_read.unwrap_or(input)),
            (usage.cache_write_5m, self.cache_write_5m.unwrap_or(input)),
            (usage.cache_write_1h, self.cache_write_1h.unwrap_or(input)),
            (plain_output, output),
            (usage.reasoning, self.reasoning.unwrap_or(output)),
            (usage.audio_output, self.audio_output.unwrap_or(output)),
            (usage.image_output, self.image_output.unwrap_or(output)),
            (usage.web_searches, self.web_search.unwrap_or(nothing)),
            (1, self.per_request.unwrap_or(nothing)),
        ];
        lines.iter().map(|(units, rate)| i128::from(*units) * i128::from(rate.0)).sum()
    }

    /// The dearest that `input` tokens of any input kind and `output` tokens of any output kind can cost.
    pub fn upper_bound(&self, input: u64, output: u64) -> NanoUsd {
        let dearest = |first: PicoPerUnit, others: &[Option<PicoPerUnit>]| {
            others.iter().flatten().fold(first, |dearest, rate| dearest.max(*rate))
        };
        let input_rate = dearest(
            self.input,
            &[self.cache_read, self.cache_write_5m, self.cache_write_1h, self.audio_input, self.image_input],
        );
        let output_rate = dearest(self.output, &[self.reasoning, self.audio_output, self.image_output]);
        let per_request = i128::from(self.per_request.unwrap_or_default().0);
        NanoUsd::from_pico_half_up(
            i128::from(input) * i128::from(input_rate.0) + i128::from(output) * i128::from(output_rate.0) + per_request,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use num_bigint::BigInt;
    use num_rational::Ratio;
    use proptest::prelude::*;

    /// The same sum by another road: exact rationals of USD, kind by kind, rounded at the end.
    fn by_rationals(rates: &Rates, usage: &Usage) -> BigInt {
        let usd = |rate: PicoPerUnit| Ratio::new(BigInt::from(rate.0), BigInt::from(10).pow(12));
        let or = |rate: Option<PicoPerUnit>, other: PicoPerUnit| usd(rate.unwrap_or(other));
        let units = |n: u64| Ratio::from_integer(BigInt::from(n));
        let mut sum = Ratio::from_integer(BigInt::from(0));
        sum += units(usage.input - usage.audio_input - usage.image_input) * usd(rates.input);
        sum += units(usage.audio_input) * or(rates.audio_input, rates.input);
        sum += units(usage.image_input) * or(rates.image_input, rates.input);
        sum += units(usage.cache_read) * or(rates.cache_read, rates.input);
        sum += units(usage.cache_write_5m) * or(rates.cache_write_5m, rates.input);
        sum += units(usage.cache_write_1h) * or(rates.cache_write_1h, rates.input);
        sum += units(usage.output - usage.reasoning - usage.audio_output - usage.image_output) * usd(rates.output);
        sum += units(usage.reasoning) * or(rates.reasoning, rates.output);
        sum += units(usage.audio_output) * or(rates.audio_output, rates.output);
        sum += units(usage.image_output) * or(rates.image_output, rates.output);
        sum += units(usage.web_searches) * or(rates.web_search, PicoPerUnit(0));
        sum += or(rates.per_request, PicoPerUnit(0));
        let half = Ratio::new(BigInt::from(1), BigInt::from(2));
        (sum * BigInt::from(1_000_000_000) + half).floor().to_integer()
    }

    prop_compose! {
        fn some_rates()(r in prop::array::uniform12(prop::option::of(0_i64..1_000_000_000))) -> Rates {
            let rate = |i: usize| r[i].map(PicoPerUnit);
            Rates {
                input: rate(0).unwrap_or_default(), output: rate(1).unwrap_or_default(), cache_read: rate(2),
                cache_write_5m: rate(3), cache_write_1h: rate(4), reasoning: rate(5), audio_input: rate(6),
                audio_output: rate(7), image_input: rate(8), image_output: rate(9), web_search: rate(10), per_request: rate(11),
            }
        }
    }

    prop_compose! {
        fn some_usage()(u in prop::array::uniform11(0_u64..5_000_000)) -> Usage {
            Usage {
                input: u[0] + u[6] + u[8], cache_read: u[1], cache_write_5m: u[2], cache_write_1h: u[3],
                output: u[4] + u[5] + u[7] + u[9], reasoning: u[5], audio_input: u[6], audio_output: u[7],
                image_input: u[8], image_output: u[9], web_searches: u[10] % 100,
            }
        }
    }

    proptest! {
        #[test]
        fn cost_equals_exact_rationals(rates in some_rates(), usage in some_usage()) {
            prop_assert_eq!(BigInt::from(rates.cost(&usage).0), by_rationals(&rates, &usage));
        }

        #[test]
        fn no_usage_within_the_bound_costs_more_than_the_hold(rates in some_rates(), usage in some_usage()) {
            let rates = Rates { web_search: None, ..rates };
            let input = usage.input + usage.cache_read + usage.cache_write();
            prop_assert!(rates.cost(&usage) <= rates.upper_bound(input, usage.output));
        }
    }

    #[test]
    fn unit_prices_name_what_is_set() {
        let rates: Rates = serde_json::from_str(r#"{"input":"0.15","output":"0.6","cache_read":"0"}"#).unwrap();
        assert_eq!(rates.unit_prices(), "input=0.15;output=0.6;cache_read=0");
        assert!(serde_json::from_str::<Rates>(r#"{"input":"1","output":"1","tiers":[]}"#).is_err());
    }
}
