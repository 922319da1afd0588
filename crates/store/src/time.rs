//! The node's clock: microseconds and milliseconds since 1970, as every column and id keeps them.

use std::time::{SystemTime, UNIX_EPOCH};

/// Microseconds since 1970.
pub fn now_us() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

/// Milliseconds since 1970.
pub fn now_ms() -> i64 {
    now_us() / 1000
}
