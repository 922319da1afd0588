//! The attempts of a request as its row keeps them: a JSON array. What a failed one has used stands beside it there
//! (`spent`); what that costs is money, and has rows of its own (`attempt_costs`).

use crate::error::{Error, Result};
use domain::record::{Attempt, Spent};
use serde::{Deserialize, Serialize};

#[derive(Serialize)]
struct Written<'a> {
    #[serde(flatten)]
    attempt: &'a Attempt,
    #[serde(skip_serializing_if = "Option::is_none")]
    spent: Option<&'a Spent>,
}

#[derive(Deserialize)]
struct Beside {
    spent: Option<Box<Spent>>,
}

/// As the row has it.
pub fn to_json(attempts: &[Attempt]) -> String {
    let written: Vec<_> = attempts.iter().map(|attempt| Written { attempt, spent: attempt.spent.as_deref() }).collect();
    // Cannot fail: numbers and strings only.
    if written.is_empty() { "[]".to_owned() } else { serde_json::to_string(&written).unwrap_or_default() }
}

/// From the row.
///
/// # Errors
/// [`Error::Corrupt`].
pub fn from_json(text: &str) -> Result<Vec<Attempt>> {
    let corrupt = |_| Error::Corrupt("attempts");
    let mut attempts: Vec<Attempt> = serde_json::from_str(text).map_err(corrupt)?;
    if text.contains("\"spent\"") {
        let beside: Vec<Beside> = serde_json::from_str(text).map_err(corrupt)?;
        attempts.iter_mut().zip(beside).for_each(|(attempt, beside)| attempt.spent = beside.spent);
    }
    Ok(attempts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{ids::ChannelId, money::NanoUsd, usage::Usage};

    #[test]
    fn what_was_spent_is_kept_beside_its_attempt() {
        let usage = Usage { input: 9, ..Usage::default() };
        let attempt = |spent| Attempt {
            channel: ChannelId(1),
            credential: None,
            status: 200,
            error: "transient".into(),
            start_us: 1,
            took_us: 2,
            spent,
        };
        let spent = Some(Box::new(Spent { usage, cost_price: None, cost: NanoUsd(5) }));
        let attempts = vec![attempt(spent), attempt(None)];
        let text = to_json(&attempts);
        assert_eq!(from_json(&text).unwrap(), attempts);
        assert_eq!(text.matches("spent").count(), 1, "{text}");
        assert_eq!(from_json("[]").unwrap(), []);
        assert!(from_json("{").is_err());
    }
}
