//! HMAC-SHA-256, as whoever receives a webhook checks it.

use hmac::{Hmac, Mac};
use sha2::Sha256;
use std::fmt::Write as _;

/// In hexadecimal.
pub fn hmac_sha256(secret: &str, text: &str) -> String {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else { return String::new() };
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().iter().fold(String::new(), |mut all, byte| {
        let _ = write!(all, "{byte:02x}");
        all
    })
}
