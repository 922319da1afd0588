//! Requests as lists show them.

use crate::{ids::RequestId, money::NanoUsd};
use serde::{Deserialize, Serialize};

/// One request in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestLine {
    /// Which.
    pub request: RequestId,
    /// When, RFC 3339 UTC.
    pub time: String,
    /// The public model name.
    pub model: String,
    /// The HTTP status the caller saw.
    pub status: u16,
    /// Input tokens of every kind, cache included.
    pub input_tokens: u64,
    /// Output tokens.
    pub output_tokens: u64,
    /// What it cost the tenant.
    pub cost: NanoUsd,
    /// Microseconds from first byte to last.
    pub latency_us: u64,
    /// To the first meaningful byte, in microseconds.
    pub ttft_us: Option<u64>,
    /// The code of the error; empty without one.
    pub error_code: String,
    /// How many channels were tried.
    pub tries: u32,
    /// The key's name.
    pub key: String,
}
