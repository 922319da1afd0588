//! From the form into Chat Completions.

mod answer;
mod messages;
mod request;
mod stream;

pub(super) use answer::answer;
pub(crate) use answer::{finish, usage};
pub(super) use request::request;
pub(super) use stream::Encoder;
