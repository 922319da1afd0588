//! What an answer costs, calculated apart from Turnpike: the usage block of the answer's JSON, prices as their decimal
//! strings, exact rationals, one rounding half up. It shares no code and no type with `domain` or `protocol`.

use anyhow::{Context, Result};
use num_bigint::BigInt;
use num_rational::Ratio;
use num_traits::{One, ToPrimitive, Zero};
use serde_json::Value;

/// The two families of usage blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// `prompt_tokens` holds the cached ones.
    OpenaiChat,
    /// `input_tokens` leaves the cached ones out.
    Anthropic,
}

/// Units of one kind at one price's name.
type Line = (i64, &'static str, &'static str);

/// The cost in nano-USD of a whole answer (JSON, or an SSE stream) at `rates` as they were sent to the API.
pub fn cost(family: Family, body: &str, rates: &Value) -> Result<i128> {
    let usage = match body.trim_start().starts_with('{') {
        true => serde_json::from_str::<Value>(body)?.get("usage").cloned().context("no usage in the answer")?,
        false => stream_usage(family, body)?,
    };
    let lines = match family {
        Family::OpenaiChat => openai_lines(&usage),
        Family::Anthropic => anthropic_lines(&usage),
    };
    lines
        .iter()
        .try_fold(Ratio::zero(), |sum, (units, name, fallback)| {
            Ok(sum + Ratio::from_integer(BigInt::from(*units)) * rate(rates, name, fallback)?)
        })
        .and_then(|pico_scaled| round(pico_scaled + rate(rates, "per_request", "")?))
}

/// USD per unit of `name`, or of `fallback` where it is unset; nothing where both are.
fn rate(rates: &Value, name: &str, fallback: &str) -> Result<Ratio<BigInt>> {
    let Some(text) = rates.get(name).or_else(|| rates.get(fallback)).and_then(Value::as_str) else {
        return Ok(Ratio::zero());
    };
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits: BigInt = format!("{whole}{fraction}").parse().with_context(|| format!("rate {text:?}"))?;
    let per_million = BigInt::from(10).pow(u32::try_from(fraction.len())? + 6);
    Ok(Ratio::new(digits, per_million))
}

fn round(usd: Ratio<BigInt>) -> Result<i128> {
    let nano = usd * BigInt::from(10).pow(9) + Ratio::new(BigInt::one(), BigInt::from(2));
    nano.floor().to_integer().to_i128().context("a cost beyond i128")
}

fn number(block: &Value, path: &[&str]) -> i64 {
    path.iter().try_fold(block, |at, name| at.get(*name)).and_then(Value::as_i64).unwrap_or(0)
}

fn openai_lines(usage: &Value) -> Vec<Line> {
    let prompt = |name| number(usage, &["prompt_tokens_details", name]);
    let completion = |name| number(usage, &["completion_tokens_details", name]);
    let (cached, audio_in) = (prompt("cached_tokens"), prompt("audio_tokens"));
    let (reasoning, audio_out) = (completion("reasoning_tokens"), completion("audio_tokens"));
    vec![
        (number(usage, &["prompt_tokens"]) - cached - audio_in, "input", ""),
        (cached, "cache_read", "input"),
        (audio_in, "audio_input", "input"),
        (number(usage, &["completion_tokens"]) - reasoning - audio_out, "output", ""),
        (reasoning, "reasoning", "output"),
        (audio_out, "audio_output", "output"),
    ]
}

fn anthropic_lines(usage: &Value) -> Vec<Line> {
    let written = number(usage, &["cache_creation_input_tokens"]);
    let hour = number(usage, &["cache_creation", "ephemeral_1h_input_tokens"]);
    vec![
        (number(usage, &["input_tokens"]), "input", ""),
        (number(usage, &["cache_read_input_tokens"]), "cache_read", "input"),
        (written - hour, "cache_write_5m", "input"),
        (hour, "cache_write_1h", "input"),
        (number(usage, &["output_tokens"]), "output", ""),
        (number(usage, &["server_tool_use", "web_search_requests"]), "web_search", ""),
    ]
}

/// The usage a stream tells: OpenAI's in the last chunk that has one; Anthropic's from `message_start`, each later
/// report replacing what it names.
fn stream_usage(family: Family, body: &str) -> Result<Value> {
    let mut told = Value::Null;
    for line in body.lines() {
        let Some(data) = line.strip_prefix("data:") else { continue };
        let Ok(event) = serde_json::from_str::<Value>(data.trim()) else { continue };
        let path: &[&str] = if event.get("message").is_some() { &["message", "usage"] } else { &["usage"] };
        let Some(report) = path.iter().try_fold(&event, |at, name| at.get(*name)).filter(|r| r.is_object()) else {
            continue;
        };
        match (family, told.as_object_mut()) {
            (Family::Anthropic, Some(told)) => {
                for (name, value) in report.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null()) {
                    told.insert(name.clone(), value.clone());
                }
            }
            _ => told = report.clone(),
        }
    }
    anyhow::ensure!(told.is_object(), "no usage in the stream");
    Ok(told)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn cached_input_is_charged_once_and_rounding_is_half_up() {
        let rates = json!({"input": "0.15", "output": "0.6", "cache_read": "0.0375"});
        let body = json!({"usage": {"prompt_tokens": 10, "completion_tokens": 1,
            "prompt_tokens_details": {"cached_tokens": 4}}})
        .to_string();
        // 6 × 0.15 + 4 × 0.0375 + 0.6 = 1.65 micro-USD.
        assert_eq!(cost(Family::OpenaiChat, &body, &rates).unwrap(), 1_650);
        let half = json!({"usage": {"prompt_tokens": 1, "completion_tokens": 0}}).to_string();
        assert_eq!(cost(Family::OpenaiChat, &half, &json!({"input": "0.0005", "output": "0"})).unwrap(), 1);
    }

    #[test]
    fn an_anthropic_stream_is_told_by_its_start_and_corrected_by_its_last_delta() {
        let body = "event: message_start\ndata: {\"message\":{\"usage\":{\"input_tokens\":3,\"output_tokens\":1}}}\n\n\
            event: message_delta\ndata: {\"usage\":{\"output_tokens\":9}}\n\n";
        let rates = json!({"input": "1000", "output": "1"});
        assert_eq!(cost(Family::Anthropic, body, &rates).unwrap(), 3 * 1_000_000 + 9 * 1_000);
    }
}
