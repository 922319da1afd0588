//! Secrets at rest: XChaCha20-Poly1305, bound to the row they belong to.
//!
//! The associated data names the table, the row and its owner, so a ciphertext copied to another row or channel does not
//! open there, and an altered one opens nowhere. A sealed value begins with a format byte and four bytes that name the
//! key, so that a later key can be told from this one. The key comes from the configuration, or from `secret.key` in
//! the data directory, made on first use and readable by its owner only. Whoever has the database alone has no secret.

use crate::error::{Error, Result};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use chacha20poly1305::{
    KeyInit as _, XChaCha20Poly1305, XNonce,
    aead::{Aead as _, Payload},
};
use sha2::{Digest as _, Sha256};
use std::{fmt, fs, io::Write as _, os::unix::fs::OpenOptionsExt as _, path::Path};
use zeroize::Zeroizing;

const FORMAT: u8 = 1;
const KEY_NAME: usize = 4;
const NONCE: usize = 24;
const HEAD: usize = 1 + KEY_NAME + NONCE;

/// What a sealed value belongs to. It must be told again to open it.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// The table.
    pub table: &'static str,
    /// The row within it.
    pub row: &'a str,
    /// Whose row it is.
    pub owner: &'a str,
}

impl Place<'_> {
    /// Length-prefixed, so that no two places read the same.
    fn associated(&self, head: &[u8]) -> Vec<u8> {
        let mut data = Vec::from(head);
        for part in [self.table, self.row, self.owner] {
            data.extend_from_slice(&(part.len() as u64).to_be_bytes());
            data.extend_from_slice(part.as_bytes());
        }
        data
    }
}

/// Seals and opens secrets with one key.
pub struct Sealer {
    cipher: XChaCha20Poly1305,
    key_name: [u8; KEY_NAME],
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sealer")
    }
}

impl Sealer {
    /// With this key.
    pub fn new(key: &[u8; 32]) -> Self {
        let [a, b, c, d, ..]: [u8; 32] = Sha256::digest(key).into();
        Self { cipher: XChaCha20Poly1305::new(key.into()), key_name: [a, b, c, d] }
    }

    /// With the key written as base64 of 32 bytes (`secrets.key`).
    ///
    /// # Errors
    /// [`Error::Invalid`] when it is anything else.
    pub fn from_base64(text: &str) -> Result<Self> {
        let bytes = STANDARD.decode(text.trim()).map(Zeroizing::new);
        let key = bytes.ok().and_then(|bytes| <[u8; 32]>::try_from(bytes.as_slice()).ok()).map(Zeroizing::new);
        key.map(|key| Self::new(&key)).ok_or_else(|| Error::invalid("secrets.key", "not base64 of 32 bytes"))
    }

    /// With the key in this file (`secrets.key_file`), as base64.
    ///
    /// # Errors
    /// [`Error::File`] when it cannot be read, [`Error::Invalid`] when it holds no key.
    pub fn from_file(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path).map_err(|e| Error::File(path.display().to_string(), e))?;
        Self::from_base64(&Zeroizing::new(text))
    }

    /// With the key in `secret.key` of the data directory, made (mode 0600, synced) if there is none yet.
    ///
    /// # Errors
    /// As [`Sealer::from_file`].
    pub fn in_data_dir(data_dir: &Path) -> Result<Self> {
        let path = data_dir.join("secret.key");
        let failed = |e| Error::File(path.display().to_string(), e);
        if !path.exists() {
            let mut key = Zeroizing::new([0; 32]);
            fill_random(key.as_mut())?;
            // Written whole under another name, then linked: a crash leaves no half key, and of two processes that start
            // at once the first one's key stays.
            let fresh = data_dir.join(format!("secret.key.{}", crate::ids::next()));
            let mut file = fs::File::options().write(true).create_new(true).mode(0o600).open(&fresh).map_err(failed)?;
            let written =
                file.write_all(Zeroizing::new(STANDARD.encode(*key)).as_bytes()).and_then(|()| file.sync_all());
            let linked = written.and_then(|()| match fs::hard_link(&fresh, &path) {
                Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
                other => other,
            });
            let removed = fs::remove_file(&fresh);
            linked.and(removed).map_err(failed)?;
        }
        Self::from_file(&path)
    }

    /// Seals `secret` for `place`.
    ///
    /// # Errors
    /// [`Error::Seal`] when the system gives no randomness.
    pub fn seal(&self, place: Place<'_>, secret: &[u8]) -> Result<Vec<u8>> {
        let mut nonce = [0; NONCE];
        fill_random(&mut nonce)?;
        let mut sealed = Vec::with_capacity(HEAD + secret.len() + 16);
        sealed.push(FORMAT);
        sealed.extend_from_slice(&self.key_name);
        let aad = place.associated(&sealed);
        sealed.extend_from_slice(&nonce);
        let body = self
            .cipher
            .encrypt(XNonce::from_slice(&nonce), Payload { msg: secret, aad: &aad })
            .map_err(|_| Error::Seal("too long"))?;
        sealed.extend_from_slice(&body);
        Ok(sealed)
    }

    /// Opens what was sealed for exactly this place.
    ///
    /// # Errors
    /// [`Error::Seal`] when it was altered, moved, or sealed with another key.
    pub fn open(&self, place: Place<'_>, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>> {
        let (head, rest) = sealed.split_at_checked(1 + KEY_NAME).ok_or(Error::Seal("cut short"))?;
        let (nonce, body) = rest.split_at_checked(NONCE).ok_or(Error::Seal("cut short"))?;
        if head.first() != Some(&FORMAT) {
            return Err(Error::Seal("of an unknown format"));
        }
        if head.get(1..) != Some(self.key_name.as_slice()) {
            return Err(Error::Seal("sealed with another key"));
        }
        let aad = place.associated(head);
        let opened = self.cipher.decrypt(XNonce::from_slice(nonce), Payload { msg: body, aad: &aad });
        opened.map(Zeroizing::new).map_err(|_| Error::Seal("altered or moved"))
    }

    /// The same, for text.
    ///
    /// # Errors
    /// As [`Sealer::open`].
    pub fn open_text(&self, place: Place<'_>, sealed: &[u8]) -> Result<String> {
        let mut opened = self.open(place, sealed)?;
        String::from_utf8(std::mem::take(&mut *opened)).map_err(|_| Error::Seal("not text"))
    }
}

/// `prefix` and 256 random bits as URL-safe text.
pub fn random_secret(prefix: &str) -> Result<String> {
    let mut bits = Zeroizing::new([0; 32]);
    fill_random(bits.as_mut())?;
    let mut text = String::from(prefix);
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode_string(bits.as_slice(), &mut text);
    Ok(text)
}

pub(crate) fn fill_random(bytes: &mut [u8]) -> Result<()> {
    getrandom::fill(bytes).map_err(|_| Error::Seal("no randomness"))
}

/// The last four characters, shown so that people tell secrets apart; nothing of short ones.
pub(crate) fn last4(secret: &str) -> String {
    let count = secret.chars().count();
    if count < 12 { String::new() } else { secret.chars().skip(count - 4).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    const HERE: Place<'_> = Place { table: "credentials", row: "crd_1", owner: "chn_1" };

    #[test]
    fn a_secret_opens_where_it_was_sealed_and_nowhere_else() {
        let sealer = Sealer::new(&[7; 32]);
        let sealed = sealer.seal(HERE, b"sk-upstream").unwrap();
        assert_eq!(sealer.open_text(HERE, &sealed).unwrap(), "sk-upstream");
        for other in [
            Place { row: "crd_2", ..HERE },
            Place { owner: "chn_2", ..HERE },
            Place { table: "idempotency", ..HERE },
            Place { row: "crd_1chn", owner: "_1", ..HERE },
        ] {
            assert!(matches!(sealer.open(other, &sealed), Err(Error::Seal(_))), "{other:?}");
        }
    }

    #[test]
    fn every_altered_byte_and_every_cut_is_noticed() {
        let sealer = Sealer::new(&[7; 32]);
        let sealed = sealer.seal(HERE, b"sk-upstream").unwrap();
        for at in 0..sealed.len() {
            let mut altered = sealed.clone();
            altered[at] ^= 1;
            assert!(sealer.open(HERE, &altered).is_err(), "byte {at}");
            assert!(sealer.open(HERE, &sealed[..at]).is_err(), "cut at {at}");
        }
    }

    #[test]
    fn another_key_does_not_open_and_says_so() {
        let sealed = Sealer::new(&[7; 32]).seal(HERE, b"x").unwrap();
        let error = Sealer::new(&[8; 32]).open(HERE, &sealed).unwrap_err();
        assert!(error.to_string().contains("another key"), "{error}");
    }

    #[test]
    fn two_seals_of_one_secret_differ() {
        let sealer = Sealer::new(&[7; 32]);
        assert_ne!(sealer.seal(HERE, b"x").unwrap(), sealer.seal(HERE, b"x").unwrap());
    }

    #[test]
    fn the_key_in_the_data_directory_is_private_and_stays() {
        let dir = tempfile::tempdir().unwrap();
        let sealed = Sealer::in_data_dir(dir.path()).unwrap().seal(HERE, b"x").unwrap();
        let mode = fs::metadata(dir.path().join("secret.key")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(*Sealer::in_data_dir(dir.path()).unwrap().open(HERE, &sealed).unwrap(), b"x");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "no other copy of the key");
    }

    #[test]
    fn what_is_no_key_is_refused() {
        for bad in ["", "abc", "AAAA", &STANDARD.encode([0; 31]), &STANDARD.encode([0; 33])] {
            assert!(matches!(Sealer::from_base64(bad), Err(Error::Invalid { field: "secrets.key", .. })), "{bad}");
        }
    }
}
