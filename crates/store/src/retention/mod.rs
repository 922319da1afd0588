//! Usage that is old: its sums are frozen by the day (`usage_days`), then its rows go.
//!
//! On PostgreSQL rows lie in partitions of a month. Those to come are made ahead here; what no partition takes (a clock that
//! is wrong, a row of a month that is gone) is in `usage_events_default`, so no row is ever refused. An old partition is
//! frozen and dropped in one transaction. On SQLite, and in the default partition, rows are frozen and deleted in bounded
//! batches, each one transaction: rows and days together always are what was charged, whatever dies in between, and a row
//! that comes late is added to its day once.
//!
//! Nothing is frozen while a node may still have usage of that time to post, or while a tenant's statement over it is
//! not made; neither would be lost, but people read both from rows.

#![deny(clippy::float_arithmetic)]

mod freeze;
mod gate;
mod partitions;

use crate::{
    db::{Db, Tx},
    error::Result,
    sql,
};
use jiff::{Timestamp, ToSpan as _, tz::TimeZone};

pub use gate::Waits;

/// A day, in microseconds.
pub(crate) const DAY_US: i64 = 86_400_000_000;
/// Months that are made ahead, beside the one that runs.
const AHEAD: i32 = 3;

/// What was done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Kept {
    /// Partitions that were made.
    pub made: usize,
    /// Rows that were frozen and are gone.
    pub frozen: u64,
    /// What holds the next month up.
    pub waits: Option<Waits>,
}

/// Makes partitions ahead, and freezes what is older than `months` whole months; 0: nothing is. At most a few hundred
/// thousand rows of what is no partition: call it again for the rest.
///
/// # Errors
/// The database's. What was committed stays; the rest is as it was.
pub async fn keep(db: &Db, months: u32, now_us: i64) -> Result<Kept> {
    let mut kept = Kept::default();
    if !db.is_sqlite() {
        for ahead in 0..=AHEAD {
            kept.made += usize::from(partitions::make(db, month_us(now_us, ahead), month_us(now_us, ahead + 1)).await?);
        }
    }
    let Ok(back) = i32::try_from(months) else { return Ok(kept) };
    if back == 0 {
        return Ok(kept);
    }
    let cutoff = month_us(now_us, -back);
    if !db.is_sqlite() {
        for old in partitions::until(db, cutoff).await? {
            kept.waits = gate::check(db, old.to_us, now_us).await?;
            if kept.waits.is_some() {
                return Ok(kept);
            }
            kept.frozen += partitions::freeze(db, &old).await?;
        }
    }
    kept.waits = gate::check(db, cutoff, now_us).await?;
    if kept.waits.is_none() {
        kept.frozen += freeze::rows(db, cutoff).await?;
    }
    Ok(kept)
}

/// When the month of `us` begins (UTC), or that of so many months later.
pub fn month_us(us: i64, later: i32) -> i64 {
    let date = Timestamp::from_microsecond(us).unwrap_or(Timestamp::UNIX_EPOCH).to_zoned(TimeZone::UTC).date();
    let first = date.first_of_month().saturating_add(later.months());
    first.to_zoned(TimeZone::UTC).map_or(0, |start| start.timestamp().as_microsecond())
}

/// Up to when rows may have been frozen.
///
/// # Errors
/// The database's.
pub(crate) async fn until_us(tx: &mut Tx) -> Result<i64> {
    tx.fetch_one(sql!("SELECT until_us FROM usage_frozen")).await?.int(0)
}

#[cfg(test)]
mod tests {
    use super::month_us;

    #[test]
    fn months_begin_on_their_first_day() {
        let us = |text: &str| text.parse::<jiff::Timestamp>().unwrap().as_microsecond();
        let now = us("2028-01-31T23:59:59.999999Z");
        assert_eq!(month_us(now, 0), us("2028-01-01T00:00:00Z"));
        assert_eq!(month_us(now, 1), us("2028-02-01T00:00:00Z"));
        assert_eq!(month_us(now, 14), us("2029-03-01T00:00:00Z"));
        assert_eq!(month_us(now, -1), us("2027-12-01T00:00:00Z"));
        assert_eq!(month_us(0, 0), 0);
    }
}
