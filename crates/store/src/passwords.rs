//! Passwords: argon2id, two at a time, on threads that may block.
//!
//! A hash takes tens of milliseconds and 19 MiB on purpose (OWASP's minimum: m = 19 MiB, t = 2, p = 1,
//! <https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html>); the bound keeps a flood of
//! sign-ins from taking the machine. A check without a user hashes all the same, so that time tells nothing.

use crate::error::{Error, Result};
use argon2::{
    Algorithm, Argon2, Params, PasswordHasher as _, PasswordVerifier as _, Version, password_hash::phc::PasswordHash,
};
use domain::secret::Password;
use std::sync::OnceLock;
use tokio::sync::Semaphore;

const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const AT_ONCE: usize = 2;
/// Shortest password taken (NIST SP 800-63B, 3.1.1.2, for passwords beside another factor is 8; ours is alone).
const SHORTEST: usize = 10;
const LONGEST: usize = 1024;

/// The bounded place where passwords are hashed.
#[derive(Debug)]
pub struct Passwords {
    slots: Semaphore,
    /// Hashed where there is no user, so that both roads are one length.
    nobody: OnceLock<String>,
}

impl Default for Passwords {
    fn default() -> Self {
        Self { slots: Semaphore::new(AT_ONCE), nobody: OnceLock::new() }
    }
}

fn argon2() -> Result<Argon2<'static>> {
    let params = Params::new(MEMORY_KIB, PASSES, 1, None).map_err(|_| Error::Corrupt("argon2 parameter"))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn hash_now(password: &Password) -> Result<String> {
    let hash = argon2()?.hash_password(password.expose().as_bytes());
    hash.map(|hash| hash.to_string()).map_err(|_| Error::Corrupt("password"))
}

/// Refuses what is no password worth the name.
pub(crate) fn check_new(password: &Password) -> Result<()> {
    let count = password.expose().chars().count();
    if (SHORTEST..=LONGEST).contains(&count) {
        Ok(())
    } else {
        Err(Error::invalid("password", "must have 10 to 1024 characters"))
    }
}

impl Passwords {
    /// Hashes a new password, after checking that it is one.
    pub(crate) async fn hash(&self, password: &Password) -> Result<String> {
        check_new(password)?;
        let password = password.clone();
        self.blocking(move || hash_now(&password)).await
    }

    /// Whether `password` is the one behind `hash`; takes as long without a hash, and answers no.
    pub(crate) async fn verify(&self, password: &Password, hash: Option<String>) -> Result<bool> {
        let exists = hash.is_some();
        let hash = match hash {
            Some(hash) => hash,
            None => self.nobody().await?,
        };
        let password = password.clone();
        let matches = move || {
            if password.expose().len() > 4 * LONGEST {
                return Ok(false);
            }
            let parsed = PasswordHash::new(&hash).map_err(|_| Error::Corrupt("password hash"))?;
            Ok(argon2()?.verify_password(password.expose().as_bytes(), &parsed).is_ok())
        };
        Ok(self.blocking(matches).await? && exists)
    }

    async fn nobody(&self) -> Result<String> {
        if let Some(hash) = self.nobody.get() {
            return Ok(hash.clone());
        }
        let hash = self.blocking(|| hash_now(&Password::new("nobody signs in with this".into()))).await?;
        Ok(self.nobody.get_or_init(|| hash).clone())
    }

    /// Hashes the stand-in ahead of the first sign-in, so that even that one tells nothing.
    pub(crate) async fn warm(&self) -> Result<()> {
        self.nobody().await.map(drop)
    }

    async fn blocking<T: Send + 'static>(&self, work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
        let _slot = self.slots.acquire().await.map_err(|_| Error::Unavailable(None))?;
        tokio::task::spawn_blocking(work).await.map_err(|_| Error::Unavailable(None))?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_matches_its_own_hash_only() {
        let passwords = Passwords::default();
        let right = Password::new("correct horse battery".into());
        let hash = passwords.hash(&right).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(passwords.verify(&right, Some(hash.clone())).await.unwrap());
        assert!(!passwords.verify(&Password::new("correct horse batterz".into()), Some(hash.clone())).await.unwrap());
        assert!(!passwords.verify(&right, None).await.unwrap());
        assert_ne!(passwords.hash(&right).await.unwrap(), hash, "salted");
    }

    #[tokio::test]
    async fn short_and_endless_passwords_are_refused() {
        for bad in ["", "123456789", &"x".repeat(1025)] {
            assert!(Passwords::default().hash(&Password::new((*bad).to_owned())).await.is_err());
        }
    }
}
