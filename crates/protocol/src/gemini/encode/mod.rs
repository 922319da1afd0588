//! From the form into `generateContent`.

mod answer;
mod contents;
mod request;
mod schema;
mod stream;
mod thinking;

pub(super) use answer::answer;
pub(super) use contents::{UNSIGNED_CALL, wants_signed_calls};
pub(super) use request::request;
pub(super) use stream::Encoder;
