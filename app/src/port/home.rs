//! What the first page shows, as the console asks for it.

use super::Failed;
use domain::{
    ids::TenantId,
    views::{Operations, Span, TenantHome},
};
use futures::future::BoxFuture;

/// First pages.
pub trait Homes: Send + Sync + 'static {
    /// The whole place over a range. For those who run it.
    fn operations(&self, span: Span) -> BoxFuture<'_, Result<Operations, Failed>>;

    /// One tenant; `money`: whether its wallet is shown.
    fn tenant_home(&self, tenant: TenantId, money: bool) -> BoxFuture<'_, Result<TenantHome, Failed>>;
}
