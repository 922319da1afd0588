//! Searching, as the console asks for it.

use super::Failed;
use domain::{ids::TenantId, views::Found};
use futures::future::BoxFuture;

/// Where somebody may search.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// The whole place: tenants, and all requests.
    Place,
    /// One tenant.
    Tenant {
        /// Which.
        id: TenantId,
        /// Its keys too.
        keys: bool,
        /// Its requests too.
        requests: bool,
    },
}

/// Searching.
pub trait Search: Send + Sync + 'static {
    /// What goes by this text: names that hold it, request ids that begin with it.
    fn search(&self, scope: Scope, text: String) -> BoxFuture<'_, Result<Found, Failed>>;
}
