//! The first start: a one-time link makes the first admin; a marker tells a data directory that quick start made.

use crate::{
    Store,
    change::Actor,
    error::{Error, Result},
    seal::random_secret,
    sql,
    users::{self, User},
    words::Email,
};
use domain::secret::{Password, SecretHash, TokenSecret};

const LINK: &str = "setup_link";
const QUICKSTART: &str = "quickstart";
const LINK_PREFIX: &str = "setup-";

/// The first start. From [`Store::setup`].
#[derive(Debug, Clone, Copy)]
pub struct Setup<'a>(pub(crate) &'a Store);

impl Setup<'_> {
    /// A new secret for the set-up link while there are no users, else `None`. The one before it stops working.
    ///
    /// # Errors
    /// Any of [`Error`]'s database kinds.
    pub async fn link(self) -> Result<Option<TokenSecret>> {
        if !self.0.users().is_empty().await? {
            return Ok(None);
        }
        let secret = TokenSecret::new(random_secret(LINK_PREFIX)?);
        self.put(LINK, &hex(SecretHash::of(secret.expose()))).await?;
        Ok(Some(secret))
    }

    /// Whether this secret would make the first admin now.
    ///
    /// # Errors
    /// Any of [`Error`]'s database kinds.
    pub async fn is_valid(self, presented: &str) -> Result<bool> {
        let kept = self.get(LINK).await?;
        Ok(kept.is_some_and(|kept| kept == hex(SecretHash::of(presented))) && self.0.users().is_empty().await?)
    }

    /// Makes the first admin with the link's secret, which then is used up.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the secret is not (or no longer) the link's or there are users; [`Error::Invalid`] for
    /// a poor password.
    pub async fn claim(self, presented: &str, email: &Email, password: &Password) -> Result<User> {
        let refused = || Error::NotFound("set-up link");
        if !self.is_valid(presented).await? {
            return Err(refused());
        }
        let hash = self.0.passwords().hash(password).await?;
        let actor = Actor::system();
        let mut change = self.0.change(&actor).await?;
        let used = sql!("DELETE FROM settings WHERE name = $1 AND value = $2", LINK, hex(SecretHash::of(presented)));
        if change.tx.execute(used).await? == 0
            || change.tx.fetch_optional(sql!("SELECT id FROM users LIMIT 1")).await?.is_some()
        {
            return Err(refused());
        }
        let made = users::insert(&mut change, email, &hash, true).await?;
        change.commit().await?;
        Ok(made)
    }

    /// Makes the first admin if there are no users (`TURNPIKE_ADMIN_EMAIL`); `None` when there are.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a poor password.
    pub async fn first_admin(self, email: &Email, password: &Password) -> Result<Option<User>> {
        if !self.0.users().is_empty().await? {
            return Ok(None);
        }
        let hash = self.0.passwords().hash(password).await?;
        let actor = Actor::system();
        let mut change = self.0.change(&actor).await?;
        if change.tx.fetch_optional(sql!("SELECT id FROM users LIMIT 1")).await?.is_some() {
            return Ok(None);
        }
        let made = users::insert(&mut change, email, &hash, true).await?;
        change.commit().await?;
        Ok(Some(made))
    }

    /// Marks the database as made by quick start, with what it wants to remember.
    ///
    /// # Errors
    /// Any of [`Error`]'s database kinds.
    pub async fn mark_quickstart(self, note: &str) -> Result<()> {
        self.put(QUICKSTART, note).await
    }

    /// What quick start left, if it made this database.
    ///
    /// # Errors
    /// Any of [`Error`]'s database kinds.
    pub async fn quickstart(self) -> Result<Option<String>> {
        self.get(QUICKSTART).await
    }

    /// Whether nobody has used this database yet: no users, tenants or channels.
    ///
    /// # Errors
    /// Any of [`Error`]'s database kinds.
    pub async fn is_untouched(self) -> Result<bool> {
        let any = sql!(
            "SELECT 1 WHERE EXISTS (SELECT 1 FROM users) OR EXISTS (SELECT 1 FROM tenants) OR EXISTS (SELECT 1 FROM channels)"
        );
        Ok(self.0.db().fetch_optional(any).await?.is_none())
    }

    async fn get(self, name: &str) -> Result<Option<String>> {
        let row = self.0.db().fetch_optional(sql!("SELECT value FROM settings WHERE name = $1", name)).await?;
        row.map(|row| row.text(0)).transpose()
    }

    async fn put(self, name: &str, value: &str) -> Result<()> {
        let put = sql!(
            "INSERT INTO settings (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            name,
            value
        );
        self.0.db().execute(put).await.map(drop)
    }
}

fn hex(hash: SecretHash) -> String {
    use std::fmt::Write as _;
    hash.0.iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
