//! A tenant's bills, as the console asks for them.

use super::Failed;
use domain::{
    ids::{StatementId, TenantId},
    views::{Bill, BillsPage},
};
use futures::future::BoxFuture;

/// Bills.
pub trait Bills: Send + Sync + 'static {
    /// One page of a tenant's; `may_export`: whether this viewer may take everything away.
    fn bills(
        &self,
        tenant: TenantId,
        may_export: bool,
        cursor: Option<String>,
    ) -> BoxFuture<'_, Result<BillsPage, Failed>>;

    /// A bill of this tenant, or of any.
    fn bill(&self, tenant: Option<TenantId>, id: StatementId) -> BoxFuture<'_, Result<Bill, Failed>>;
}
