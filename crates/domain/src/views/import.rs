//! Prices beside the catalogue's, as those who run the place see them.

use crate::price::{Change, RateChange};

/// What the page of the import is asked for, as its address has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImportAsked {
    /// `cost`: what channels cost us; else what everybody pays.
    pub what: String,
    /// What the catalogue's rates are multiplied by; empty: 1.
    pub multiplier: String,
    /// From when the prices hold, UTC; empty: at once.
    pub valid_from: String,
    /// Whether models are shown that are only in the catalogue.
    pub all: bool,
    /// Only changes of this kind; empty: all.
    pub change: String,
    /// Only models, channels and providers whose name holds this.
    pub q: String,
}

impl ImportAsked {
    /// Whether it is about what channels cost us.
    pub fn costs(&self) -> bool {
        self.what == "cost"
    }
}

/// Prices beside the catalogue's.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImportView {
    /// How many there are of each kind of change, whatever the filter.
    pub counts: Vec<(Change, usize)>,
    /// Those that fit.
    pub lines: Vec<ImportLine>,
}

/// One price beside the catalogue's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportLine {
    /// The public model name.
    pub model: String,
    /// The channel whose cost it is; `None`: a sale price.
    pub channel: Option<String>,
    /// The provider whose price it is; `None`: the catalogue does not have it.
    pub provider: Option<String>,
    /// How it would change.
    pub change: Change,
    /// The rates that lists show, and all that would change.
    pub rates: Vec<RateChange>,
    /// The channels that would cost more than what tenants pay.
    pub below_cost: Vec<String>,
    /// What it is chosen by.
    pub seen: String,
}
