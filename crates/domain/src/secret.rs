//! Secrets that cannot be printed, logged or serialised by accident: `Debug` is redacted, `Display` and `Serialize` do
//! not exist, memory is wiped on drop. Reading one is spelled `expose()`, so that a search finds every place.
//!
//! ```compile_fail
//! let secret = domain::secret::CredentialSecret::new("x".into());
//! println!("{secret}");
//! ```
//! ```compile_fail
//! fn must_serialise<T: serde::Serialize>() {}
//! must_serialise::<domain::secret::ApiKeySecret>();
//! ```

use sha2::{Digest, Sha256};
use std::fmt;
use zeroize::Zeroizing;

/// What every API key begins with.
pub const API_KEY_PREFIX: &str = "sk-tp-";
/// What every management token begins with.
pub const TOKEN_PREFIX: &str = "tp-admin-";

macro_rules! secret {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq)]
        pub struct $name(Zeroizing<String>);

        impl $name {
            /// Takes the text over.
            pub fn new(text: String) -> Self {
                Self(Zeroizing::new(text))
            }

            /// The secret itself. Never log, format or store what this returns.
            pub fn expose(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("[redacted]")
            }
        }
    };
}

secret!(/// The secret an app presents: `sk-tp-` and 256 random bits.
    ApiKeySecret);
secret!(/// A secret we present to an upstream.
    CredentialSecret);
secret!(/// A person's password.
    Password);
secret!(/// A management token: `tp-admin-` and 256 random bits.
    TokenSecret);

/// The SHA-256 of a high-entropy secret: how keys, tokens and session ids are stored and looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SecretHash(pub [u8; 32]);

impl SecretHash {
    /// The hash of what a caller presented.
    pub fn of(secret: &str) -> Self {
        Self(Sha256::digest(secret.as_bytes()).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_nothing() {
        assert_eq!(format!("{:?}", Some(ApiKeySecret::new("sk-tp-abc".into()))), "Some([redacted])");
    }
}
