//! A tenant's bills.

use super::LedgerLine;
use crate::{
    ids::{StatementId, TenantId},
    money::NanoUsd,
};
use serde::{Deserialize, Serialize};

/// One bill in the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BillLine {
    /// Which.
    pub id: StatementId,
    /// Its number, as it is printed.
    pub number: String,
    /// `2026-10`.
    pub month: String,
    /// The balance before.
    pub opening: NanoUsd,
    /// What usage came to; negative.
    pub usage: NanoUsd,
    /// The balance after.
    pub closing: NanoUsd,
}

impl BillLine {
    /// What moved otherwise: credit, refunds, …
    pub fn others(&self) -> NanoUsd {
        self.closing.saturating_sub(self.opening).saturating_sub(self.usage)
    }
}

/// What is on no bill yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunningMonth {
    /// `2026-11`.
    pub month: String,
    /// The balance that it began with.
    pub opening: NanoUsd,
    /// The balance now.
    pub closing: NanoUsd,
    /// What usage came to so far, negative; `None`: too many lines to add up for a page.
    pub usage: Option<NanoUsd>,
}

/// One page of bills.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BillsPage {
    /// Whose.
    pub tenant: TenantId,
    /// Whether they may take the whole history away.
    pub may_export: bool,
    /// What is on no bill yet; `None`: nothing, or this is not the first page.
    pub running: Option<RunningMonth>,
    /// Newest first.
    pub lines: Vec<BillLine>,
    /// What the next page is asked with.
    pub next: Option<String>,
}

/// What a model was used for with a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BillUsage {
    /// The model; empty: requests that are no longer kept.
    pub model: String,
    /// What the key was called.
    pub key: String,
    /// Charged requests.
    pub requests: i64,
    /// Input tokens, cached ones included.
    pub input: u64,
    /// Output tokens.
    pub output: u64,
    /// What they were charged: positive.
    pub amount: NanoUsd,
}

/// A bill as it is printed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bill {
    /// As in the list.
    pub line: BillLine,
    /// What the tenant was called.
    pub billed_to: String,
    /// The house's name.
    pub issuer: String,
    /// Its address and tax number, a line each.
    pub letterhead: Vec<String>,
    /// The first day of the month: `2026-10-01`.
    pub first_day: String,
    /// The last.
    pub last_day: String,
    /// The zone whose days these are.
    pub zone: String,
    /// When it was frozen, RFC 3339 UTC.
    pub created_at: String,
    /// The largest charge first.
    pub usage: Vec<BillUsage>,
    /// The lines that are no usage, oldest first.
    pub others: Vec<LedgerLine>,
    /// Whether the file has more of either.
    pub more: bool,
}
