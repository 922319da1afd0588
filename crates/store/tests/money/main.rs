//! Money: the journal, leases, the drain and the books, on SQLite and on PostgreSQL.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests fail the test")]
#![expect(clippy::print_stdout, reason = "measurements, and seeds of failing runs")]

#[path = "../support/mod.rs"]
#[macro_use]
mod support;

mod attempts;
mod bed;
mod books;
mod budgets;
mod crowd;
mod export;
mod faults;
mod journal;
mod lost;
mod model;
mod outage;
mod payments;
mod rate;
mod recovery;
mod retention;
mod rollups;
mod statements;
mod usage;
mod windows;
