//! Models and what they cost, as those who run the place see them.

use super::nothing;
use crate::{
    money::PicoPerUnit,
    price::{Rates, Tariff},
};
use serde::{Deserialize, Serialize};

/// One model in the list of prices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelLine {
    /// The public name.
    pub name: String,
    /// How many enabled channels carry it.
    pub channels: u64,
    /// What it sells for; `None`: it cannot be called.
    pub sale: Option<PriceLine>,
    /// The dearest that a channel costs us; `None`: not known.
    pub cost: Option<PriceLine>,
    /// Whether some unit sells for less than it costs, in some tier or to some group.
    #[serde(default, skip_serializing_if = "nothing")]
    pub below_cost: bool,
    /// How many of the channels do not say what it costs us.
    #[serde(default, skip_serializing_if = "nothing")]
    pub without_cost: u64,
}

/// The rates that lists show.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriceLine {
    /// Per input token.
    pub input: PicoPerUnit,
    /// Per output token.
    pub output: PicoPerUnit,
    /// Per token read from a cache; `None`: as input.
    #[serde(default, skip_serializing_if = "nothing")]
    pub cache_read: Option<PicoPerUnit>,
}

impl From<&Rates> for PriceLine {
    fn from(rates: &Rates) -> Self {
        Self { input: rates.input, output: rates.output, cache_read: rates.cache_read }
    }
}

/// Everything about what one model costs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelPrices {
    /// What it sells for; `None`: it cannot be called.
    pub sale: Option<Tariff>,
    /// What it costs us, by the channel's name, the dearest first; channels that do not know are left out.
    pub costs: Vec<(String, Tariff)>,
    /// What the catalogue has; `None`: it does not know the model.
    pub catalogue: Option<CataloguePrice>,
    /// The groups that prices can be set for.
    #[serde(default, skip_serializing_if = "nothing")]
    pub groups: Vec<String>,
    /// The newest versions of the sale price, newest first.
    pub versions: Vec<PriceVersionLine>,
}

/// What the catalogue says a model costs at its provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CataloguePrice {
    /// The provider.
    pub provider: String,
    /// Its rates and tiers.
    pub tariff: Tariff,
}

/// One version of a sale price.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriceVersionLine {
    /// Counts up from 1.
    pub version: i64,
    /// Which: what cancels it.
    pub id: String,
    /// Its rates and tiers.
    pub tariff: Tariff,
    /// Since when, RFC 3339 UTC.
    pub since: String,
    /// Until when, RFC 3339 UTC; `None`: no other version came.
    pub until: Option<String>,
    /// Whether it holds now.
    pub holds: bool,
    /// Whether it will hold, and can be cancelled.
    pub scheduled: bool,
    /// Who set it.
    pub who: String,
}
