//! The relay: from a caller's bytes to an upstream's and back, governed and charged.
//!
//! Knows traits, not databases or sockets: [`domain::ports`] for keys and money, [`upstream::Upstream`] for the way out,
//! [`clock::Clock`] for the time of day. [`relay::Relay::answer`] is the whole life of a request, read from the top; each
//! step has its own type, so a step cannot be skipped.
#![deny(clippy::indexing_slicing)]

pub mod affinity;
pub mod answer;
pub mod attempt;
pub mod authenticate;
pub mod classes;
pub mod clock;
pub mod config;
mod counting;
pub mod dice;
mod failover;
pub mod frames;
pub mod health;
pub mod held;
mod json_answer;
pub mod limits;
mod meter;
pub mod notices;
mod outgoing;
pub mod overrides;
mod patience;
pub mod plan;
pub mod presence;
mod pump;
pub mod quote;
pub mod received;
mod recorded;
pub mod relay;
mod retries;
pub mod routing;
mod stream_start;
pub mod templates;
pub mod upstream;
mod verdict;
