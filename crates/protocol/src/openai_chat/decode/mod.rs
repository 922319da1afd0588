//! From Chat Completions into the form.

mod answer;
mod content;
mod request;
mod stream;
mod tools;

pub(super) use answer::answer;
pub(super) use request::request;
pub(super) use stream::Decoder;
