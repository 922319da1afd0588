//! From the form into Messages.

mod answer;
mod messages;
mod request;
mod stream;
mod thinking;

pub(super) use answer::answer;
pub(super) use request::request;
pub(super) use stream::Encoder;
