//! Numbers of a page that are not plain counts: lengths of time, rates, moves against the time before.

use super::{
    count::{grouped, percent},
    duration::spoken,
};
use domain::views::Percentiles;
use leptos::prelude::*;

/// A length of time with its unit, quieter; a dash for none.
pub fn took(us: Option<u64>) -> AnyView {
    match us {
        None => view! { <span class="dim">"–"</span> }.into_any(),
        Some(us) => {
            let (number, unit) = spoken(us);
            view! { {number}<small>" "{unit}</small> }.into_any()
        }
    }
}

/// Half and nearly all of them.
pub fn p50_p95(taken: Option<Percentiles>) -> impl IntoView {
    match taken {
        None => view! { <span class="dim">"–"</span> }.into_any(),
        Some(Percentiles { p50, p95, .. }) => view! { {took(Some(p50))}" · "{took(Some(p95))} }.into_any(),
    }
}

/// A length of time as text.
pub fn told(us: Option<u64>) -> String {
    us.map_or_else(
        || "–".to_owned(),
        |us| {
            let (number, unit) = spoken(us);
            format!("{number} {unit}")
        },
    )
}

/// So many over so many microseconds, a second: three digits or so.
pub fn per_second(count: u64, length_us: i64) -> String {
    let length = u128::from(u64::try_from(length_us).unwrap_or(0).max(1));
    let hundredths = u128::from(count) * 100_000_000 / length;
    match hundredths {
        0..1_000 => format!("{}.{:02}", hundredths / 100, hundredths % 100),
        1_000..100_000 => format!("{}.{}", hundredths / 100, hundredths % 100 / 10),
        _ => grouped(u64::try_from(hundredths / 100).unwrap_or(u64::MAX)),
    }
}

/// How a number moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Moved {
    /// There was none, and is none.
    Still,
    /// There was none.
    FromNothing,
    /// More, by so many per cent.
    Up(String),
    /// Less, by so many per cent.
    Down(String),
}

/// How a number moved against the one before.
pub fn moved(now: u64, before: u64) -> Moved {
    match (now, before) {
        (0, 0) => Moved::Still,
        (_, 0) => Moved::FromNothing,
        (now, before) if now >= before => Moved::Up(percent(now - before, before)),
        (now, before) => Moved::Down(percent(before - now, before)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_have_few_digits() {
        let second = 1_000_000;
        for (count, length, text) in [
            (0, second, "0.00"),
            (1, 3 * second, "0.33"),
            (386, 10 * second, "38.6"),
            (48_217, second, "48,217"),
            (5, 0, "5,000,000"),
        ] {
            assert_eq!(per_second(count, length), text);
        }
    }

    #[test]
    fn a_move_is_told_whatever_was_before() {
        assert_eq!(moved(3, 2), Moved::Up("50.00".into()));
        assert_eq!(moved(1, 2), Moved::Down("50.00".into()));
        assert_eq!((moved(1, 0), moved(0, 0)), (Moved::FromNothing, Moved::Still));
    }
}
