//! A change by someone: one transaction that holds the effect, its audit row, and the word to running nodes.
//!
//! Each change locks the one row of `revision` first. So changes commit one after another, ids of `changes` have no gaps
//! and appear in order, and a node that has read up to an id has missed nothing before it. Changes are made by people;
//! requests never come this way.

use crate::{
    Store,
    db::{Sql, Tx},
    error::{Error, Result},
    idempotency::Attempt,
    ids, sql, time,
};
use domain::ids::{TokenId, UserId};
use serde::Serialize;
use std::net::IpAddr;

/// Who makes a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActorKind {
    /// A person, signed in.
    User(UserId),
    /// A management token.
    Token(TokenId),
    /// This program: set-up, command line, jobs.
    System,
}

/// Who makes a change, from where, and as which attempt of an idempotent call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// Who.
    pub kind: ActorKind,
    /// The address it came from.
    pub from: Option<IpAddr>,
    /// Set where the call carries an `Idempotency-Key`: the effect then happens for this attempt or not at all.
    pub attempt: Option<Attempt>,
}

impl Actor {
    /// This program itself.
    pub fn system() -> Self {
        Self { kind: ActorKind::System, from: None, attempt: None }
    }

    /// A person.
    pub fn user(id: UserId, from: Option<IpAddr>) -> Self {
        Self { kind: ActorKind::User(id), from, attempt: None }
    }

    /// A management token.
    pub fn token(id: TokenId, from: Option<IpAddr>) -> Self {
        Self { kind: ActorKind::Token(id), from, attempt: None }
    }

    /// The same, as this attempt.
    #[must_use]
    pub fn attempting(mut self, attempt: Attempt) -> Self {
        self.attempt = Some(attempt);
        self
    }

    /// The actor as the audit log and idempotency keys name it: `usr_…`, `tok_…` or `system`.
    pub fn label(&self) -> String {
        match self.kind {
            ActorKind::User(id) => id.to_string(),
            ActorKind::Token(id) => id.to_string(),
            ActorKind::System => "system".to_owned(),
        }
    }
}

/// What running nodes must look at again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Announce {
    /// One key.
    Key(domain::ids::KeyId),
    /// Whether a tenant is frozen, and its responses kept.
    Tenant(domain::ids::TenantId),
    /// Channels, models, prices.
    Catalog,
}

impl Announce {
    fn parts(self) -> (&'static str, i64) {
        match self {
            Self::Key(id) => ("key", id.0),
            Self::Tenant(id) => ("tenant", id.0),
            Self::Catalog => ("catalog", 0),
        }
    }
}

/// An open change. Dropping it without [`Change::commit`] undoes it.
pub struct Change<'a> {
    /// The transaction the effect belongs into.
    pub tx: Tx,
    store: &'a Store,
    actor: &'a Actor,
    revision: i64,
    announced: bool,
}

impl<'a> Change<'a> {
    /// Opens a change: takes the lock, and makes sure that this attempt may have the effect.
    pub(crate) async fn begin(store: &'a Store, actor: &'a Actor) -> Result<Self> {
        let mut tx = store.db().begin().await?;
        let lock = Sql::built(format!("SELECT id FROM revision WHERE one = 1{}", tx.for_update()));
        let revision = tx.fetch_one(lock).await?.int(0)?;
        if let Some(attempt) = &actor.attempt {
            attempt.claim(&mut tx).await?;
        }
        Ok(Self { tx, store, actor, revision, announced: false })
    }

    /// Tells running nodes, once this is committed.
    ///
    /// # Errors
    /// Any of [`Error`]'s database kinds.
    pub async fn announce(&mut self, what: Announce) -> Result<()> {
        self.revision += 1;
        self.announced = true;
        let (kind, target) = what.parts();
        self.tx.execute(sql!("UPDATE revision SET id = $1 WHERE one = 1", self.revision)).await?;
        let row = sql!(
            "INSERT INTO changes (id, kind, target, time) VALUES ($1, $2, $3, $4)",
            self.revision,
            kind,
            target,
            time::now_us()
        );
        self.tx.execute(row).await.map(drop)
    }

    /// Writes the audit row: what was done to what, and how it was before and is after. Never hand it a secret.
    ///
    /// # Errors
    /// Any of [`Error`]'s database kinds.
    pub async fn audit(
        &mut self,
        action: &'static str,
        target: impl ToString,
        before: Option<&impl Serialize>,
        after: Option<&impl Serialize>,
    ) -> Result<()> {
        let before = before.map(to_json).transpose()?;
        let after = after.map(to_json).transpose()?;
        let row = sql!(
            "INSERT INTO audit (id, time, actor, address, action, target, before, after) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            ids::next(),
            time::now_us(),
            self.actor.label(),
            self.actor.from.map(|address| address.to_canonical().to_string()),
            action,
            target.to_string(),
            before,
            after,
        );
        self.tx.execute(row).await.map(drop)
    }

    /// Makes it so and nudges this node's caches; other nodes see it at their next look, within 250 ms.
    ///
    /// # Errors
    /// As [`Tx::commit`].
    pub async fn commit(self) -> Result<()> {
        self.tx.commit().await?;
        if self.announced {
            self.store.nudge();
        }
        Ok(())
    }
}

/// A row as the audit log and JSON columns keep it.
pub(crate) fn to_json(row: &impl Serialize) -> Result<String> {
    serde_json::to_string(row).map_err(|_| Error::Corrupt("row"))
}

/// For [`Change::audit`] where there was nothing before, or is nothing after.
pub const NOTHING: Option<&()> = None;
