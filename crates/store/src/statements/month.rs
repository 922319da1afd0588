//! A month of the calendar, and when it is in a zone.

use crate::error::{Error, Result};
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use std::{fmt, str::FromStr};

/// A month: `2026-10`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Month(Date);

impl Month {
    /// The month that this time is in.
    ///
    /// # Errors
    /// [`Error::Corrupt`] for a time out of the calendar.
    pub fn of(time_us: i64, zone: &TimeZone) -> Result<Self> {
        let time = Timestamp::from_microsecond(time_us).map_err(|_| Error::Corrupt("time"))?;
        Ok(Self(zone.to_datetime(time).date().first_of_month()))
    }

    /// The month after it.
    ///
    /// # Errors
    /// [`Error::Invalid`] at the end of the calendar.
    pub fn next(self) -> Result<Self> {
        let next = self.0.last_of_month().tomorrow().map_err(|_| Error::invalid("month", "too late"))?;
        Ok(Self(next))
    }

    /// When it begins in a zone, in microseconds since 1970.
    ///
    /// # Errors
    /// [`Error::Invalid`] out of the calendar.
    pub fn begin_us(self, zone: &TimeZone) -> Result<i64> {
        let begin = self.0.to_zoned(zone.clone()).map_err(|_| Error::invalid("month", "out of the calendar"))?;
        Ok(begin.timestamp().as_microsecond())
    }

    /// When the month after it begins.
    ///
    /// # Errors
    /// As [`Month::begin_us`].
    pub fn end_us(self, zone: &TimeZone) -> Result<i64> {
        self.next()?.begin_us(zone)
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.0.year(), self.0.month())
    }
}

impl FromStr for Month {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let refused = || Error::invalid("month", "must be a month such as 2026-10");
        let whole = text.len() == 7
            && text.bytes().enumerate().all(|(at, b)| if at == 4 { b == b'-' } else { b.is_ascii_digit() });
        let (year, month) = text.split_once('-').filter(|_| whole).ok_or_else(refused)?;
        let (year, month) = (year.parse().map_err(|_| refused())?, month.parse().map_err(|_| refused())?);
        Date::new(year, month, 1).map(Self).map_err(|_| refused())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::tz::Offset;

    #[test]
    fn a_month_is_read_and_written_and_nothing_else_is() {
        assert_eq!("2026-02".parse::<Month>().unwrap().to_string(), "2026-02");
        for bad in ["", "2026", "2026-13", "2026-00", "2026-1", "26-10", "2026-10-01", "2026/10", "+026-10", "2026-+1"]
        {
            assert!(bad.parse::<Month>().is_err(), "{bad}");
        }
    }

    #[test]
    fn months_follow_each_other_and_begin_by_the_zone() {
        let (utc, east) = (TimeZone::UTC, TimeZone::fixed(Offset::constant(8)));
        let december: Month = "2025-12".parse().unwrap();
        assert_eq!(december.next().unwrap().to_string(), "2026-01");
        assert!(december < december.next().unwrap());
        let end = december.end_us(&utc).unwrap();
        assert_eq!(Timestamp::from_microsecond(end).unwrap().to_string(), "2026-01-01T00:00:00Z");
        assert_eq!(december.end_us(&east).unwrap(), end - 8 * 3_600_000_000);
        assert_eq!(Month::of(end - 1, &utc).unwrap(), december);
        assert_eq!(Month::of(end - 1, &east).unwrap(), december.next().unwrap());
    }
}
