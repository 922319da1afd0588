//! Points in time as charts and ranges write them: UTC, to the minute.

use crate::{language::Language, words::Dates};
use jiff::{Timestamp, civil::DateTime, tz::TimeZone};

fn civil(us: i64) -> DateTime {
    TimeZone::UTC.to_datetime(Timestamp::from_microsecond(us).unwrap_or(Timestamp::UNIX_EPOCH))
}

/// `14:05`.
pub fn minute(us: i64) -> String {
    let time = civil(us);
    format!("{:02}:{:02}", time.hour(), time.minute())
}

/// `23 Nov`, `11月23日`.
pub fn day(us: i64, language: Language) -> String {
    let time = civil(us);
    let (month, day) = (usize::try_from(time.month()).ok(), u8::try_from(time.day()).ok());
    month.zip(day).and_then(|(month, day)| Dates(language).of(month, day)).unwrap_or_default()
}

/// `23 Nov 14:05`.
pub fn moment(us: i64, language: Language) -> String {
    format!("{} {}", day(us, language), minute(us))
}

/// `2026-11-23T14:05`, as a form's field has it and an address keeps it.
pub fn field(us: i64) -> String {
    civil(us).strftime("%Y-%m-%dT%H:%M").to_string()
}

/// `2026-11-23T14:05:00Z`.
pub fn rfc3339(us: i64) -> String {
    Timestamp::from_microsecond(us).unwrap_or(Timestamp::UNIX_EPOCH).to_string()
}

/// Reads [`field`]'s form; a date alone is its midnight.
pub fn from_field(text: &str) -> Option<i64> {
    let time: DateTime = text.trim_end_matches('Z').parse().ok()?;
    Some(TimeZone::UTC.to_timestamp(time).ok()?.as_microsecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_told_in_utc_and_survives_its_field() {
        let us = from_field("2026-11-03T14:05").unwrap();
        assert_eq!((minute(us).as_str(), day(us, Language::English).as_str()), ("14:05", "3 Nov"));
        assert_eq!((moment(us, Language::Chinese).as_str(), field(us).as_str()), ("11月3日 14:05", "2026-11-03T14:05"));
        assert_eq!(from_field("2026-11-03"), from_field("2026-11-03T00:00"));
        assert_eq!(from_field("2026-13-03"), None);
    }
}
