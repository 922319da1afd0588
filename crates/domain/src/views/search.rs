//! What a search found.

use crate::ids::{KeyId, RequestId, TenantId};
use serde::{Deserialize, Serialize};

/// Everything that fits, a few of each kind.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// Tenants whose name holds the text.
    pub tenants: Vec<TenantFound>,
    /// Keys whose name holds the text.
    pub keys: Vec<KeyFound>,
    /// Requests whose id begins with the text.
    pub requests: Vec<RequestFound>,
}

/// One tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TenantFound {
    /// Which.
    pub id: TenantId,
    /// What people call it.
    pub name: String,
}

/// One key; never its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyFound {
    /// Which.
    pub id: KeyId,
    /// What people call it.
    pub name: String,
    /// How its secret begins.
    pub prefix: String,
    /// How its secret ends.
    pub last4: String,
}

/// One request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestFound {
    /// Which.
    pub id: RequestId,
    /// The public model.
    pub model: String,
    /// What the caller saw.
    pub status: u16,
}
