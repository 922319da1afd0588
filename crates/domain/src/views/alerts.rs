//! Budgets, alert rules, and what happened.

use super::{EventLine, Listed};
use crate::{
    budget::{BudgetOf, Period},
    ids::BudgetId,
    money::NanoUsd,
};

/// A budget with its window of now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BudgetLine {
    /// Which.
    pub id: BudgetId,
    /// Whose.
    pub of: BudgetOf,
    /// The key's name or the member's address; the tenant's name.
    pub owner: String,
    /// How long its windows are.
    pub period: Period,
    /// So much may be spent in each.
    pub amount: NanoUsd,
    /// Whether requests that do not fit are refused.
    pub hard: bool,
    /// What is told: percents of the amount.
    pub steps: Vec<u32>,
    /// Posted in this window.
    pub spent: NanoUsd,
    /// Set aside for running requests.
    pub held: NanoUsd,
    /// When the window ends, RFC 3339 with the tenant's own offset; `None`: never.
    pub until: Option<String>,
}

/// A tenant's budgets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Budgets {
    /// The newest first.
    pub list: Listed<BudgetLine>,
    /// Whose a budget can be: the id (empty: the tenant's) and the name.
    pub owners: Vec<(String, String)>,
    /// Where the tenant's days begin.
    pub zone: String,
}

/// An alert rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleLine {
    /// Which.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// The kinds of events it counts; empty: all.
    pub kinds: Vec<String>,
    /// From so many on it tells …
    pub threshold: u32,
    /// … within so many seconds.
    pub window_seconds: u32,
    /// Who gets a mail.
    pub emails: Vec<String>,
    /// What is called: its scheme and host.
    pub webhook: Option<String>,
    /// Whether it is looked at.
    pub enabled: bool,
    /// When it last told, RFC 3339 UTC; `None`: never yet.
    pub told: Option<String>,
}

/// The page of budgets and alerts of a tenant, or of the place's alerts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertsView {
    /// A tenant's budgets; `None`: the place is looked at.
    pub budgets: Option<Budgets>,
    /// Who is told, the newest first.
    pub rules: Vec<RuleLine>,
    /// The kinds of events there are.
    pub kinds: Vec<String>,
    /// What happened of late, newest first.
    pub events: Vec<EventLine>,
}
