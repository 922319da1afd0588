//! Rates per kind of unit, and the one place where a cost is computed.

use crate::{
    money::{Multiplier, NanoUsd, PicoPerUnit},
    usage::Usage,
};
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;

/// How many kinds of unit there are.
pub const KINDS: usize = 12;

/// The rates that a tier has of its own, in the order of [`Rates::named`]; what is unset is as in the price's base.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OwnRates(pub [Option<PicoPerUnit>; KINDS]);

impl OwnRates {
    /// Every kind that is set.
    pub fn named(&self) -> impl Iterator<Item = (&'static str, PicoPerUnit)> + '_ {
        let names = Rates::default().named().into_iter().map(|(name, _)| name);
        names.zip(self.0).filter_map(|(name, rate)| Some((name, rate?)))
    }

    /// The place of a kind; `None`: there is no such kind.
    pub(super) fn get_mut(&mut self, name: &str) -> Option<&mut Option<PicoPerUnit>> {
        let at = Rates::default().named().iter().position(|(known, _)| *known == name)?;
        self.0.get_mut(at)
    }
}

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

impl Rates {
    /// Whether any rate is negative, which no price may be.
    pub fn any_negative(&self) -> bool {
        self.named().iter().any(|(_, rate)| rate.is_some_and(|rate| rate.0 < 0))
    }

    /// The rates of these kinds, in the order of [`Self::named`]; `Err` names what must not be missing.
    pub(super) fn of(own: OwnRates) -> Result<Self, &'static str> {
        let [
            input,
            output,
            cache_read,
            cache_write_5m,
            cache_write_1h,
            reasoning,
            audio_input,
            audio_output,
            image_input,
            image_output,
            web_search,
            per_request,
        ] = own.0;
        Ok(Self {
            input: input.ok_or("input")?,
            output: output.ok_or("output")?,
            cache_read,
            cache_write_5m,
            cache_write_1h,
            reasoning,
            audio_input,
            audio_output,
            image_input,
            image_output,
            web_search,
            per_request,
        })
    }

    /// The same rates with these in their place.
    pub fn under(self, own: &OwnRates) -> Self {
        let all = self.named().map(|(_, rate)| rate);
        let mut merged = OwnRates(all);
        merged.0.iter_mut().zip(own.0).for_each(|(rate, own)| *rate = own.or(*rate));
        Self::of(merged).unwrap_or(self)
    }

    /// Every kind with what a unit of it is charged, fallen back where it has no rate of its own.
    pub fn charged(&self) -> [(&'static str, PicoPerUnit); KINDS] {
        let (input, output) = (self.input, self.output);
        self.named().map(|(name, own)| {
            let fallback = match name {
                "cache_read" | "cache_write_5m" | "cache_write_1h" | "audio_input" | "image_input" => input,
                "reasoning" | "audio_output" | "image_output" => output,
                _ => PicoPerUnit(0),
            };
            (name, own.unwrap_or(fallback))
        })
    }

    /// Every kind with its own (not fallen-back) rate, in the order of the `unit_prices` column.
    pub fn named(&self) -> [(&'static str, Option<PicoPerUnit>); KINDS] {
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
        self.cost_times(usage, Multiplier::ONE)
    }

    /// The same sum, multiplied before it is rounded.
    pub fn cost_times(&self, usage: &Usage, multiplier: Multiplier) -> NanoUsd {
        multiplier.of_pico(self.cost_pico(usage))
    }

    /// Held at the ends of its type: what is beyond them is no usage.
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
        lines.iter().fold(0, |sum: i128, (units, rate)| sum.saturating_add(i128::from(*units) * i128::from(rate.0)))
    }

    /// The dearest that `input` tokens of any input kind and `output` tokens of any output kind can cost, in pico-USD.
    pub(super) fn upper_bound_pico(&self, input: u64, output: u64) -> i128 {
        let dearest = |first: PicoPerUnit, others: &[Option<PicoPerUnit>]| {
            others.iter().flatten().fold(first, |dearest, rate| dearest.max(*rate))
        };
        let input_rate = dearest(
            self.input,
            &[self.cache_read, self.cache_write_5m, self.cache_write_1h, self.audio_input, self.image_input],
        );
        let output_rate = dearest(self.output, &[self.reasoning, self.audio_output, self.image_output]);
        let per_request = i128::from(self.per_request.unwrap_or_default().0);
        let input = i128::from(input) * i128::from(input_rate.0);
        input.saturating_add(i128::from(output) * i128::from(output_rate.0)).saturating_add(per_request)
    }
}
