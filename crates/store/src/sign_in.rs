//! Signing in: guesses are counted per account and per address before the password is looked at, in the database, so
//! that all nodes count together and parallel guesses do not slip through.

use crate::{
    Store,
    db::Sql,
    error::Result,
    sql, time,
    users::{User, Users},
    words::Email,
};
use domain::secret::Password;
use std::{net::IpAddr, time::Duration};

/// Failures are counted in windows of this length.
pub(crate) const WINDOW_US: i64 = 15 * 60 * 1_000_000;
/// Guesses at one account in a window.
const PER_ACCOUNT: i64 = 10;
/// Guesses from one address (an IPv6 /64) in a window, at whatever account.
const PER_ADDRESS: i64 = 50;

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignIn {
    /// It is them.
    Welcome(User),
    /// No such account, or another password: which of the two is not said.
    Wrong,
    /// Too many guesses; the password was not looked at.
    TooMany {
        /// When to come back.
        retry_after: Duration,
    },
}

impl Users<'_> {
    /// Checks an address and password given from `from`.
    ///
    /// # Errors
    /// Any of [`crate::Error`]'s database kinds.
    pub async fn sign_in(self, email: &Email, password: &Password, from: IpAddr) -> Result<SignIn> {
        let store = self.0;
        store.passwords().warm().await?;
        let account = format!("account {email}");
        let address = format!("address {}", network(from));
        for (subject, allowed) in [(&account, PER_ACCOUNT), (&address, PER_ADDRESS)] {
            if let Some(retry_after) = count(store, subject, allowed).await? {
                return Ok(SignIn::TooMany { retry_after });
            }
        }
        let found = self.with_password(email).await?;
        let hash = found.as_ref().map(|(_, hash)| hash.clone());
        let matches = store.passwords().verify(password, hash).await?;
        let Some((user, _)) = found.filter(|_| matches) else { return Ok(SignIn::Wrong) };
        store.db().execute(sql!("DELETE FROM sign_in_failures WHERE subject = $1", &account)).await?;
        let forgive =
            sql!("UPDATE sign_in_failures SET failures = failures - 1 WHERE subject = $1 AND failures > 0", &address);
        store.db().execute(forgive).await?;
        Ok(SignIn::Welcome(user))
    }
}

/// When to come back for a subject that has failed too often already.
pub(crate) async fn too_many(store: &Store, subject: &str, allowed: i64) -> Result<Option<Duration>> {
    let now = time::now_us();
    let text = "SELECT window_start FROM sign_in_failures WHERE subject = $1 AND failures >= $2 AND window_start > $3";
    let row = store.db().fetch_optional(sql!(text, subject, allowed, now - WINDOW_US)).await?;
    let start = row.map(|row| row.int(0)).transpose()?;
    Ok(start.map(|start| until_over(start, now)))
}

fn until_over(start: i64, now: i64) -> Duration {
    let left_us = u64::try_from(start + WINDOW_US - now).unwrap_or(0);
    Duration::from_micros(left_us).max(Duration::from_secs(1))
}

/// Counts one guess; says when to come back if there were too many.
pub(crate) async fn count(store: &Store, subject: &str, allowed: i64) -> Result<Option<Duration>> {
    let now = time::now_us();
    let text = "INSERT INTO sign_in_failures (subject, failures, window_start) VALUES ($1, 1, $2) \
        ON CONFLICT (subject) DO UPDATE SET \
        failures = CASE WHEN sign_in_failures.window_start <= $3 THEN 1 ELSE sign_in_failures.failures + 1 END, \
        window_start = CASE WHEN sign_in_failures.window_start <= $3 THEN $2 ELSE sign_in_failures.window_start END \
        RETURNING failures, window_start";
    let mut tx = store.db().begin().await?;
    let row = tx.fetch_one(Sql::new(text).bind(subject).bind(now).bind(now - WINDOW_US)).await?;
    let (failures, start) = (row.int(0)?, row.int(1)?);
    tx.commit().await?;
    Ok((failures > allowed).then(|| until_over(start, now)))
}

/// An IPv4 address, or the /64 of an IPv6 one: a household has a whole /64 to guess from.
pub(crate) fn network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(v4) => v4.to_string(),
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}
