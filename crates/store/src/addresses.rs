//! From where keys are used. An IPv6 network of 64 bits is one place: whoever has one address of it has all.

use crate::{Store, error::Result, sql, time};
use domain::ids::KeyId;
use ipnet::Ipv6Net;
use std::net::IpAddr;

/// An address that was first seen before this is forgotten once the key has come from a newer one.
const KEPT_US: i64 = 90 * 86_400 * 1_000_000;
/// A key that came from so many places comes from anywhere: no more are kept, and none is news.
const MOST: i64 = 1_000;

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
            "INSERT INTO key_addresses (key_id, address, first_seen) SELECT $1, $2, $3 \
             WHERE (SELECT COUNT(*) FROM key_addresses WHERE key_id = $1) < $4 ON CONFLICT DO NOTHING",
            key,
            place(address),
            time::now_us(),
            MOST
        );
        if self.0.db().execute(insert).await? == 0 {
            return Ok(false);
        }
        let few = sql!("SELECT COUNT(*) FROM (SELECT 1 FROM key_addresses WHERE key_id = $1 LIMIT 2) AS few", key);
        Ok(self.0.db().fetch_one(few).await?.int(0)? > 1)
    }

    /// Forgets old ones. The last one of a key stays: without it the next would be no news.
    ///
    /// # Errors
    /// Any of [`crate::Error`]'s database kinds.
    pub(crate) async fn prune(self) -> Result<()> {
        let old = sql!(
            "DELETE FROM key_addresses WHERE first_seen < $1 AND EXISTS (SELECT 1 FROM key_addresses newer \
             WHERE newer.key_id = key_addresses.key_id AND newer.first_seen > key_addresses.first_seen)",
            time::now_us() - KEPT_US
        );
        self.0.db().execute(old).await.map(drop)
    }
}

fn place(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            Ipv6Net::new(address, 64).map_or_else(|_| address.to_string(), |net| net.trunc().to_string())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_of_64_bits_is_one_place() {
        let of = |text: &str| place(text.parse().unwrap());
        assert_eq!(of("2001:db8:1:2:3::4"), "2001:db8:1:2::/64");
        assert_eq!(of("2001:db8:1:2::9"), of("2001:db8:1:2:3::4"));
        assert_eq!(of("::ffff:10.0.0.1"), "10.0.0.1");
    }
}
