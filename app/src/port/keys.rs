//! A tenant's keys, as the console asks for them.

use super::{Author, Failed};
use domain::{
    ids::{KeyId, TenantId},
    secret::ApiKeySecret,
    views::KeyLine,
};
use futures::future::BoxFuture;

/// What is set about a key, as a form has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeySettings {
    /// What people call it.
    pub name: String,
    /// Public model names; `None`: all.
    pub models: Option<Vec<String>>,
    /// Addresses and networks; `None`: any.
    pub ip_allow: Option<Vec<String>>,
    /// The last day it works, `2026-12-31` UTC.
    pub last_day: Option<String>,
}

/// Keys.
pub trait Keys: Send + Sync + 'static {
    /// A tenant's keys, newest first, at most 500.
    fn keys(&self, tenant: TenantId) -> BoxFuture<'_, Result<Vec<KeyLine>, Failed>>;

    /// Makes a key. The secret is in the answer and nowhere else.
    fn create_key(
        &self,
        by: Author,
        tenant: TenantId,
        new: KeySettings,
    ) -> BoxFuture<'_, Result<(KeyId, ApiKeySecret), Failed>>;

    /// Changes a key of this tenant. What is set as it was stays exactly as it was.
    fn change_key(
        &self,
        by: Author,
        tenant: TenantId,
        key: KeyId,
        settings: KeySettings,
    ) -> BoxFuture<'_, Result<(), Failed>>;

    /// Gives a key of this tenant a new secret; the one it had works for so many seconds more. Its name and the new secret
    /// are in the answer, the secret nowhere else.
    fn rotate_key(
        &self,
        by: Author,
        tenant: TenantId,
        key: KeyId,
        overlap_seconds: i64,
    ) -> BoxFuture<'_, Result<(String, ApiKeySecret), Failed>>;

    /// Turns a key of this tenant on or off.
    fn set_key_enabled(
        &self,
        by: Author,
        tenant: TenantId,
        key: KeyId,
        enabled: bool,
    ) -> BoxFuture<'_, Result<(), Failed>>;

    /// Ends a key of this tenant for good. `name` must be its name: it says that people know which.
    fn revoke_key(&self, by: Author, tenant: TenantId, key: KeyId, name: String) -> BoxFuture<'_, Result<(), Failed>>;
}
