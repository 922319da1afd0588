//! From `generateContent` into the form.

mod answer;
mod config;
mod contents;
mod request;
mod stream;
mod tools;

pub(super) use answer::answer;
pub(super) use request::request;
pub(super) use stream::Decoder;

use crate::form::document::Fields;

/// Protobuf's JSON takes fields in camel case and in snake case; from here on these have the first.
fn respell(fields: &mut Fields, names: &[&str]) {
    for name in names {
        let mut snake = String::with_capacity(name.len() + 2);
        for letter in name.chars() {
            if letter.is_ascii_uppercase() {
                snake.push('_');
            }
            snake.push(letter.to_ascii_lowercase());
        }
        if snake != *name
            && let Some(value) = fields.take(&snake)
        {
            fields.put(name, value);
        }
    }
}
