//! Budgets: how much a tenant, a key or a member may spend in a day, a week, a month, or at all.
//!
//! A budget is no account: it holds no money. A hard one is asked before a request is admitted, like the wallet; a soft one
//! only tells when its steps are passed. A request belongs to the window of its admission, and what it comes to in the end
//! counts there even where that is more than the budget.

use crate::ids::BudgetId;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr, sync::Arc};

/// How long a window of a budget is. Windows begin at midnight, on Monday, on the 1st, in the tenant's zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Period {
    /// From midnight to midnight.
    Day,
    /// From Monday to Monday.
    Week,
    /// From the 1st to the 1st.
    Month,
    /// One window for ever.
    Total,
}

impl Period {
    /// All of them, the shortest first.
    pub const ALL: [Self; 4] = [Self::Day, Self::Week, Self::Month, Self::Total];

    /// The word in database and API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Total => "total",
        }
    }
}

/// Whose budget it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BudgetOf {
    /// All keys of a tenant together.
    Tenant,
    /// One key.
    Key,
    /// All keys of one member together.
    Member,
}

impl BudgetOf {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Tenant, Self::Key, Self::Member];

    /// The word in database and API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tenant => "tenant",
            Self::Key => "key",
            Self::Member => "member",
        }
    }
}

/// None of the words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be {0}")]
pub struct UnknownWord(&'static str);

macro_rules! words {
    ($type:ty, $words:literal) => {
        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl FromStr for $type {
            type Err = UnknownWord;

            fn from_str(word: &str) -> Result<Self, UnknownWord> {
                Self::ALL.into_iter().find(|it| it.as_str() == word).ok_or(UnknownWord($words))
            }
        }
    };
}
words!(Period, "day, week, month or total");
words!(BudgetOf, "tenant, key or member");

/// A hard budget as the relay asks it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Which.
    pub id: BudgetId,
    /// Whose.
    pub of: BudgetOf,
    /// How long its windows are.
    pub period: Period,
}

/// Every hard budget that a key's requests must fit into.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Budgets {
    /// Where the tenant's days begin: an IANA name; empty: UTC.
    pub zone: Arc<str>,
    /// The tenant's.
    pub tenant: Arc<[Budget]>,
    /// The key's own and its member's.
    pub key: Arc<[Budget]>,
}

impl Budgets {
    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Budget> {
        self.tenant.iter().chain(self.key.iter())
    }

    /// Whether there are none, as there mostly are.
    pub fn is_empty(&self) -> bool {
        self.tenant.is_empty() && self.key.is_empty()
    }
}

/// One window of one budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Window {
    /// Of which budget.
    pub budget: BudgetId,
    /// When it begins, microseconds since 1970.
    pub start_us: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_survive() {
        assert!(Period::ALL.into_iter().all(|it| it.as_str().parse() == Ok(it)));
        assert!(BudgetOf::ALL.into_iter().all(|it| it.as_str().parse() == Ok(it)));
        assert_eq!("year".parse::<Period>().unwrap_err().to_string(), "must be day, week, month or total");
    }
}
