//! Points in time: day and clock in UTC (the page says so once), the whole on hover.

use crate::words::Dates;
use leptos::prelude::*;

/// `("23 Nov", "14:32:05")` of `2026-11-23T14:32:05.123Z`; what is not such a time stays as it is.
fn read(t: Dates, rfc3339: &str) -> (String, String) {
    let parted = || {
        let (date, time) = rfc3339.split_once('T')?;
        let mut parts = date.split('-').skip(1);
        let month = parts.next()?.parse().ok()?;
        let day = parts.next()?.parse().ok()?;
        Some((t.of(month, day)?, time.get(..8)?.to_owned()))
    };
    parted().unwrap_or_else(|| (String::new(), rfc3339.to_owned()))
}

/// A point in time.
#[component]
pub fn Clock(
    /// RFC 3339, UTC.
    time: String,
) -> impl IntoView {
    let (day, clock) = read(Dates::here(), &time);
    view! { <time datetime=time.clone() title=time><span class="dim">{day}" "</span>{clock}</time> }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Language;

    #[test]
    fn a_time_is_read_as_day_and_clock() {
        for (language, day) in [(Language::English, "3 Nov"), (Language::Chinese, "11月3日")] {
            let read = read(Dates(language), "2026-11-03T14:32:05.123456Z");
            assert_eq!(read, (day.to_owned(), "14:32:05".to_owned()));
        }
        for odd in ["soon", "2026-13-01T00:00:00Z", "2026-11-23Tnow"] {
            assert_eq!(read(Dates(Language::English), odd), (String::new(), odd.to_owned()));
        }
    }
}
