//! M1: an auditor that reads the books ten times a second while a storm runs. Every read is one statement, hence one
//! snapshot: reading several would find differences that were never there, or miss some that were.

use crate::database::Reader;
use anyhow::{Result, ensure};
use parking_lot::Mutex;
use std::{sync::Arc, time::Duration};
use tokio::task::AbortHandle;

/// Between two reads.
const PERIOD: Duration = Duration::from_millis(100);

/// In one snapshot: the sum of all accounts, wallets below their limit, wallets whose `leased` is not the sum of what
/// their leases still have out, wallets and other accounts whose `posted` is not the sum of their transfers.
const BOOKS: &str = "SELECT
 (SELECT CAST(COALESCE(SUM(posted), 0) AS BIGINT) FROM accounts),
 (SELECT COUNT(*) FROM accounts WHERE kind = 'wallet' AND posted + credit_limit - leased < 0),
 (SELECT COUNT(*) FROM accounts a WHERE a.leased <> (SELECT CAST(COALESCE(SUM(l.granted - l.settled - l.returned), 0)
    AS BIGINT) FROM leases l WHERE l.account_id = a.id AND l.state <> 'closed')),
 (SELECT COUNT(*) FROM accounts a WHERE a.posted <>
    (SELECT CAST(COALESCE(SUM(t.amount), 0) AS BIGINT) FROM transfers t WHERE t.credit_account = a.id)
  - (SELECT CAST(COALESCE(SUM(t.amount), 0) AS BIGINT) FROM transfers t WHERE t.debit_account = a.id))";

#[derive(Debug, Default)]
struct Found {
    reads: u64,
    failed_reads: u64,
    violations: Vec<String>,
}

/// A running auditor.
#[derive(Debug)]
pub struct Auditor {
    found: Arc<Mutex<Found>>,
    task: AbortHandle,
}

impl Auditor {
    /// Begins to read.
    pub fn start(reader: Reader) -> Self {
        let found = Arc::new(Mutex::new(Found::default()));
        let audited = found.clone();
        let task = tokio_util::task::TaskTracker::new().spawn(async move {
            let mut tick = tokio::time::interval(PERIOD);
            loop {
                tick.tick().await;
                let books = reader.integers(BOOKS).await;
                let mut found = audited.lock();
                match books {
                    Ok(sums) => {
                        found.reads += 1;
                        if sums.iter().any(|sum| *sum != 0) {
                            found.violations.push(format!("{sums:?}"));
                        }
                    }
                    // The database may be away in a test that takes it away; a test that does not asks for zero.
                    Err(_) => found.failed_reads += 1,
                }
            }
        });
        Self { found, task: task.abort_handle() }
    }

    /// Ends the auditing: an error if any read found the books wrong. How often the books were read.
    pub fn finish(self) -> Result<u64> {
        let found = self.found.lock();
        let (reads, failed) = (found.reads, found.failed_reads);
        ensure!(
            found.violations.is_empty(),
            "M1: {} of {reads} reads were wrong ([sum, under limit, leased, posted]): {:?}",
            found.violations.len(),
            found.violations.iter().take(5).collect::<Vec<_>>()
        );
        ensure!(reads > 0, "the auditor read nothing ({failed} failed reads)");
        Ok(reads)
    }
}

impl Drop for Auditor {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// One read of the books now.
pub async fn audit(reader: &Reader) -> Result<()> {
    let sums = reader.integers(BOOKS).await?;
    ensure!(sums.iter().all(|sum| *sum == 0), "the books are wrong: [sum, under limit, leased, posted] {sums:?}");
    Ok(())
}
