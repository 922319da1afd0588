//! OpenAI Chat Completions: the request read, the answer and the errors written.
//!
//! Shapes: <https://platform.openai.com/docs/api-reference/chat> and recorded traffic. What the sandbox cannot do (several
//! choices, log probabilities, structured output) it refuses by name; sampling and reasoning parameters are valid and
//! cannot change an answer that is always the same.

mod answer;
pub(crate) mod completions;
mod embeddings;
mod error;
mod forms;
mod media;
mod request;

pub(crate) use answer::{frames, model, models, whole};
pub(crate) use embeddings::embeddings;
pub(crate) use error::refusal;
pub(crate) use forms::Form;
pub(crate) use media::Media;
pub(crate) use request::parse;
