//! Wire protocols: bytes in, meaning out, bytes again. No IO, no clock, no async.
//!
//! Callers of this crate name a [`domain::dialect::Dialect`] and get meaning; how a dialect spells it is in that
//! dialect's folder (`request`, `response`, `stream`, `error`), reached through one table (`dialects`) in which a
//! missing cell does not compile. A request to an upstream of its own dialect is forwarded as bytes, and
//! only the spans that must change are spliced; the answer's bytes pass through while a copy is read for its usage. To an
//! upstream of another dialect it goes through the intermediate form (`form`, [`translate`]), and the answer comes back
//! the same way.
//!
//! Limits: request bodies nest at most 128 deep, a stream's event is at most 1 MiB.
#![deny(clippy::float_arithmetic, clippy::indexing_slicing)]

pub mod answer;
pub mod count;
pub mod error;
pub mod models;
pub mod request;
pub mod responses;
pub mod stream;
pub mod translate;
pub mod upstream;

mod anthropic;
mod dialects;
mod embeddings;
mod form;

pub use form::effort::thinks_first;
mod gemini;
mod gemini_embeddings;
mod lenient;
mod ollama;
mod openai_chat;
mod openai_completions;
mod openai_embeddings;
mod openai_media;
mod openai_responses;
mod usage;
