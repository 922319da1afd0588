//! From Responses into the form.

mod answer;
mod items;
mod request;
mod stream;
mod tools;

pub(super) use answer::answer;
pub(super) use request::request;
pub(super) use stream::Decoder;
