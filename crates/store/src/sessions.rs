//! The console's sessions: found by the hash of the id in the cookie, so that a copy of the database opens none.

use crate::{Store, error::Result, sql, time};
use domain::{ids::UserId, secret::SecretHash};

/// Sessions. From [`Store::sessions`].
#[derive(Debug, Clone, Copy)]
pub struct Sessions<'a>(pub(crate) &'a Store);

impl Sessions<'_> {
    /// Keeps a new session; `false` when there is one with this id.
    ///
    /// # Errors
    /// Any of [`crate::Error`]'s database kinds.
    pub async fn create(self, id: SecretHash, user: Option<UserId>, data: &[u8], expires_us: i64) -> Result<bool> {
        let insert = sql!(
            "INSERT INTO sessions (hash, user_id, data, expires) VALUES ($1, $2, $3, $4) ON CONFLICT (hash) DO NOTHING",
            id,
            user,
            data,
            expires_us
        );
        Ok(self.0.db().execute(insert).await? == 1)
    }

    /// Keeps a session as it is now. One that was ended meanwhile stays ended: `false`.
    ///
    /// # Errors
    /// Any of [`crate::Error`]'s database kinds.
    pub async fn save(self, id: SecretHash, user: Option<UserId>, data: &[u8], expires_us: i64) -> Result<bool> {
        let update = sql!(
            "UPDATE sessions SET user_id = $1, data = $2, expires = $3 WHERE hash = $4",
            user,
            data,
            expires_us,
            id
        );
        Ok(self.0.db().execute(update).await? == 1)
    }

    /// The data of a session that has not run out, and until when it lasts.
    ///
    /// # Errors
    /// Any of [`crate::Error`]'s database kinds.
    pub async fn load(self, id: SecretHash) -> Result<Option<(Vec<u8>, i64)>> {
        let select = sql!("SELECT data, expires FROM sessions WHERE hash = $1 AND expires > $2", id, time::now_us());
        let row = self.0.db().fetch_optional(select).await?;
        row.map(|row| Ok((row.bytes("data")?, row.int("expires")?))).transpose()
    }

    /// Ends a session.
    ///
    /// # Errors
    /// Any of [`crate::Error`]'s database kinds.
    pub async fn delete(self, id: SecretHash) -> Result<()> {
        self.0.db().execute(sql!("DELETE FROM sessions WHERE hash = $1", id)).await.map(drop)
    }

    /// Ends all sessions of a person.
    ///
    /// # Errors
    /// Any of [`crate::Error`]'s database kinds.
    pub async fn delete_of(self, user: UserId) -> Result<()> {
        self.0.db().execute(sql!("DELETE FROM sessions WHERE user_id = $1", user)).await.map(drop)
    }
}
