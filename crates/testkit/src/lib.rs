//! What the tests of a running Turnpike share: scripted upstreams, a node under test, a real PostgreSQL, the outside
//! calculation of a cost, an auditor, load and crash drivers.
//!
//! Everything here stands outside: it knows the contract (HTTP, command line, files, tables named in money.md) and none
//! of Turnpike's crates, so a mistake in one of them cannot hide itself by being in the check too.

pub mod amount;
pub mod answering;
pub mod answers;
pub mod api;
pub mod asked;
pub mod auditor;
pub mod bed;
pub mod chaos;
pub mod crash;
pub mod database;
pub mod epay;
pub mod faults;
pub mod filled;
pub mod front;
pub mod hostile;
pub mod http;
pub mod load;
pub mod mail;
pub mod mix;
pub mod node;
pub mod oracle;
pub mod pages;
pub mod postgres;
pub mod proxies;
pub mod recording;
pub mod redis;
pub mod refused;
pub mod room;
pub mod run;
pub mod secrets;
pub mod signed;
pub mod size;
pub mod slow;
pub mod stripe;
pub mod upstream;
pub mod wait;
pub mod walked;

pub use anyhow::{Context, Error, Result, anyhow, bail, ensure};
pub use serde_json::{Value, json};
