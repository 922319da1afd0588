//! Tenants and their money, as the console asks for them.

use super::{Author, Failed};
use domain::{
    ids::TenantId,
    money::NanoUsd,
    views::{LedgerPage, TenantDetail, TenantPage},
};
use futures::future::BoxFuture;

/// Tenants. Everything but [`Tenants::wallet`] is for those who run the place.
pub trait Tenants: Send + Sync + 'static {
    /// One page of tenants.
    fn tenants(&self, cursor: Option<String>) -> BoxFuture<'_, Result<TenantPage, Failed>>;

    /// One tenant's everything.
    fn tenant(&self, id: TenantId) -> BoxFuture<'_, Result<TenantDetail, Failed>>;

    /// Makes a tenant with an empty wallet.
    fn create_tenant(&self, by: Author, name: String) -> BoxFuture<'_, Result<TenantId, Failed>>;

    /// Adds to its wallet, or takes away where the amount is negative.
    fn adjust(
        &self,
        by: Author,
        tenant: TenantId,
        amount: NanoUsd,
        reason: String,
    ) -> BoxFuture<'_, Result<(), Failed>>;

    /// Sets how far below zero its wallet may go.
    fn set_credit_limit(&self, by: Author, tenant: TenantId, limit: NanoUsd) -> BoxFuture<'_, Result<(), Failed>>;

    /// Freezes or thaws it.
    fn set_frozen(&self, by: Author, tenant: TenantId, frozen: bool) -> BoxFuture<'_, Result<(), Failed>>;

    /// Sets for how many days its responses are kept.
    fn set_response_days(&self, by: Author, tenant: TenantId, days: u32) -> BoxFuture<'_, Result<(), Failed>>;

    /// A wallet and one page of its history.
    fn wallet(&self, tenant: TenantId, before: Option<i64>) -> BoxFuture<'_, Result<LedgerPage, Failed>>;
}
