//! From the form into Responses.

mod answer;
mod items;
mod output;
mod request;
mod stream;

pub(super) use answer::answer;
pub(super) use request::request;
pub(super) use stream::Encoder;
