//! The ledger: accounts and transfers in the main database, and this node's share of it ([`NodeLedger`]).

#![deny(clippy::float_arithmetic)]

pub mod accounts;
pub(crate) mod book;
pub mod changes;
mod config;
mod ends;
pub mod listing;
mod node;
pub mod wallets;

pub use config::LedgerConfig;
pub use node::{Backlog, Balance, Ended, NodeLedger};
