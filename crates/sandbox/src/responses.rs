//! OpenAI's Responses: the request read, the answer written. Errors and models are Chat's.
//!
//! Shapes: <https://platform.openai.com/docs/api-reference/responses> and recorded traffic. Nothing is kept:
//! `previous_response_id`, `conversation` and `background` are refused by name, as is structured output.

mod answer;
mod request;

pub(crate) use answer::{frames, whole};
pub(crate) use request::parse;
