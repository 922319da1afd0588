//! From where keys are used.

use crate::{Store, error::Result, sql, time};
use domain::ids::KeyId;
use std::net::IpAddr;

/// An address that was first seen before this is news again.
const KEPT_US: i64 = 90 * 86_400 * 1_000_000;

/// Addresses of keys. From [`Store::addresses`].
#[derive(Debug, Clone, Copy)]
pub struct Addresses<'a>(pub(crate) &'a Store);

impl Addresses<'_> {
    /// Keeps that a key came from an address. Whether that is news: it never did, and came from others before.
    ///
    /// # Errors
    /// Any of [`crate::Error`]'s database kinds.
    pub async fn saw(self, key: KeyId, address: IpAddr) -> Result<bool> {
        let insert = sql!(
            "INSERT INTO key_addresses (key_id, address, first_seen) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
            key,
            address.to_canonical().to_string(),
            time::now_us()
        );
        if self.0.db().execute(insert).await? == 0 {
            return Ok(false);
        }
        let count = sql!("SELECT COUNT(*) FROM key_addresses WHERE key_id = $1", key);
        Ok(self.0.db().fetch_one(count).await?.int(0)? > 1)
    }

    /// Forgets old ones.
    ///
    /// # Errors
    /// Any of [`crate::Error`]'s database kinds.
    pub(crate) async fn prune(self) -> Result<()> {
        let old = sql!("DELETE FROM key_addresses WHERE first_seen < $1", time::now_us() - KEPT_US);
        self.0.db().execute(old).await.map(drop)
    }
}
