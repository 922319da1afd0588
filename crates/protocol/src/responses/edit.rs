//! What an answer says of its own state, in the relay's words instead of the upstream's.

use crate::stream::{SseEvent, on_a_line};
use bytes::Bytes;
use serde_json::{Map, Value};

/// What an answer says of its own state.
#[derive(Debug, Clone, Copy)]
pub struct Told<'a> {
    /// Its id.
    pub id: &'a str,
    /// The response it went on from.
    pub previous: Option<&'a str>,
    /// Whether it is kept.
    pub kept: bool,
}

impl Told<'_> {
    fn put(self, response: &mut Map<String, Value>) {
        response.insert("id".to_owned(), self.id.into());
        response.insert("previous_response_id".to_owned(), self.previous.into());
        response.insert("store".to_owned(), self.kept.into());
    }
}

/// A whole answer; `None` where it is none.
pub fn edit_answer(body: &[u8], told: Told<'_>) -> Option<Value> {
    let mut answer: Value = serde_json::from_slice(body).ok()?;
    let fields = answer.as_object_mut()?;
    if fields.get("object").and_then(Value::as_str) != Some("response") {
        return None;
    }
    told.put(fields);
    Some(answer)
}

/// An event of a stream, and the response in it; `None` where it holds none and stays as it is.
pub fn edit_event(raw: &[u8], told: Told<'_>) -> Option<(Bytes, Value)> {
    // Of the many events only a few hold a response; a text that does is escaped.
    memchr::memmem::find(raw, b"\"response\"")?;
    SseEvent::read(raw, |event| {
        let mut document: Value = serde_json::from_slice(event.data.as_deref()?).ok()?;
        let response = document.get_mut("response")?;
        told.put(response.as_object_mut()?);
        let response = response.clone();
        let name = match event.name {
            [] => String::new(),
            name => format!("event: {}\n", String::from_utf8_lossy(name)),
        };
        Some((format!("{name}data: {}\n\n", on_a_line(&document)).into(), response))
    })
}
