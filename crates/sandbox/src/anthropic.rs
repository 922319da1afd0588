//! Anthropic Messages: the request read, the answer and the errors written.
//!
//! Shapes: <https://docs.claude.com/en/api/messages> and recorded traffic. Sampling, thinking and caching parameters are
//! valid and cannot change an answer that is always the same: the sandbox neither thinks nor caches.

mod answer;
mod error;
mod request;

pub(crate) use answer::{frames, model, models, whole};
pub(crate) use error::refusal;
pub(crate) use request::parse;
