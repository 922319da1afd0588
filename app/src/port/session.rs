//! Signing in and out, and who looks at what.

use super::{Author, Failed};
use crate::refusal::Refusal;
use domain::{
    ids::{TenantId, UserId},
    ports::Unavailable,
    secret::Password,
    views::Viewer,
};
use futures::future::BoxFuture;
use std::{net::IpAddr, time::Duration};
use tower_sessions::Session as Cookie;

/// Why signing in was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignInRefused {
    /// No such user, or not their password: which of the two is not said.
    #[error("wrong e-mail or password")]
    Wrong,
    /// Too many failures from this address or for this user.
    #[error("too many tries, again in {retry_after:?}")]
    Throttled {
        /// When the next try is looked at.
        retry_after: Duration,
    },
    /// The database did not answer.
    #[error("the database is away")]
    Unavailable,
}

/// Why the first admin was not made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SetUpRefused {
    /// The link was used already, or never was one.
    #[error("the link is not valid")]
    LinkOver,
    /// Not an e-mail address.
    #[error("not an e-mail address")]
    Email,
    /// A password that is too short, or far too long.
    #[error("a poor password")]
    Password,
    /// The database did not answer.
    #[error("the database is away")]
    Unavailable,
}

/// People and their sessions.
pub trait Session: Send + Sync + 'static {
    /// Checks a password, in constant time and slowly; counts failures per user and address.
    fn sign_in(&self, email: String, password: Password, from: IpAddr) -> BoxFuture<'_, Result<UserId, SignInRefused>>;

    /// Who this is, looking at the tenant they chose where they may; `None` once they are gone.
    fn viewer(&self, user: UserId, chosen: Option<TenantId>) -> BoxFuture<'_, Result<Option<Viewer>, Unavailable>>;

    /// Makes sure that they may look at this tenant (`None`: at none), and writes it down where they run the place.
    fn choose(&self, by: Author, tenant: Option<TenantId>) -> BoxFuture<'_, Result<(), Failed>>;

    /// Gives somebody another password, knowing the old one, and ends all of their sessions. Guesses count as sign-ins do.
    fn change_password(
        &self,
        by: Author,
        email: String,
        old: Password,
        new: Password,
    ) -> BoxFuture<'_, Result<(), Failed>>;

    /// Whether the one-time link with this token still makes the first admin.
    fn setup_pending(&self, token: String) -> BoxFuture<'_, Result<bool, Unavailable>>;

    /// Makes the first admin and ends the link.
    fn set_up(&self, token: String, email: String, password: Password) -> BoxFuture<'_, Result<UserId, SetUpRefused>>;

    /// The address callers reach the relay under, without a slash at the end, where the configuration says so.
    fn public_url(&self) -> Option<String>;
}

/// The id of a request to the console, put into its extensions by the server.
#[derive(Debug, Clone)]
pub struct RequestId(pub std::sync::Arc<str>);

/// In a request's extensions: where it came from, as far as the server trusts that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallerAddress(pub IpAddr);

/// The session's entries: whose it is, and the tenant they chose to look at.
pub const USER: &str = "user";
/// See [`USER`].
pub const TENANT: &str = "tenant";

/// Who is signed in, as the session says.
///
/// # Errors
/// [`Refusal::Unavailable`] while the database is away.
pub async fn user_of(session: &Cookie) -> Result<Option<UserId>, Refusal> {
    session.get(USER).await.map_err(|_| Refusal::unavailable())
}

impl From<SignInRefused> for Refusal {
    fn from(refused: SignInRefused) -> Self {
        match refused {
            SignInRefused::Wrong => Self::Wrong,
            SignInRefused::Throttled { retry_after } => Self::Throttled { seconds: retry_after.as_secs().max(1) },
            SignInRefused::Unavailable => Self::unavailable(),
        }
    }
}

impl From<SetUpRefused> for Refusal {
    fn from(refused: SetUpRefused) -> Self {
        match refused {
            SetUpRefused::LinkOver => Self::LinkOver,
            SetUpRefused::Email => Self::EmailInvalid,
            SetUpRefused::Password => Self::PasswordTooShort,
            SetUpRefused::Unavailable => Self::unavailable(),
        }
    }
}
