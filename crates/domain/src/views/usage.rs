//! Sums of usage over a range, by what one asks for.

use super::{Percentiles, Span, Window, nothing};
use crate::money::NanoUsd;
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// Not one of the words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a word for this")]
pub struct UnknownWord;

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
        pub enum $name { $($(#[$variant_doc])* #[serde(rename = $word)] $variant,)* }

        impl $name {
            /// All, in the order they are offered.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The word in an address.
            pub fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }
        }

        impl FromStr for $name {
            type Err = UnknownWord;
            fn from_str(word: &str) -> Result<Self, UnknownWord> {
                Self::ALL.iter().copied().find(|one| one.word() == word).ok_or(UnknownWord)
            }
        }
    };
}

words! {
    /// How far back.
    Range {
        /// A quarter of an hour.
        Quarter = "15m",
        /// An hour.
        Hour = "1h",
        /// A day.
        Day = "24h",
        /// A week.
        #[default]
        Week = "7d",
        /// A month.
        Month = "30d",
    }
}

words! {
    /// What a chart of usage shows.
    Measure {
        /// Charges.
        #[default]
        Spend = "spend",
        /// Requests.
        Requests = "requests",
        /// Tokens of every kind.
        Tokens = "tokens",
        /// Errors.
        Errors = "errors",
    }
}

words! {
    /// By what sums are made.
    By {
        /// The public model.
        #[default]
        Model = "model",
        /// The key.
        Key = "key",
        /// The day, UTC.
        Day = "day",
        /// The tenant; for those who see the whole place.
        Tenant = "tenant",
        /// The channel; for those who see the whole place.
        Channel = "channel",
    }
}

impl By {
    /// Whether it is only for those who see the whole place.
    pub fn is_for_the_place(self) -> bool {
        matches!(self, Self::Tenant | Self::Channel)
    }
}

/// One sum.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsageLine {
    /// Of what: a model's or key's name, a day.
    pub of: String,
    /// Requests.
    pub requests: u64,
    /// Of those, with an error.
    pub errors: u64,
    /// Input tokens without cache.
    pub input: u64,
    /// Tokens read from a cache.
    pub cache_read: u64,
    /// Tokens written to one.
    pub cache_write: u64,
    /// Output tokens.
    pub output: u64,
    /// What was charged.
    pub spend: NanoUsd,
    /// For those who see the whole place: what it cost us.
    pub cost: Option<NanoUsd>,
    /// How long answers took.
    pub latency: Option<Percentiles>,
    /// How long their first tokens took.
    pub ttft: Option<Percentiles>,
}

/// What one group did in one slot.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Point {
    /// Requests.
    #[serde(skip_serializing_if = "nothing")]
    pub requests: u64,
    /// Of those, with an error.
    #[serde(skip_serializing_if = "nothing")]
    pub errors: u64,
    /// Tokens of every kind.
    #[serde(skip_serializing_if = "nothing")]
    pub tokens: u64,
    /// What was charged.
    #[serde(skip_serializing_if = "nothing")]
    pub spend: NanoUsd,
}

/// Sums over a range.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsageView {
    /// The range that was asked for.
    pub span: Span,
    /// Its slots.
    pub window: Window,
    /// By what.
    pub by: By,
    /// By what, a slot each: requests, tokens, errors and charges in every slot, in the order of `lines`. Where there are
    /// many, those that are among the largest of any of these.
    pub slots: Vec<(String, Vec<Point>)>,
    /// What is in none of `slots`; empty: nothing.
    pub rest: Vec<Point>,
    /// The sums, the largest charge first, or by day.
    pub lines: Vec<UsageLine>,
    /// How many lines more there are.
    pub more: u64,
    /// All of it.
    pub total: UsageLine,
    /// The same over as long before.
    pub before: UsageLine,
    /// The file of the same requests.
    pub csv: String,
    /// Whether costs and the whole place are seen.
    pub place: bool,
}

/// What a reconciliation found, and the house's accounts. For those who run the place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MoneyView {
    /// The sum of all differences.
    pub difference: NanoUsd,
    /// What does not add up: what, expected, found.
    pub differences: Vec<(String, String, String)>,
    /// When it was made, RFC 3339 UTC.
    pub time: String,
    /// Usage rows compared.
    pub requests: u64,
    /// What they come to.
    pub charged: NanoUsd,
    /// Records of this node's journal compared.
    pub journal_records: u64,
    /// Requests in the journal and not posted yet.
    pub pending_requests: u64,
    /// What these come to.
    pub pending: NanoUsd,
    /// Every account of the house and all wallets together: name and what is posted. Their sum is zero.
    pub accounts: Vec<(String, NanoUsd)>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_survive_and_nonsense_does_not() {
        for range in Range::ALL {
            assert_eq!(range.word().parse(), Ok(*range));
        }
        for by in By::ALL {
            assert_eq!(by.word().parse(), Ok(*by));
            assert_eq!(serde_json::to_string(by).unwrap(), format!("\"{}\"", by.word()));
        }
        assert_eq!("1y".parse::<Range>(), Err(UnknownWord));
    }
}
