//! Google's Gemini API: the request read, the answer and the errors written.
//!
//! Shapes: <https://ai.google.dev/api/generate-content> and recorded traffic. Safety, thinking and sampling parameters are
//! valid and cannot change an answer that is always the same.

mod answer;
mod embeddings;
mod error;
mod request;

pub(crate) use answer::{frames, model, models, whole};
pub(crate) use embeddings::{EmbedPath, embeddings};
pub(crate) use error::refusal;
pub(crate) use request::{InPath, parse};
