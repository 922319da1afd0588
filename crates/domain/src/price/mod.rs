//! A price: an immutable version of rates with their tiers, worked out once for every request that is charged by it.
//!
//! Which rates apply is known when a request has ended, by the length of its input and by the service tier that the answer
//! tells; until then its hold covers the dearest that can come out.

mod below;
mod compare;
mod lines;
mod rates;
mod schedule;
mod tariff;
mod tier_name;

#[cfg(test)]
mod tests;

pub use compare::{Change, RateChange, compare};
pub use lines::BadLine;
pub use rates::{KINDS, OwnRates, Rates};
pub use schedule::Schedule;
pub use tariff::{ContextTier, InvalidTariff, MOST_TIERS, ServiceRates, Tariff};
pub use tier_name::{InvalidTierName, TierName};

use crate::{
    ids::PriceId,
    money::{Multiplier, NanoUsd},
    usage::Usage,
};
use serde::Serialize;
use std::{fmt::Write as _, sync::Arc};

/// One immutable version of a model's price.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Price {
    /// Which version.
    pub id: PriceId,
    /// As it was set.
    pub tariff: Tariff,
    /// The rates of the standard tier for short inputs.
    #[serde(skip)]
    base: Applied,
    /// Those of the tiers: by service tier, and for each from short inputs to long ones.
    #[serde(skip)]
    others: Box<[Applied]>,
}

/// The rates that a request is charged by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    service: TierName,
    above: u64,
    /// The rates, with what a tier leaves unset filled in from the price.
    pub rates: Rates,
    /// [`Rates::unit_prices`], and `above=200000` where they are a context tier's.
    unit_prices: Arc<str>,
}

impl Applied {
    fn of(tariff: &Tariff, service: TierName, above: u64) -> Self {
        let rates = tariff.resolve(service, above);
        let mut unit_prices = rates.unit_prices();
        if above > 0 {
            let _ = write!(unit_prices, ";above={above}");
        }
        Self { service, above, rates, unit_prices: unit_prices.into() }
    }

    fn reached(&self, input: u64) -> bool {
        self.above == 0 || input > self.above
    }
}

impl Price {
    /// This version of these rates.
    pub fn new(id: PriceId, tariff: impl Into<Tariff>) -> Self {
        let tariff = tariff.into();
        let services = std::iter::once(TierName::STANDARD).chain(tariff.service_tiers.keys().copied());
        let all = services.flat_map(|service| {
            let lengths = std::iter::once(0).chain(tariff.lengths(service));
            lengths.map(|above| Applied::of(&tariff, service, above)).collect::<Vec<_>>()
        });
        let others = all.skip(1).collect();
        Self { id, base: Applied::of(&tariff, TierName::STANDARD, 0), others, tariff }
    }

    /// The rates that a request of this usage is charged by, served in this tier. A tier that the price does not name has
    /// the standard rates.
    pub fn applied(&self, usage: &Usage, service: TierName) -> &Applied {
        if self.others.is_empty() {
            return &self.base;
        }
        let input = usage.all_input();
        let of = |service: TierName| self.others.iter().rev().find(|it| it.service == service && it.reached(input));
        of(service).or_else(|| of(TierName::STANDARD)).unwrap_or(&self.base)
    }

    /// Whether these are the rates of the standard tier for short inputs.
    pub fn is_base(applied: &Applied) -> bool {
        applied.service.is_standard() && applied.above == 0
    }

    /// What `usage` costs, served in this tier.
    pub fn cost(&self, usage: &Usage, service: TierName) -> NanoUsd {
        self.applied(usage, service).rates.cost(usage)
    }

    /// Every set of rates that may apply.
    pub fn all(&self) -> impl Iterator<Item = &Applied> {
        std::iter::once(&self.base).chain(&self.others)
    }

    /// The rates of every tier, as the CSV writes them, without a multiplier.
    pub fn every_unit_prices(&self) -> impl Iterator<Item = String> {
        self.all().map(|applied| written(applied, applied.service, Multiplier::ONE))
    }

    /// The dearest that at most `input` tokens of any input kind and `output` of any output kind can cost, whatever tier
    /// serves them.
    pub fn upper_bound(&self, input: u64, output: u64, multiplier: Multiplier) -> NanoUsd {
        let reached = self.all().filter(|applied| applied.reached(input));
        let pico = reached.map(|applied| applied.rates.upper_bound_pico(input, output)).max();
        multiplier.of_pico(pico.unwrap_or_default())
    }

    /// The dearest that `more` tokens of output can add to a request of at most `input` tokens.
    pub fn upper_bound_of_more(&self, input: u64, more: u64, multiplier: Multiplier) -> NanoUsd {
        let reached = self.all().filter(|applied| applied.reached(input));
        let pico = reached.map(|applied| Rates { per_request: None, ..applied.rates }.upper_bound_pico(0, more)).max();
        // Two roundings of a sum may come to one more than the rounded sum.
        multiplier.of_pico(pico.unwrap_or_default()).saturating_add(NanoUsd(1))
    }

    /// The rates before anything is known of the answer, as the CSV writes them.
    pub fn unit_prices(&self, multiplier: Multiplier) -> String {
        written(&self.base, TierName::STANDARD, multiplier)
    }
}

/// `input=2.5;output=15;above=200000;service_tier=flex;multiplier=1.2`: what anybody needs to work a charge out again. What
/// is as usual is left out.
pub fn written(applied: &Applied, service: TierName, multiplier: Multiplier) -> String {
    let mut text = applied.unit_prices.as_ref().to_owned();
    if !service.is_standard() {
        let _ = write!(text, ";service_tier={service}");
    }
    if multiplier != Multiplier::ONE {
        let _ = write!(text, ";multiplier={multiplier}");
    }
    text
}
