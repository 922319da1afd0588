//! What the store promises, on SQLite and on PostgreSQL.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests fail the test")]

#[path = "../support/mod.rs"]
#[macro_use]
mod support;

mod alerts;
mod catalog;
mod channels;
mod databases;
mod idempotency;
mod keys;
mod people;
mod prices;
mod responses;
mod rotation;
mod routing;
mod schedules;
mod search;
mod tenants;
mod watch;
