//! Waiting on a condition with a deadline: what tests do instead of sleeping. The condition is asked every few
//! milliseconds; running out of time is an error that says what was waited for.

use anyhow::{Result, bail};
use std::time::{Duration, Instant};

/// How often a condition is asked.
const PERIOD: Duration = Duration::from_millis(5);

/// Asks `condition` until it gives a value, for at most `limit`.
pub async fn until<T>(what: &str, limit: Duration, mut condition: impl AsyncFnMut() -> Result<Option<T>>) -> Result<T> {
    let begun = Instant::now();
    let mut tick = tokio::time::interval(PERIOD);
    loop {
        tick.tick().await;
        if let Some(value) = condition().await? {
            return Ok(value);
        }
        if begun.elapsed() > limit {
            bail!("waited {limit:?} for {what}");
        }
    }
}

/// RFC 3339, so many milliseconds from now.
pub fn utc_in_ms(ms: i64) -> String {
    (jiff::Timestamp::now() + jiff::SignedDuration::from_millis(ms)).to_string()
}
