//! Requests, as the console asks for them.

use super::Failed;
use domain::{
    ids::{RequestId, TenantId},
    views::{RequestDetail, RequestFilter, RequestPage},
};
use futures::future::BoxFuture;

/// Requests. `tenant: None` is the whole place.
pub trait Requests: Send + Sync + 'static {
    /// One page of the log.
    fn requests(&self, tenant: Option<TenantId>, filter: RequestFilter) -> BoxFuture<'_, Result<RequestPage, Failed>>;

    /// One request; of another tenant it is not found. `costs`: with what is only for those who run the place.
    fn request(
        &self,
        tenant: Option<TenantId>,
        id: RequestId,
        costs: bool,
    ) -> BoxFuture<'_, Result<RequestDetail, Failed>>;
}
