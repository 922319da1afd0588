//! Amounts as the contract writes them: decimal strings of USD, read here into whole nano-USD without any float.

use anyhow::{Context, Result, ensure};
use serde_json::Value;

/// Digits after the point of a nano-USD.
const DIGITS: usize = 9;

/// `"-12.5"` → −12 500 000 000.
pub fn nano(text: &str) -> Result<i128> {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    ensure!(!whole.is_empty() && fraction.len() <= DIGITS, "not an amount in nano-USD: {text:?}");
    let value: i128 = format!("{whole}{fraction:0<DIGITS$}").parse().with_context(|| format!("amount {text:?}"))?;
    Ok(sign * value)
}

/// The amount in a field that must be a decimal string.
pub fn field(object: &Value, name: &str) -> Result<i128> {
    let text = object.get(name).and_then(Value::as_str).with_context(|| format!("no string {name:?} in {object}"))?;
    nano(text)
}

/// −12 500 000 000 → `"-12.5"`: no exponent, no trailing zeros.
pub fn text(nano: i128) -> String {
    let unit = 10_i128.pow(9);
    let sign = if nano < 0 { "-" } else { "" };
    let (whole, fraction) = (nano.abs() / unit, nano.abs() % unit);
    let fraction = format!("{fraction:09}");
    match fraction.trim_end_matches('0') {
        "" => format!("{sign}{whole}"),
        digits => format!("{sign}{whole}.{digits}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_reads_back_as_it_was_written() {
        for (written, value) in [("0", 0), ("12.5", 12_500_000_000), ("-0.000000001", -1), ("3", 3_000_000_000)] {
            assert_eq!(nano(written).unwrap(), value);
            assert_eq!(text(value), written);
        }
        assert!(nano("1e3").is_err());
        assert!(nano("0.0000000001").is_err());
    }
}
