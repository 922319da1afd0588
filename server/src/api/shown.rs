//! How values look in answers: times, and the 201 of what was made.

use axum::{Json, response::IntoResponse};
use http::StatusCode;
use serde::Serialize;

/// Microseconds since 1970 as RFC 3339 in UTC, with microseconds where there are any.
pub fn time_us(us: i64) -> String {
    jiff::Timestamp::from_microsecond(us).unwrap_or(jiff::Timestamp::UNIX_EPOCH).to_string()
}

/// Milliseconds since 1970 as RFC 3339 in UTC.
pub fn time_ms(ms: i64) -> String {
    time_us(ms.saturating_mul(1_000))
}

/// 201 with what was made.
pub fn made<T: Serialize>(thing: T) -> impl IntoResponse {
    (StatusCode::CREATED, Json(thing))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_utc_and_exact() {
        assert_eq!(time_us(0), "1970-01-01T00:00:00Z");
        assert_eq!(time_us(1_764_000_000_123_456), "2025-11-24T16:00:00.123456Z");
        assert_eq!(time_ms(1_764_000_000_120), "2025-11-24T16:00:00.12Z");
    }
}
