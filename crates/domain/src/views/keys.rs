//! A tenant's keys.

use crate::ids::KeyId;
use serde::{Deserialize, Serialize};

/// One key in the list; never its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyLine {
    /// Which.
    pub id: KeyId,
    /// What people call it.
    pub name: String,
    /// How its secret begins.
    pub prefix: String,
    /// How its secret ends.
    pub last4: String,
    /// Until when the secret it had before its last rotation works too, RFC 3339 UTC; `None`: there is none.
    pub former_until: Option<String>,
    /// On or off.
    pub enabled: bool,
    /// Whether its time is over.
    pub expired: bool,
    /// When that is, RFC 3339 UTC.
    pub expires_at: Option<String>,
    /// The day in which that falls, `2026-12-31` UTC.
    pub last_day: Option<String>,
    /// Public model names it may call; `None`: all.
    pub models: Option<Vec<String>>,
    /// Addresses it may be used from; `None`: any.
    pub ip_allow: Option<Vec<String>>,
    /// When it was made, RFC 3339 UTC.
    pub created_at: String,
    /// When it was last used, RFC 3339 UTC; `None`: never.
    pub last_used: Option<String>,
}
