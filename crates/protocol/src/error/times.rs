//! Points in time as servers write them, without a clock: seconds since 1970.

const DAY: i64 = 86_400;
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Days since 1970-01-01 of a proleptic Gregorian date (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
fn days_of(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let shifted = (month + 9) % 12;
    let day_of_year = (153 * shifted + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// The date of a day since 1970-01-01.
fn date_of(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (era * 400 + year_of_era + i64::from(month <= 2), month, day)
}

/// Seconds as RFC 3339 in UTC.
pub(crate) fn rfc3339(seconds: i64) -> String {
    // The years 0000 to 9999.
    let seconds = seconds.clamp(-62_167_219_200, 253_402_300_799);
    let (year, month, day) = date_of(seconds.div_euclid(DAY));
    let of_day = seconds.rem_euclid(DAY);
    let (hour, minute, second) = (of_day / 3_600, of_day / 60 % 60, of_day % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// RFC 3339, fractions dropped.
pub(super) fn read_rfc3339(text: &str) -> Option<i64> {
    let (date, time) = text.trim().split_once(['T', 't', ' '])?;
    let clock = time.get(..8)?;
    let rest = time.get(8..)?.trim_start_matches(|c: char| c == '.' || c.is_ascii_digit());
    let offset = match rest {
        "Z" | "z" => 0,
        _ => {
            let sign = if rest.starts_with('-') { -1 } else { 1 };
            let (hours, minutes) = rest.trim_start_matches(['+', '-']).split_once(':')?;
            sign * (bounded(hours, 23)? * 3_600 + bounded(minutes, 59)? * 60)
        }
    };
    let mut parts = date.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    at(bounded(year, 9_999)?, bounded(month, 12)?, bounded(day, 31)?, clock).map(|local| local - offset)
}

/// An HTTP date in its preferred form: `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, 5.6.7).
pub(super) fn read_http_date(text: &str) -> Option<i64> {
    let (_, rest) = text.trim().split_once(", ")?;
    let mut parts = rest.split(' ');
    let day = bounded(parts.next()?, 31)?;
    let name = parts.next()?;
    let month = MONTHS.iter().zip(1_i64..).find(|(month, _)| **month == name)?.1;
    let year = bounded(parts.next()?, 9_999)?;
    at(year, month, day, parts.next()?)
}

fn at(year: i64, month: i64, day: i64, clock: &str) -> Option<i64> {
    let mut parts = clock.split(':');
    let hour = bounded(parts.next()?, 23)?;
    let minute = bounded(parts.next()?, 59)?;
    let second = bounded(parts.next()?, 60)?;
    (month >= 1 && day >= 1).then(|| days_of(year, month, day) * DAY + hour * 3_600 + minute * 60 + second)
}

fn bounded(digits: &str, most: i64) -> Option<i64> {
    let all_digits = !digits.is_empty() && digits.len() <= 4 && digits.bytes().all(|b| b.is_ascii_digit());
    digits.parse().ok().filter(|number| all_digits && *number <= most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_and_written() {
        assert_eq!(rfc3339(0), "1970-01-01T00:00:00Z");
        assert_eq!(rfc3339(951_782_400), "2000-02-29T00:00:00Z");
        assert_eq!(rfc3339(1_795_474_801), "2026-11-23T23:00:01Z");
        assert_eq!(read_rfc3339("2026-11-23T23:00:01Z"), Some(1_795_474_801));
        assert_eq!(read_rfc3339("2026-11-24T01:00:01.5+02:00"), Some(1_795_474_801));
        assert_eq!(read_http_date("Sun, 06 Nov 1994 08:49:37 GMT"), Some(784_111_777));
        for wrong in [
            "",
            "Sunday, 06-Nov-94",
            "2026-13-01T00:00:00Z",
            "soon",
            "\u{e9}\u{e9}\u{e9}T\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}",
        ] {
            assert_eq!((read_rfc3339(wrong), read_http_date(wrong)), (None, None), "{wrong}");
        }
    }

    proptest::proptest! {
        #[test]
        fn every_second_is_read_back(seconds in -62_167_219_200_i64..253_402_300_800) {
            proptest::prop_assert_eq!(read_rfc3339(&rfc3339(seconds)), Some(seconds));
        }
    }
}
