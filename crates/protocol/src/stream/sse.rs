//! Reads the fields of one event. Only `event` and `data` matter here; several `data` lines are one text with line feeds
//! between (WHATWG HTML, "Interpreting an event stream").

use memchr::memchr2;
use std::borrow::Cow;

/// The fields of one event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SseEvent<'a> {
    /// Its `event` field.
    pub name: &'a [u8],
    /// Its `data`; `None` if it has no such line, as a comment has not.
    pub data: Option<Cow<'a, [u8]>>,
}

impl<'a> SseEvent<'a> {
    /// Whether it has data that is neither JSON nor a dialect's `[DONE]`.
    pub fn is_broken(&self) -> bool {
        let data = self.data.as_deref().map(<[u8]>::trim_ascii).filter(|data| !data.is_empty() && *data != b"[DONE]");
        data.is_some_and(|data| serde_json::from_slice::<serde::de::IgnoredAny>(data).is_err())
    }

    /// A document that is a line of its own; a blank line is none.
    pub fn of_line(line: &'a [u8]) -> Self {
        let document = line.trim_ascii();
        Self { name: b"", data: (!document.is_empty()).then_some(Cow::Borrowed(document)) }
    }

    /// Reads an event's bytes and hands its fields to `then`.
    pub fn read<T>(raw: &'a [u8], then: impl FnOnce(&SseEvent<'a>) -> T) -> T {
        then(&Self::parse(raw))
    }

    fn parse(raw: &'a [u8]) -> Self {
        let mut event = Self { name: b"", data: None };
        let mut rest = raw.strip_prefix("\u{feff}".as_bytes()).unwrap_or(raw);
        while !rest.is_empty() {
            let end = memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
            let (line, after) = rest.split_at(end);
            // CRLF leaves an empty line behind, which means nothing inside one event.
            rest = after.get(1..).unwrap_or_default();
            if let Some(value) = field(line, b"data") {
                event.data = Some(match event.data.take() {
                    None => Cow::Borrowed(value),
                    Some(before) => Cow::Owned([&before, &b"\n"[..], value].concat()),
                });
            } else if let Some(value) = field(line, b"event") {
                event.name = value;
            }
        }
        event
    }
}

/// The value of a line, if it is this field: what follows the colon and one space.
fn field<'a>(line: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    match line.strip_prefix(name)? {
        [b':', b' ', value @ ..] | [b':', value @ ..] => Some(value),
        [] => Some(&[]),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_data_lines_are_one_text() {
        let event = SseEvent::parse(b": c\r\nevent: e\r\ndata: {\"a\":\r\ndata:1}\r\nid: 7\r\n\r\n");
        assert_eq!(event.name, b"e");
        assert_eq!(event.data.as_deref(), Some(&b"{\"a\":\n1}"[..]));
        assert_eq!(SseEvent::parse(b": only a comment\n\n").data, None);
        assert_eq!(SseEvent::parse(b"database: 1\n\n").data, None);
    }
}
