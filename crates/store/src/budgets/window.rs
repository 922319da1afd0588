//! When windows begin and end: at midnight, on Monday, on the 1st, in the tenant's zone, whatever daylight saving does there.

use crate::error::{Error, Result};
use domain::budget::Period;
use jiff::{Timestamp, ToSpan as _, Zoned, civil::Weekday, tz::TimeZone};

/// From (microseconds since 1970, the first that belongs to it) and to (the first that does not).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// The first microsecond.
    pub start_us: i64,
    /// The first of the next window.
    pub end_us: i64,
}

impl Span {
    /// What is never over.
    const EVER: Self = Self { start_us: 0, end_us: i64::MAX };

    /// Whether this moment belongs to it.
    pub fn holds(&self, time_us: i64) -> bool {
        (self.start_us..self.end_us).contains(&time_us)
    }
}

/// The zone of this IANA name; empty: UTC.
///
/// # Errors
/// [`Error::Invalid`] for a name that is none.
pub fn zone(name: &str) -> Result<TimeZone> {
    if name.is_empty() {
        return Ok(TimeZone::UTC);
    }
    TimeZone::get(name).map_err(|_| Error::invalid("zone", "must be an IANA time zone such as Europe/Berlin"))
}

/// The window of this period that `time_us` belongs to. A zone that is not known any more counts as UTC.
pub fn at(zone_name: &str, period: Period, time_us: i64) -> Span {
    if period == Period::Total {
        return Span::EVER;
    }
    let zone = zone(zone_name).unwrap_or(TimeZone::UTC);
    // Years that the calendar does not reach have one window.
    let moment = Timestamp::from_microsecond(time_us).map(|moment| moment.to_zoned(zone));
    moment.and_then(|moment| around(&moment, period)).unwrap_or(Span::EVER)
}

fn around(moment: &Zoned, period: Period) -> Result<Span, jiff::Error> {
    let date = moment.date();
    let (first, next) = match period {
        Period::Day => (date, date.checked_add(1.day())?),
        Period::Week => {
            let since_monday = i64::from(date.weekday().since(Weekday::Monday));
            let monday = date.checked_sub(since_monday.days())?;
            (monday, monday.checked_add(7.days())?)
        }
        Period::Month | Period::Total => (date.first_of_month(), date.first_of_month().checked_add(1.month())?),
    };
    let start = |date: jiff::civil::Date| -> Result<i64, jiff::Error> {
        Ok(date.to_zoned(moment.time_zone().clone())?.timestamp().as_microsecond())
    };
    Ok(Span { start_us: start(first)?, end_us: start(next)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn us(text: &str) -> i64 {
        text.parse::<Timestamp>().unwrap().as_microsecond()
    }

    fn span(zone: &str, period: Period, time: &str) -> (String, String) {
        let Span { start_us, end_us } = at(zone, period, us(time));
        let text = |us| Timestamp::from_microsecond(us).unwrap().to_string();
        (text(start_us), text(end_us))
    }

    #[test]
    fn windows_begin_where_the_tenant_is() {
        let (day, week, month) = (Period::Day, Period::Week, Period::Month);
        let utc = |period| span("", period, "2026-11-29T03:00:00Z");
        assert_eq!(utc(day), ("2026-11-29T00:00:00Z".into(), "2026-11-30T00:00:00Z".into()));
        // A Sunday: the week began on Monday the 23rd.
        assert_eq!(utc(week), ("2026-11-23T00:00:00Z".into(), "2026-11-30T00:00:00Z".into()));
        assert_eq!(utc(month), ("2026-11-01T00:00:00Z".into(), "2026-12-01T00:00:00Z".into()));
        let shanghai = |period| span("Asia/Shanghai", period, "2026-11-30T17:00:00Z");
        assert_eq!(shanghai(day), ("2026-11-30T16:00:00Z".into(), "2026-12-01T16:00:00Z".into()));
        assert_eq!(shanghai(month), ("2026-11-30T16:00:00Z".into(), "2026-12-31T16:00:00Z".into()));
        assert_eq!(span("Asia/Kolkata", day, "2026-11-29T03:00:00Z").0, "2026-11-28T18:30:00Z");
    }

    #[test]
    fn days_are_as_long_as_daylight_saving_makes_them() {
        let day = |time| span("Europe/Berlin", Period::Day, time);
        assert_eq!(day("2026-03-29T12:00:00Z"), ("2026-03-28T23:00:00Z".into(), "2026-03-29T22:00:00Z".into()));
        assert_eq!(day("2026-10-25T12:00:00Z"), ("2026-10-24T22:00:00Z".into(), "2026-10-25T23:00:00Z".into()));
        // Midnight does not exist on this day in São Paulo: the day begins at one.
        assert_eq!(span("America/Sao_Paulo", Period::Day, "2018-11-04T12:00:00Z").0, "2018-11-04T03:00:00Z");
    }

    #[test]
    fn a_total_has_one_window_and_an_unknown_zone_is_refused() {
        assert_eq!(at("Europe/Berlin", Period::Total, 5), Span::EVER);
        assert!(zone("Europe/Atlantis").is_err());
        assert!(Span { start_us: 1, end_us: 2 }.holds(1) && !Span { start_us: 1, end_us: 2 }.holds(2));
    }
}
