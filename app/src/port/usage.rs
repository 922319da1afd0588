//! Sums of usage, and whether the books add up, as the console asks for them.

use super::Failed;
use domain::{
    ids::TenantId,
    views::{By, MarginView, MoneyView, Span, UsageView},
};
use futures::future::BoxFuture;

/// Sums. `tenant: None` is the whole place, with costs.
pub trait Sums: Send + Sync + 'static {
    /// Usage over a range.
    fn usage(&self, tenant: Option<TenantId>, span: Span, by: By) -> BoxFuture<'_, Result<UsageView, Failed>>;

    /// Margins over a range by `model`, `channel`, `tenant` or `each` of them. For those who run the place.
    fn margins(&self, span: Span, by: String) -> BoxFuture<'_, Result<MarginView, Failed>>;

    /// What the last comparison of everything found, or with `now` what one finds now. For those who run the place.
    fn money(&self, now: bool) -> BoxFuture<'_, Result<MoneyView, Failed>>;
}
