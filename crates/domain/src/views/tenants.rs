//! Tenants, their wallets and their ledger.

use super::KeyLine;
use crate::{ids::TenantId, money::NanoUsd};
use serde::{Deserialize, Serialize};

/// A wallet. `available` = `posted` + `credit_limit` − `leased`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct WalletView {
    /// Credits less debits.
    pub posted: NanoUsd,
    /// Drawn by nodes and neither charged nor returned yet.
    pub leased: NanoUsd,
    /// What can be spent.
    pub available: NanoUsd,
    /// How far below zero it may go.
    pub credit_limit: NanoUsd,
}

/// One tenant in the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TenantLine {
    /// Which.
    pub id: TenantId,
    /// What people call it.
    pub name: String,
    /// Frozen ones cannot call.
    pub frozen: bool,
    /// Its wallet.
    pub wallet: WalletView,
    /// Charged over the last thirty days.
    pub spend_30d: NanoUsd,
    /// When it was made, RFC 3339 UTC.
    pub created_at: String,
}

/// One page of tenants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TenantPage {
    /// Newest first.
    pub lines: Vec<TenantLine>,
    /// The cursor of the next page.
    pub next: Option<String>,
}

/// One tenant with its keys and the newest lines of its ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TenantDetail {
    /// The line of the list.
    pub line: TenantLine,
    /// For how many days its responses are kept; 0: they are not.
    pub response_days: u16,
    /// Its keys, newest first.
    pub keys: Vec<KeyLine>,
    /// Its ledger, newest first.
    pub ledger: Vec<LedgerLine>,
}

/// One transfer as a wallet sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerLine {
    /// Its number in the wallet, from 1.
    pub line: i64,
    /// When, RFC 3339 UTC.
    pub time: String,
    /// `usage`, `adjustment`, …
    pub kind: String,
    /// What it was for.
    pub reference: String,
    /// Positive: to the wallet.
    pub amount: NanoUsd,
    /// Posted after it.
    pub balance: NanoUsd,
}

/// One page of a wallet's history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerPage {
    /// The wallet now.
    pub wallet: WalletView,
    /// Newest first.
    pub lines: Vec<LedgerLine>,
    /// The line the next page begins before.
    pub next: Option<i64>,
}
