//! Turnpike's store: the main database (SQLite or PostgreSQL), the journal, the ledger, and secrets at rest.
//!
//! Everything that must survive goes through here. The relay reads from memory ([`domain::ports`]); what changes the
//! database tells it so through rows of `changes`, in the transaction that made the change.

/// Passes a fault point (`faults::Point`) in builds for tests, and is nothing at all in others.
#[cfg(feature = "faults")]
macro_rules! fault {
    ($point:ident) => {
        $crate::faults::Point::$point.pass().await?
    };
    ($point:ident on thread) => {
        $crate::faults::Point::$point.pass_on_thread()?
    };
}
#[cfg(not(feature = "faults"))]
macro_rules! fault {
    ($($point:tt)*) => {};
}

pub mod addresses;
pub mod alerts;
mod attempts;
pub mod audit;
pub mod budgets;
pub mod catalog;
pub mod change;
pub mod channels;
pub mod closing;
pub mod codes;
pub mod db;
pub mod drain;
pub mod error;
pub mod events;
pub mod export;
#[cfg(feature = "faults")]
pub mod faults;
pub mod groups;
pub mod idempotency;
pub mod ids;
pub mod jobs;
pub mod journal;
pub mod keys;
pub mod lease;
pub mod ledger;
pub mod members;
pub mod models;
mod moment;
mod overview;
mod passwords;
pub mod prices;
pub mod reconcile;
pub mod redis;
pub mod responses;
pub mod retention;
pub mod rollups;
pub mod routes;
pub mod seal;
pub mod search;
pub mod sessions;
pub mod setup;
mod sheet;
pub mod sign_in;
pub mod statements;
mod store;
pub mod tenants;
pub mod time;
pub mod tokens;
pub mod topups;
pub mod usage;
pub mod users;
pub mod words;

pub use catalog::MemoryCatalog;
pub use change::{Actor, ActorKind, Announce, Change, NOTHING};
pub use db::{Db, Row, Sql, Tx, Value};
pub use error::{Error, Result};
pub use moment::Moment;
pub use overview::Overview;
pub use seal::Sealer;
pub use store::Store;
pub use words::{Email, Listing, ModelName, Name, Page};
