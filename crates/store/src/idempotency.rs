//! A POST with an `Idempotency-Key` happens once, however often and however many at a time it is sent.
//!
//! Three steps: [`Idempotency::begin`] claims the key or waits for whoever holds it; the change itself marks the claim
//! `effect = 1` in its own transaction ([`Attempt::claim`]); [`Idempotency::finish`] keeps the answer for repeats. An
//! attempt that died before its change may be taken over after a minute, and then can no longer change anything; one
//! that died between change and answer is never repeated: its repeats are told that it happened. Answers are
//! sealed, for they may hold a new key's secret. Keys are kept a day.

use crate::{
    Store,
    db::Tx,
    error::{Error, Result},
    ids,
    seal::Place,
    sql, time,
};
use domain::secret::SecretHash;
use std::time::Duration;

/// After this long an attempt without effect is taken for dead.
const DEAD_AFTER_US: i64 = 60_000_000;
/// How long a repeat waits for the first one's answer: longer than any call to a payment provider takes.
const WAIT: Duration = Duration::from_secs(30);
/// How soon it looks again, at first and at last: a hundred repeats must not keep the first from its database.
const LOOK_AGAIN: (Duration, Duration) = (Duration::from_millis(25), Duration::from_millis(400));
/// How long a key means the same call.
pub(crate) const KEPT_US: i64 = 24 * 3600 * 1_000_000;
/// Longest key taken.
const LONGEST: usize = 255;

/// The right to have the effect, once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    actor: String,
    key: String,
    number: i64,
}

impl Attempt {
    /// Marks, in the change's transaction, that this attempt had the effect. Refused when another took the key over.
    pub(crate) async fn claim(&self, tx: &mut Tx) -> Result<()> {
        let mark = sql!(
            "UPDATE idempotency SET effect = 1 WHERE actor = $1 AND key = $2 AND attempt = $3",
            &self.actor,
            &self.key,
            self.number
        );
        match tx.execute(mark).await? {
            1 => Ok(()),
            _ => Err(Error::conflict("another call with this Idempotency-Key took over")),
        }
    }
}

/// What [`Idempotency::begin`] found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begun {
    /// Nothing yet: go ahead, with this in the [`crate::Actor`].
    Fresh(Attempt),
    /// It happened; this was the answer.
    Replay {
        /// The HTTP status.
        status: u16,
        /// The body.
        answer: Vec<u8>,
    },
}

/// Idempotent calls. From [`Store::idempotency`].
#[derive(Debug, Clone, Copy)]
pub struct Idempotency<'a>(pub(crate) &'a Store);

impl Idempotency<'_> {
    /// Claims `key` for a call by `actor` ([`crate::Actor::label`]) with this body (hash method and path with it).
    ///
    /// # Errors
    /// [`Error::IdempotencyMismatch`] for another body; [`Error::Conflict`] when the first call is still running after
    /// half a minute, or happened and its answer was lost.
    pub async fn begin(self, actor: &str, key: &str, body: SecretHash) -> Result<Begun> {
        if key.is_empty() || key.len() > LONGEST || key.chars().any(char::is_control) {
            return Err(Error::invalid("Idempotency-Key", "must have 1 to 255 characters"));
        }
        let deadline = tokio::time::Instant::now() + WAIT;
        let mut look_again = LOOK_AGAIN.0;
        loop {
            if let Some(begun) = self.claim(actor, key, body).await? {
                return Ok(begun);
            }
            if tokio::time::Instant::now() >= deadline {
                return Err(Error::conflict("the first call with this Idempotency-Key is still running"));
            }
            tokio::time::sleep(look_again).await;
            look_again = (look_again * 2).min(LOOK_AGAIN.1);
        }
    }

    /// One look: claimed, answered, or `None` while another attempt runs.
    async fn claim(self, actor: &str, key: &str, body: SecretHash) -> Result<Option<Begun>> {
        let now = time::now_us();
        let read = || {
            sql!(
                "SELECT body_hash, attempt, effect, status, answer, created FROM idempotency WHERE actor = $1 AND key = $2",
                actor,
                key
            )
        };
        let Some(row) = self.0.db().fetch_optional(read()).await? else {
            let attempt = Attempt { actor: actor.to_owned(), key: key.to_owned(), number: ids::next() };
            let insert = sql!(
                "INSERT INTO idempotency (actor, key, body_hash, attempt, created) VALUES ($1, $2, $3, $4, $5) \
                 ON CONFLICT (actor, key) DO NOTHING",
                actor,
                key,
                body,
                attempt.number,
                now
            );
            let inserted = self.0.db().execute(insert).await? == 1;
            return Ok(inserted.then_some(Begun::Fresh(attempt)));
        };
        if row.bytes("body_hash")? != body.0 {
            return Err(Error::IdempotencyMismatch);
        }
        if let (Some(status), Some(sealed)) = (row.opt_int("status")?, row.opt_bytes("answer")?) {
            let answer = self.0.sealer().open(place(actor, key), &sealed)?.to_vec();
            let status = u16::try_from(status).map_err(|_| Error::Corrupt("status"))?;
            return Ok(Some(Begun::Replay { status, answer }));
        }
        if row.int("created")? > now - DEAD_AFTER_US {
            return Ok(None);
        }
        if row.flag("effect")? {
            return Err(Error::conflict("the call with this Idempotency-Key happened, but its answer was lost"));
        }
        let attempt = Attempt { actor: actor.to_owned(), key: key.to_owned(), number: ids::next() };
        let take_over = sql!(
            "UPDATE idempotency SET attempt = $1, created = $2 WHERE actor = $3 AND key = $4 AND attempt = $5 AND effect = 0",
            attempt.number,
            now,
            actor,
            key,
            row.int("attempt")?
        );
        Ok((self.0.db().execute(take_over).await? == 1).then_some(Begun::Fresh(attempt)))
    }

    /// Keeps the answer for repeats.
    ///
    /// # Errors
    /// Any of [`Error`]'s database kinds. The effect stands all the same.
    pub async fn finish(self, attempt: &Attempt, status: u16, answer: &[u8]) -> Result<()> {
        let sealed = self.0.sealer().seal(place(&attempt.actor, &attempt.key), answer)?;
        let keep = sql!(
            "UPDATE idempotency SET status = $1, answer = $2 WHERE actor = $3 AND key = $4 AND attempt = $5",
            status,
            sealed,
            &attempt.actor,
            &attempt.key,
            attempt.number
        );
        self.0.db().execute(keep).await.map(drop)
    }

    /// Gives the key back after a call that was refused before it changed anything.
    ///
    /// # Errors
    /// Any of [`Error`]'s database kinds.
    pub async fn abandon(self, attempt: &Attempt) -> Result<()> {
        let forget = sql!(
            "DELETE FROM idempotency WHERE actor = $1 AND key = $2 AND attempt = $3 AND effect = 0",
            &attempt.actor,
            &attempt.key,
            attempt.number
        );
        self.0.db().execute(forget).await.map(drop)
    }
}

fn place<'a>(actor: &'a str, key: &'a str) -> Place<'a> {
    Place { table: "idempotency", row: key, owner: actor }
}
