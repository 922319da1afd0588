//! Management tokens: for programs that manage the place. Kept as a hash, shown once.

use crate::{
    Store,
    change::{Actor, NOTHING},
    db::Row,
    error::{Error, Result},
    ids,
    seal::{last4, random_secret},
    sql, time,
    words::{Listing, Name, Page},
};
use domain::{
    ids::TokenId,
    secret::{SecretHash, TOKEN_PREFIX, TokenSecret},
};
use serde::Serialize;

/// A management token as lists show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Token {
    /// Which.
    pub id: TokenId,
    /// What people call it.
    pub name: String,
    /// How its secret ends.
    pub last4: String,
    /// Whether it may only look.
    pub read_only: bool,
    /// Microseconds since 1970.
    pub created_us: i64,
}

fn token(row: &Row) -> Result<Token> {
    Ok(Token {
        id: TokenId(row.int("id")?),
        name: row.text("name")?,
        last4: row.text("last4")?,
        read_only: row.flag("read_only")?,
        created_us: row.int("created")?,
    })
}

/// Management tokens. From [`Store::tokens`].
#[derive(Debug, Clone, Copy)]
pub struct Tokens<'a>(pub(crate) &'a Store);

impl Tokens<'_> {
    /// Makes a token. Its secret is in the answer and nowhere else.
    ///
    /// # Errors
    /// Any of [`Error`]'s database kinds.
    pub async fn create(self, actor: &Actor, name: &Name, read_only: bool) -> Result<(Token, TokenSecret)> {
        let secret = random_secret(TOKEN_PREFIX)?;
        let made = Token {
            id: TokenId(ids::next()),
            name: name.to_string(),
            last4: last4(&secret),
            read_only,
            created_us: time::now_us(),
        };
        let secret = TokenSecret::new(secret);
        let mut change = self.0.change(actor).await?;
        let insert = sql!(
            "INSERT INTO tokens (id, name, hash, last4, read_only, created) VALUES ($1, $2, $3, $4, $5, $6)",
            made.id,
            name,
            SecretHash::of(secret.expose()),
            &made.last4,
            read_only,
            made.created_us
        );
        change.tx.execute(insert).await?;
        change.audit("token.create", made.id, NOTHING, Some(&made)).await?;
        change.commit().await?;
        Ok((made, secret))
    }

    /// The token that was presented, unless it is unknown or revoked.
    ///
    /// # Errors
    /// Any of [`Error`]'s database kinds.
    pub async fn authenticate(self, presented: &str) -> Result<Option<Token>> {
        if !presented.starts_with(TOKEN_PREFIX) {
            return Ok(None);
        }
        let select = sql!("SELECT * FROM tokens WHERE hash = $1 AND revoked_at IS NULL", SecretHash::of(presented));
        self.0.db().fetch_optional(select).await?.as_ref().map(token).transpose()
    }

    /// Tokens in force, newest first.
    ///
    /// # Errors
    /// Any of [`Error`]'s database kinds.
    pub async fn list(self, page: Page) -> Result<Listing<Token>> {
        let select = sql!(
            "SELECT * FROM tokens WHERE id < $1 AND revoked_at IS NULL ORDER BY id DESC LIMIT $2",
            page.before(),
            page.fetch()
        );
        let rows = self.0.db().fetch_all(select).await?;
        Ok(page.cut(rows.iter().map(token).collect::<Result<_>>()?, |token| token.id.0))
    }

    /// Revokes a token for good.
    ///
    /// # Errors
    /// [`Error::NotFound`], also for a revoked one.
    pub async fn revoke(self, actor: &Actor, id: TokenId) -> Result<()> {
        let mut change = self.0.change(actor).await?;
        let found =
            change.tx.fetch_optional(sql!("SELECT * FROM tokens WHERE id = $1 AND revoked_at IS NULL", id)).await?;
        let before = found.as_ref().map_or(Err(Error::NotFound("token")), token)?;
        change.tx.execute(sql!("UPDATE tokens SET revoked_at = $1 WHERE id = $2", time::now_us(), id)).await?;
        change.audit("token.revoke", id, Some(&before), NOTHING).await?;
        change.commit().await
    }
}
