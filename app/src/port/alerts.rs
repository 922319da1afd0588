//! Budgets and alert rules, as the console asks for them.

use super::{Author, Failed};
use domain::{
    ids::{BudgetId, TenantId},
    money::NanoUsd,
    views::AlertsView,
};
use futures::future::BoxFuture;

/// A budget as a form describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BudgetSet {
    /// The one to be changed, whose owner and period stay; `None`: a new one.
    pub budget: Option<BudgetId>,
    /// The key's or the user's id; empty: the tenant's own.
    pub owner: String,
    /// How long its windows are.
    pub period: String,
    /// So much may be spent in each.
    pub amount: NanoUsd,
    /// Whether requests that do not fit are refused.
    pub hard: bool,
    /// What is told: percents of the amount.
    pub steps: Vec<u32>,
}

/// An alert rule as a form describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertSet {
    /// The one to be changed; `None`: a new one.
    pub rule: Option<i64>,
    /// What people call it.
    pub name: String,
    /// Kinds of events; empty: all.
    pub kinds: Vec<String>,
    /// From so many on it tells …
    pub threshold: u32,
    /// … within so many seconds.
    pub window_seconds: u32,
    /// Who gets a mail.
    pub emails: Vec<String>,
    /// What is called; `None`: what was called before.
    pub webhook: Option<String>,
    /// Nothing is called any more.
    pub no_webhook: bool,
    /// Whether it is looked at.
    pub enabled: bool,
}

/// Budgets of a tenant; alert rules of a tenant, or of the place (`None`).
pub trait Alerts: Send + Sync + 'static {
    /// All of it, with the page of budgets from the cursor on.
    fn alerts(&self, tenant: Option<TenantId>, cursor: Option<String>) -> BoxFuture<'_, Result<AlertsView, Failed>>;

    /// Sets a budget.
    fn set_budget(&self, by: Author, tenant: TenantId, set: BudgetSet) -> BoxFuture<'_, Result<(), Failed>>;

    /// Takes one away.
    fn delete_budget(&self, by: Author, tenant: TenantId, budget: BudgetId) -> BoxFuture<'_, Result<(), Failed>>;

    /// Sets a rule; the secret, where its webhook is its first.
    fn set_alert(
        &self,
        by: Author,
        tenant: Option<TenantId>,
        set: AlertSet,
    ) -> BoxFuture<'_, Result<Option<String>, Failed>>;

    /// Removes one.
    fn delete_alert(&self, by: Author, tenant: Option<TenantId>, rule: i64) -> BoxFuture<'_, Result<(), Failed>>;

    /// Tells those it names that this is a test; what could not be told.
    fn test_alert(&self, tenant: Option<TenantId>, rule: i64) -> BoxFuture<'_, Result<Vec<String>, Failed>>;
}
