//! A price as an admin sets it: rates, and what differs for long inputs and for service tiers.
//!
//! In JSON the rates stand beside `tiers` and `service_tiers`, so that a price without tiers is its rates:
//! `{"input": "1.25", "output": "10", "tiers": [{"above": 200000, "input": "2.5"}], "service_tiers": {"flex": {"input": "0.6"}}}`.

use super::{
    rates::{OwnRates, Rates},
    tier_name::TierName,
};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error as _, MapAccess, Visitor},
    ser::SerializeMap,
};
use std::{collections::BTreeMap, fmt};

/// A price has at most so many context tiers and so many service tiers.
pub const MOST_TIERS: usize = 8;

/// A price's rates with its tiers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tariff {
    /// What holds where no tier says otherwise.
    pub rates: Rates,
    /// Of requests with long inputs, shortest first.
    pub tiers: Vec<ContextTier>,
    /// By service tier.
    pub service_tiers: BTreeMap<TierName, ServiceRates>,
}

/// The rates of a whole request whose input, all kinds together, is longer than `above` tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ContextTier {
    /// Tokens.
    pub above: u64,
    /// What differs.
    pub rates: OwnRates,
}

/// The rates of one service tier.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServiceRates {
    /// What differs from the price's own rates.
    pub rates: OwnRates,
    /// And what differs from these where the input is long.
    pub tiers: Vec<ContextTier>,
}

/// Why a price is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTariff {
    /// Below zero.
    #[error("must not be negative")]
    Negative,
    /// Too many tiers.
    #[error("must be {MOST_TIERS} at most")]
    TooMany,
    /// Not each longer than the one before, or none at all.
    #[error("must be at least 1 and rise from tier to tier")]
    NotRising,
}

impl From<Rates> for Tariff {
    fn from(rates: Rates) -> Self {
        Self { rates, ..Self::default() }
    }
}

impl Tariff {
    /// The rates of a request: the first that is set of the service tier's own tier for this length, the service tier, the
    /// price's tier for this length, the price.
    pub(super) fn resolve(&self, service: TierName, above: u64) -> Rates {
        let mut rates = self.rates;
        if let Some(tier) = reached(&self.tiers, above) {
            rates = rates.under(&tier.rates);
        }
        if let Some(service) = self.service_tiers.get(&service) {
            rates = rates.under(&service.rates);
            if let Some(tier) = reached(&service.tiers, above) {
                rates = rates.under(&tier.rates);
            }
        }
        rates
    }

    /// The lengths at which the rates of a service tier change, in order and without the first, which is 0.
    pub(super) fn lengths(&self, service: TierName) -> Vec<u64> {
        let own = self.service_tiers.get(&service).into_iter().flat_map(|service| &service.tiers);
        let mut lengths: Vec<u64> = self.tiers.iter().chain(own).map(|tier| tier.above).collect();
        lengths.sort_unstable();
        lengths.dedup();
        lengths
    }

    /// Whether it is rates and nothing else.
    pub fn is_plain(&self) -> bool {
        self.tiers.is_empty() && self.service_tiers.is_empty()
    }

    /// Checks what no price may be.
    ///
    /// # Errors
    /// The field, as in `tiers[0].input`, and what is wrong with it.
    pub fn check(&self) -> Result<(), (String, InvalidTariff)> {
        let own = self.rates.named().into_iter().filter_map(|(name, rate)| Some((name, rate?)));
        check_rates("", own)?;
        check_tiers("", &self.tiers)?;
        if self.service_tiers.len() > MOST_TIERS {
            return Err(("service_tiers".to_owned(), InvalidTariff::TooMany));
        }
        for (name, service) in &self.service_tiers {
            let within = format!("service_tiers.{name}.");
            check_rates(&within, service.rates.named())?;
            check_tiers(&within, &service.tiers)?;
        }
        Ok(())
    }

    /// Every rate made anew, its tiers' too.
    pub fn map(&self, each: impl Fn(crate::money::PicoPerUnit) -> crate::money::PicoPerUnit) -> Self {
        let own = |rates: &OwnRates| OwnRates(rates.0.map(|rate| rate.map(&each)));
        let tiers = |tiers: &[ContextTier]| -> Vec<ContextTier> {
            tiers.iter().map(|tier| ContextTier { above: tier.above, rates: own(&tier.rates) }).collect()
        };
        let service =
            |service: &ServiceRates| ServiceRates { rates: own(&service.rates), tiers: tiers(&service.tiers) };
        Self {
            rates: self.rates.under(&own(&OwnRates(self.rates.named().map(|(_, rate)| rate)))),
            tiers: tiers(&self.tiers),
            service_tiers: self.service_tiers.iter().map(|(name, rates)| (*name, service(rates))).collect(),
        }
    }
}

/// The tier of the longest inputs that one of more than `above` tokens is.
fn reached(tiers: &[ContextTier], above: u64) -> Option<&ContextTier> {
    tiers.iter().rev().find(|tier| tier.above <= above)
}

fn check_rates(
    within: &str,
    rates: impl IntoIterator<Item = (&'static str, crate::money::PicoPerUnit)>,
) -> Result<(), (String, InvalidTariff)> {
    match rates.into_iter().find(|(_, rate)| rate.0 < 0) {
        Some((name, _)) => Err((format!("{within}{name}"), InvalidTariff::Negative)),
        None => Ok(()),
    }
}

fn check_tiers(within: &str, tiers: &[ContextTier]) -> Result<(), (String, InvalidTariff)> {
    if tiers.len() > MOST_TIERS {
        return Err((format!("{within}tiers"), InvalidTariff::TooMany));
    }
    let mut longest = 0;
    for (at, tier) in tiers.iter().enumerate() {
        if tier.above <= longest {
            return Err((format!("{within}tiers[{at}].above"), InvalidTariff::NotRising));
        }
        longest = tier.above;
        check_rates(&format!("{within}tiers[{at}]."), tier.rates.named())?;
    }
    Ok(())
}

/// What an object may hold besides rates.
#[derive(Clone, Copy)]
struct Shape {
    above: bool,
    tiers: bool,
    service_tiers: bool,
}

/// What an object held.
#[derive(Default)]
struct Given {
    rates: OwnRates,
    above: Option<u64>,
    tiers: Option<Vec<ContextTier>>,
    service_tiers: Option<BTreeMap<TierName, ServiceRates>>,
}

impl<'de> Visitor<'de> for Shape {
    type Value = Given;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of rates")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Given, A::Error> {
        let mut given = Given::default();
        while let Some(key) = map.next_key::<String>()? {
            let twice = match key.as_str() {
                "above" if self.above => given.above.replace(map.next_value()?).is_some(),
                "tiers" if self.tiers => given.tiers.replace(map.next_value()?).is_some(),
                "service_tiers" if self.service_tiers => given.service_tiers.replace(map.next_value()?).is_some(),
                name => match given.rates.get_mut(name) {
                    Some(rate) => std::mem::replace(rate, map.next_value()?).is_some(),
                    None => return Err(A::Error::custom(format_args!("unknown field `{name}`"))),
                },
            };
            if twice {
                return Err(A::Error::custom(format_args!("duplicate field `{key}`")));
            }
        }
        Ok(given)
    }
}

impl<'de> Deserialize<'de> for Tariff {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let given = d.deserialize_map(Shape { above: false, tiers: true, service_tiers: true })?;
        Ok(Self {
            rates: Rates::of(given.rates).map_err(D::Error::missing_field)?,
            tiers: given.tiers.unwrap_or_default(),
            service_tiers: given.service_tiers.unwrap_or_default(),
        })
    }
}

impl<'de> Deserialize<'de> for ContextTier {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let given = d.deserialize_map(Shape { above: true, tiers: false, service_tiers: false })?;
        Ok(Self { above: given.above.ok_or_else(|| D::Error::missing_field("above"))?, rates: given.rates })
    }
}

impl<'de> Deserialize<'de> for ServiceRates {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let given = d.deserialize_map(Shape { above: false, tiers: true, service_tiers: false })?;
        Ok(Self { rates: given.rates, tiers: given.tiers.unwrap_or_default() })
    }
}

fn put<M: SerializeMap>(map: &mut M, rates: &OwnRates, tiers: &[ContextTier]) -> Result<(), M::Error> {
    rates.named().try_for_each(|(name, rate)| map.serialize_entry(name, &rate))?;
    if tiers.is_empty() { Ok(()) } else { map.serialize_entry("tiers", tiers) }
}

impl Serialize for Tariff {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let mut map = s.serialize_map(None)?;
        put(&mut map, &OwnRates(self.rates.named().map(|(_, rate)| rate)), &self.tiers)?;
        if !self.service_tiers.is_empty() {
            map.serialize_entry("service_tiers", &self.service_tiers)?;
        }
        map.end()
    }
}

impl Serialize for ContextTier {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let mut map = s.serialize_map(None)?;
        map.serialize_entry("above", &self.above)?;
        put(&mut map, &self.rates, &[])?;
        map.end()
    }
}

impl Serialize for ServiceRates {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let mut map = s.serialize_map(None)?;
        put(&mut map, &self.rates, &self.tiers)?;
        map.end()
    }
}
