//! Redis, for several nodes: limits that they count together, and hints that something has changed. It never holds money, and
//! nothing waits for it: while it is away each node counts for itself, and changes are found by looking, as without it.

mod hints;
mod limits;

pub use hints::hear;
pub use limits::RedisLimits;

use crate::error::{Error, Result};
use redis::{
    Client,
    aio::{ConnectionManager, ConnectionManagerConfig},
};
use std::time::Duration;

/// An answer that takes longer is none.
const ANSWER: Duration = Duration::from_millis(100);
/// Connecting may take so long.
const CONNECT: Duration = Duration::from_secs(1);
/// After a failure it is not asked for so long.
const AWAY: Duration = Duration::from_secs(1);

/// A Redis server, by its URL: `redis://…`, or `rediss://…` over TLS.
#[derive(Debug, Clone)]
pub struct Redis(Client);

impl Redis {
    /// At this address; nothing is connected yet.
    ///
    /// # Errors
    /// [`Error::Invalid`] for what is no such URL.
    pub fn at(url: &str) -> Result<Self> {
        // The error would quote the URL, which may hold a password.
        Client::open(url).map(Self).map_err(|_| Error::invalid("redis.url", "is not a redis:// or rediss:// URL"))
    }

    /// A connection that comes back by itself; made even while the server is away.
    async fn connection(&self) -> redis::RedisResult<ConnectionManager> {
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(CONNECT))
            .set_response_timeout(Some(ANSWER))
            .set_max_delay(AWAY);
        ConnectionManager::new_lazy_with_config(self.0.clone(), config)
    }
}
