//! Does it add up? The journal against usage rows, rows against transfers and roll-ups, transfers against balances, frozen
//! statements against their lines, and orders, codes, refunds, chargebacks and closings against the transfers of their kinds.
//!
//! Read-only and in one database snapshot, so it can run beside a live server: what is in the journal beyond the drained
//! position is pending, not a difference. The files are read after the snapshot is taken, hence they can only hold more.
//!
//! Limits: it reads every usage row and every journal file that is kept; run it hourly, not every second. For every second
//! there is [`audit`].

#![deny(clippy::float_arithmetic)]

mod books;
mod journals;
mod kept;
mod payments;
mod rollups;
mod statements;

pub use books::{Audit, audit};
pub use kept::{keep, last};

use crate::{db::Db, error::Result, time};
use domain::money::NanoUsd;
use serde::{Deserialize, Serialize};
use std::{fmt, path::Path};

/// Something that does not add up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// What was compared, and of whom.
    pub what: String,
    /// What it should be.
    pub expected: i64,
    /// What it is.
    pub found: i64,
    /// Whether these are amounts in nano-USD; otherwise counts.
    pub money: bool,
}

/// What a reconciliation found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// When, in microseconds since 1970.
    pub time_us: i64,
    /// What does not add up.
    pub differences: Vec<Difference>,
    /// Requests in the database: a usage row each, or in the sums of a day.
    pub requests: u64,
    /// Of those, in the sums of days: their rows are no longer kept.
    pub frozen_requests: u64,
    /// Rows from before this may be frozen, in microseconds since 1970.
    pub frozen_until_us: i64,
    /// What they come to.
    pub charged: NanoUsd,
    /// End records in this node's journal that were compared.
    pub journal_records: u64,
    /// Ended in the journal and not posted yet.
    pub pending_requests: u64,
    /// What these come to.
    pub pending: NanoUsd,
}

impl Report {
    /// The sum of all differences in money, each taken as positive; with only differences in counts, the smallest amount.
    pub fn difference(&self) -> NanoUsd {
        let amounts = self.differences.iter().filter(|it| it.money);
        let sum: NanoUsd = amounts.map(|it| NanoUsd(it.found.saturating_sub(it.expected).saturating_abs())).sum();
        if sum == NanoUsd::ZERO && !self.differences.is_empty() { NanoUsd(1) } else { sum }
    }

    /// Whether everything adds up.
    pub fn is_clean(&self) -> bool {
        self.differences.is_empty()
    }

    fn expect(&mut self, what: impl Into<String>, money: bool, expected: i64, found: i64) {
        if expected != found {
            self.differences.push(Difference { what: what.into(), expected, found, money });
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_clean() {
            writeln!(f, "difference 0")?;
        } else {
            writeln!(f, "difference {} USD", self.difference())?;
        }
        for it in &self.differences {
            if it.money {
                writeln!(f, "  {}: expected {} USD, found {} USD", it.what, NanoUsd(it.expected), NanoUsd(it.found))?;
            } else {
                writeln!(f, "  {}: expected {}, found {}", it.what, it.expected, it.found)?;
            }
        }
        writeln!(
            f,
            "{} requests, {} USD charged; {} records of this node's journal compared",
            self.requests, self.charged, self.journal_records
        )?;
        if self.frozen_requests > 0 {
            writeln!(f, "{} of the requests are in the sums of days, their rows no longer kept", self.frozen_requests)?;
        }
        write!(f, "pending {} requests, {} USD", self.pending_requests, self.pending)
    }
}

/// Compares everything. `data_dir` is this node's (its journal's lock is not needed); without a journal there, the database
/// is compared with itself.
///
/// # Errors
/// The database's and the disk's; a difference is not an error.
pub async fn reconcile(db: &Db, data_dir: &Path) -> Result<Report> {
    let mut report = Report {
        time_us: time::now_us(),
        differences: Vec::new(),
        requests: 0,
        frozen_requests: 0,
        frozen_until_us: 0,
        charged: NanoUsd::ZERO,
        journal_records: 0,
        pending_requests: 0,
        pending: NanoUsd::ZERO,
    };
    let mut tx = db.snapshot_of_usage().await?;
    books::compare(&mut tx, &mut report).await?;
    rollups::compare(&mut tx, &mut report).await?;
    statements::compare(&mut tx, &mut report).await?;
    payments::compare(&mut tx, &mut report).await?;
    journals::compare(&mut tx, data_dir, &mut report).await?;
    tx.rollback().await?;
    Ok(report)
}
