//! When an upstream says that it can be asked again. Without a clock: a point in time counts from the answer's own `date`.
//! The longer of several wins, but a budget that is not used up says nothing about a refusal.
//! Sources: RFC 9110 10.2.3; <https://platform.openai.com/docs/guides/rate-limits>; <https://docs.anthropic.com/en/api/rate-limits>.

use super::times::{read_http_date, read_rfc3339};
use http::{HeaderMap, header};
use std::time::Duration;

/// A longer wait is a mistake.
const LONGEST: Duration = Duration::from_secs(7 * 86_400);
/// OpenAI's budgets, with durations.
const DURATIONS: [&str; 3] = ["requests", "tokens", "input-images"];
/// Anthropic's budgets, with points in time.
const POINTS: [&str; 4] = ["requests", "tokens", "input-tokens", "output-tokens"];

/// How long to wait, if the headers say; budgets count only if the error is about one.
pub(super) fn retry_after(headers: &HeaderMap, is_rate: bool) -> Option<Duration> {
    let now = text(headers, header::DATE.as_str()).and_then(read_http_date);
    let since_now = |point: Option<i64>| {
        let seconds = point?.checked_sub(now?)?;
        Some(Duration::from_secs(u64::try_from(seconds).unwrap_or(0)))
    };
    let said =
        text(headers, "retry-after").and_then(|value| seconds(value).or_else(|| since_now(read_http_date(value))));
    let exact = text(headers, "retry-after-ms").and_then(|value| duration(&format!("{value}ms")));
    let direct = said.max(exact);
    if !is_rate {
        return direct.map(|wait| wait.min(LONGEST));
    }
    let mut budgets = Vec::new();
    for name in DURATIONS {
        let reset = text(headers, &format!("x-ratelimit-reset-{name}")).and_then(duration);
        budgets.push((reset, is_used_up(headers, &format!("x-ratelimit-remaining-{name}"))));
    }
    for name in POINTS {
        let reset = text(headers, &format!("anthropic-ratelimit-{name}-reset"));
        let used_up = is_used_up(headers, &format!("anthropic-ratelimit-{name}-remaining"));
        budgets.push((since_now(reset.and_then(read_rfc3339)), used_up));
    }
    let used_up = budgets.iter().filter(|(_, used_up)| *used_up).filter_map(|(reset, _)| *reset).max();
    let any = budgets.iter().filter_map(|(reset, _)| *reset).max();
    let wait = match direct.max(used_up) {
        None => any,
        known => known,
    };
    wait.map(|wait| wait.min(LONGEST))
}

/// A wait that an error's own details tell.
pub(super) fn delay(text: &str) -> Option<Duration> {
    duration(text).map(|wait| wait.min(LONGEST))
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

fn is_used_up(headers: &HeaderMap, name: &str) -> bool {
    text(headers, name).is_some_and(|left| left == "0" || left.starts_with('-'))
}

/// `7` or `0.5`: seconds.
fn seconds(value: &str) -> Option<Duration> {
    duration(&format!("{value}s"))
}

/// `6m0s`, `1h2m3.5s`, `20ms`: parts of falling size, each with its unit.
fn duration(text: &str) -> Option<Duration> {
    let mut rest = text;
    let mut all = Duration::ZERO;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, after) = rest.split_at(digits);
        let unit = after.find(|c: char| c.is_ascii_digit()).unwrap_or(after.len());
        let (unit, after) = after.split_at(unit);
        let unit_us: u64 = match unit {
            "d" => 86_400_000_000,
            "h" => 3_600_000_000,
            "m" => 60_000_000,
            "s" => 1_000_000,
            "ms" => 1_000,
            "us" | "µs" => 1,
            _ => return None,
        };
        all = all.checked_add(Duration::from_micros(scaled(number, unit_us)?))?;
        rest = after;
    }
    (!text.is_empty()).then_some(all)
}

/// A decimal number times a whole one, fractions below one dropped.
fn scaled(number: &str, unit: u64) -> Option<u64> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let whole: u64 = if whole.is_empty() && !fraction.is_empty() { 0 } else { whole.parse().ok()? };
    let mut all = whole.checked_mul(unit)?;
    let mut place = unit;
    for digit in fraction.bytes() {
        place /= 10;
        all = all.checked_add(u64::from(digit.checked_sub(b'0').filter(|it| *it <= 9)?) * place)?;
    }
    Some(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| ((*name).parse().unwrap(), (*value).parse().unwrap())).collect()
    }

    fn wait_ms(pairs: &[(&'static str, &'static str)]) -> Option<u128> {
        retry_after(&headers(pairs), true).map(|wait| wait.as_millis())
    }

    #[test]
    fn every_form_of_a_wait_is_read() {
        assert_eq!(wait_ms(&[("retry-after", "7")]), Some(7_000));
        assert_eq!(wait_ms(&[("retry-after", "0.25")]), Some(250));
        assert_eq!(wait_ms(&[("retry-after", "1"), ("retry-after-ms", "1500")]), Some(1_500));
        let date = ("date", "Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(wait_ms(&[("retry-after", "Sun, 06 Nov 1994 08:50:37 GMT"), date]), Some(60_000));
        assert_eq!(wait_ms(&[("retry-after", "Sun, 06 Nov 1994 08:50:37 GMT")]), None, "no clock, no guess");
        for (text, want) in [("6m0s", 360_000), ("20ms", 20), ("1s", 1_000), ("1h2m3.5s", 3_723_500), ("0s", 0)] {
            assert_eq!(wait_ms(&[("x-ratelimit-reset-tokens", text)]), Some(want), "{text}");
        }
        let reset = ("anthropic-ratelimit-tokens-reset", "1994-11-06T08:49:47Z");
        assert_eq!(wait_ms(&[reset, date]), Some(10_000));
    }

    #[test]
    fn the_longer_wins_but_a_budget_with_room_does_not_count() {
        let both = [("x-ratelimit-reset-requests", "2s"), ("x-ratelimit-reset-tokens", "9s")];
        assert_eq!(wait_ms(&both), Some(9_000));
        let used_up =
            [both[0], both[1], ("x-ratelimit-remaining-requests", "0"), ("x-ratelimit-remaining-tokens", "50")];
        assert_eq!(wait_ms(&used_up), Some(2_000));
        assert_eq!(wait_ms(&[both[0], both[1], ("retry-after", "3")]), Some(3_000));
        assert_eq!(retry_after(&headers(&both), false), None, "another kind of error is not about a budget");
    }

    #[test]
    fn nonsense_is_no_wait() {
        for text in ["", "soon", "-5", "1e9", "1.2.3", "99999999999999999999", "s", "5x"] {
            assert_eq!(duration(text).or_else(|| seconds(text)), None, "{text}");
        }
        assert_eq!(wait_ms(&[("retry-after", "99999999999")]), Some(LONGEST.as_millis()));
    }
}
