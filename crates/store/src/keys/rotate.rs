//! Rotating a key: it gets a new secret and stays the same key; its former secret goes on working for the overlap, so that
//! apps can be told one after another.
//!
//! A key has one former secret at most. Rotating again during an overlap ends the older one at once.

use super::{Key, Keys, Minted, locked};
use crate::{
    change::{Actor, Announce},
    error::{Error, Result},
    sql, time,
};
use domain::{
    ids::KeyId,
    secret::{ApiKeySecret, SecretHash},
};
use serde::Serialize;

/// How long a former secret goes on working.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Overlap {
    seconds: i64,
}

impl Overlap {
    /// The longest in seconds: seven days.
    pub const MAX_S: i64 = 7 * 24 * 60 * 60;
    /// What is meant where nothing is said: a day.
    pub const DAY: Self = Self { seconds: 24 * 60 * 60 };

    /// So many seconds; `field` is what the caller calls them.
    ///
    /// # Errors
    /// [`Error::Invalid`] for anything but 0 to [`Overlap::MAX_S`].
    pub fn parse(field: &'static str, seconds: i64) -> Result<Self> {
        if (0..=Self::MAX_S).contains(&seconds) {
            return Ok(Self { seconds });
        }
        Err(Error::invalid(field, "must be 0 to 604800 seconds (7 days)"))
    }

    /// When it is over, milliseconds since 1970, if it begins at `now_ms`. `None`: there is none.
    fn ends_ms(self, now_ms: i64) -> Option<i64> {
        (self.seconds > 0).then(|| now_ms.saturating_add(self.seconds * 1000))
    }
}

/// A secret that was replaced and still works.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Former {
    /// How it begins.
    pub prefix: String,
    /// How it ends.
    pub last4: String,
    /// Milliseconds since 1970 after which it is refused.
    pub ends_at_ms: i64,
}

impl Keys<'_> {
    /// Gives a key a new secret, which is in the answer and nowhere else. The one it had works until the overlap is over;
    /// without an overlap every node refuses it within a second.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Conflict`] for a revoked key.
    pub async fn rotate(self, actor: &Actor, id: KeyId, overlap: Overlap) -> Result<(Key, ApiKeySecret)> {
        let minted = Minted::new()?;
        let mut change = self.0.change(actor).await?;
        let before = locked(&mut change.tx, id).await?;
        if before.revoked_us.is_some() {
            return Err(Error::conflict("the key is revoked"));
        }
        let former = overlap.ends_ms(time::now_ms()).map(|ends_at_ms| Former {
            prefix: before.prefix.clone(),
            last4: before.last4.clone(),
            ends_at_ms,
        });
        let after = Key { prefix: minted.prefix, last4: minted.last4, former, ..before.clone() };
        let kept = after.former.as_ref();
        let update = sql!(
            "UPDATE keys SET former_hash = CASE WHEN $1 = 1 THEN hash END, former_prefix = $2, former_last4 = $3, \
             former_ends = $4, hash = $5, prefix = $6, last4 = $7 WHERE id = $8",
            kept.is_some(),
            kept.map(|former| former.prefix.clone()),
            kept.map(|former| former.last4.clone()),
            kept.map(|former| former.ends_at_ms),
            SecretHash::of(minted.secret.expose()),
            &after.prefix,
            &after.last4,
            id
        );
        change.tx.execute(update).await?;
        change.announce(Announce::Key(id)).await?;
        change.audit("key.rotate", id, Some(&before), Some(&after)).await?;
        change.commit().await?;
        Ok((after, minted.secret))
    }
}
