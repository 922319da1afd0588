//! People: admins run the place, members ([`crate::members`]) see their tenant.

use crate::{
    Store,
    change::{Actor, Change, NOTHING},
    db::{Row, Tx},
    error::{Error, Result},
    ids, members, sql, time,
    words::{Email, Listing, Page},
};
use domain::{
    ids::{TenantId, UserId},
    role::Role,
    secret::Password,
};
use serde::Serialize;

const EMAIL_TAKEN: &str = "there is a user with this e-mail address";

/// A person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct User {
    /// Which.
    pub id: UserId,
    /// In lower case.
    pub email: String,
    /// Whether they run the place.
    pub admin: bool,
    /// Microseconds since 1970.
    pub created_us: i64,
}

/// People. From [`Store::users`].
#[derive(Debug, Clone, Copy)]
pub struct Users<'a>(pub(crate) &'a Store);

pub(crate) fn user(row: &Row) -> Result<User> {
    Ok(User {
        id: UserId(row.int("id")?),
        email: row.text("email")?,
        admin: row.flag("admin")?,
        created_us: row.int("created")?,
    })
}

impl Users<'_> {
    /// Makes a person; `member_of` makes them a member at once.
    ///
    /// # Errors
    /// [`Error::Conflict`] when the address is taken; [`Error::Invalid`] for a poor password; [`Error::NotFound`] when
    /// there is no such tenant.
    pub async fn create(
        self,
        actor: &Actor,
        email: &Email,
        password: &Password,
        admin: bool,
        member_of: Option<(TenantId, Role)>,
    ) -> Result<User> {
        let hash = self.0.passwords().hash(password).await?;
        let mut change = self.0.change(actor).await?;
        let made = insert(&mut change, email, &hash, admin).await?;
        if let Some((tenant, role)) = member_of {
            members::add(&mut change, tenant, made.id, role).await?;
        }
        change.commit().await?;
        Ok(made)
    }

    /// One person.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn get(self, id: UserId) -> Result<User> {
        let row = self.0.db().fetch_optional(sql!("SELECT * FROM users WHERE id = $1", id)).await?;
        row.as_ref().map_or(Err(Error::NotFound("user")), user)
    }

    /// The person with this address.
    ///
    /// # Errors
    /// Any of [`Error`]'s database kinds.
    pub async fn by_email(self, email: &Email) -> Result<Option<User>> {
        Ok(self.with_password(email).await?.map(|(user, _)| user))
    }

    /// People, newest first.
    ///
    /// # Errors
    /// Any of [`Error`]'s database kinds.
    pub async fn list(self, page: Page) -> Result<Listing<User>> {
        let select = sql!("SELECT * FROM users WHERE id < $1 ORDER BY id DESC LIMIT $2", page.before(), page.fetch());
        let rows = self.0.db().fetch_all(select).await?;
        Ok(page.cut(rows.iter().map(user).collect::<Result<_>>()?, |user| user.id.0))
    }

    /// Whether there is nobody yet.
    ///
    /// # Errors
    /// Any of [`Error`]'s database kinds.
    pub async fn is_empty(self) -> Result<bool> {
        Ok(self.0.db().fetch_optional(sql!("SELECT id FROM users LIMIT 1")).await?.is_none())
    }

    /// Gives a person another password and ends all their sessions.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Invalid`] for a poor password.
    pub async fn set_password(self, actor: &Actor, id: UserId, password: &Password) -> Result<()> {
        let hash = self.0.passwords().hash(password).await?;
        let mut change = self.0.change(actor).await?;
        if change.tx.execute(sql!("UPDATE users SET password = $1 WHERE id = $2", hash, id)).await? == 0 {
            return Err(Error::NotFound("user"));
        }
        change.tx.execute(sql!("DELETE FROM sessions WHERE user_id = $1", id)).await?;
        change.audit("user.password", id, NOTHING, NOTHING).await?;
        change.commit().await
    }

    /// Changes one's own password, knowing the old one. Guesses count as sign-ins do: ask [`Users::sign_in`] first.
    ///
    /// # Errors
    /// As [`Users::set_password`]; [`Error::Invalid`] when the old one is wrong.
    pub async fn change_password(self, actor: &Actor, id: UserId, old: &Password, new: &Password) -> Result<()> {
        let row = self.0.db().fetch_optional(sql!("SELECT password FROM users WHERE id = $1", id)).await?;
        let hash = row.map(|row| row.text(0)).transpose()?;
        if !self.0.passwords().verify(old, hash).await? {
            return Err(Error::invalid("password", "the old password is wrong"));
        }
        self.set_password(actor, id, new).await
    }

    /// A person and their password's hash.
    pub(crate) async fn with_password(self, email: &Email) -> Result<Option<(User, String)>> {
        let row = self.0.db().fetch_optional(sql!("SELECT * FROM users WHERE email = $1", email)).await?;
        row.map(|row| Ok((user(&row)?, row.text("password")?))).transpose()
    }
}

/// Adds a person within a change, audited.
pub(crate) async fn insert(change: &mut Change<'_>, email: &Email, hash: &str, admin: bool) -> Result<User> {
    let made = User { id: UserId(ids::next()), email: email.to_string(), admin, created_us: time::now_us() };
    let insert = sql!(
        "INSERT INTO users (id, email, password, admin, created) VALUES ($1, $2, $3, $4, $5)",
        made.id,
        email,
        hash,
        admin,
        made.created_us
    );
    change.tx.execute(insert).await.map_err(|e| e.duplicate_means(EMAIL_TAKEN))?;
    change.audit("user.create", made.id, NOTHING, Some(&made)).await?;
    Ok(made)
}

/// Fails where there is no such person.
pub(crate) async fn must_exist(tx: &mut Tx, id: UserId) -> Result<()> {
    let found = tx.fetch_optional(sql!("SELECT id FROM users WHERE id = $1", id)).await?;
    found.map(drop).ok_or(Error::NotFound("user"))
}
