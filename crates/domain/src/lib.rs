//! The words of Turnpike as types: ids, money, prices, usage, secrets, and the ports between the relay and its store.
//!
//! No IO, no clock, no async runtime, no floating point; compiles to wasm. Every other crate speaks in these types.
#![deny(clippy::float_arithmetic, clippy::indexing_slicing)]

pub mod begun_id;
pub mod budget;
pub mod channel;
pub mod dialect;
pub mod event;
pub mod exchange;
pub mod histogram;
pub mod ids;
pub mod key;
pub mod limits;
pub mod money;
pub mod ports;
pub mod price;
pub mod record;
pub mod refusal;
pub mod role;
pub mod route;
pub mod secret;
pub mod usage;
pub mod views;
