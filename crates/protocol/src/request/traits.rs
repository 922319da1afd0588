//! What rules ask about a body. Told by its keys' and types' own words, which no text inside a JSON string can spell: a
//! quote in one is escaped.

use memchr::{memchr_iter, memmem};

/// A string of so many bytes of nothing but base64 is data: a picture, sound, a document.
const DATA: usize = 4 << 10;
/// So many of its bytes are looked at.
const LOOKED_AT: usize = 512;

/// Whether any tool is given.
pub fn gives_tools(body: &[u8]) -> bool {
    [&b"\"tools\""[..], b"\"functions\""].iter().any(|key| {
        memmem::find_iter(body, key).any(|at| {
            let after = body.get(at + key.len()..).unwrap_or_default();
            let mut rest = after.iter().filter(|byte| !byte.is_ascii_whitespace());
            let list = rest.next() == Some(&b':') && rest.next() == Some(&b'[');
            list && rest.next().is_some_and(|first| *first != b']')
        })
    })
}

/// Whether any picture is shown.
pub fn shows_images(body: &[u8]) -> bool {
    const WORDS: [&[u8]; 6] =
        [b"\"image_url\"", b"\"input_image\"", b"\"image\"", b"\"inlineData\"", b"\"inline_data\"", b"\"images\""];
    WORDS.iter().any(|word| memmem::find(body, word).is_some())
}

/// Bytes of data inlined in the body, and in how many pieces: what they cost in tokens has little to do with their length.
pub fn inlined_data(body: &[u8]) -> (usize, usize) {
    if body.len() < DATA {
        return (0, 0);
    }
    let (mut bytes, mut pieces, mut from) = (0, 0, 0);
    for quote in memchr_iter(b'"', body) {
        let piece = body.get(from..quote).unwrap_or_default();
        if piece.len() >= DATA && piece.iter().take(LOOKED_AT).all(|byte| is_of_data(*byte)) {
            (bytes, pieces) = (bytes + piece.len(), pieces + 1);
        }
        from = quote + 1;
    }
    (bytes, pieces)
}

/// Of base64, a `data:` URL's beginning, or a slash that JSON has escaped.
fn is_of_data(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"+/=-_:;,.\\".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tools_are_seen_where_any_is_given() {
        assert!(gives_tools(br#"{"tools": [ {"type":"function"}]}"#));
        assert!(!gives_tools(br#"{"tools":[],"messages":[{"content":"say \"tools\":[1]"}]}"#));
        assert!(!gives_tools(br#"{"messages":["tools"]}"#));
    }

    #[test]
    fn inlined_data_is_told_from_prose_in_any_script() {
        let data = "iVBORw0KGgo/+AAA".repeat(1_000);
        let url = format!("data:image/png;base64,{data}");
        let body = format!(r#"{{"a":[{{"text":"say \"hi\""}},{{"url":"{url}"}},{{"data":"{data}"}}]}}"#);
        assert_eq!(inlined_data(body.as_bytes()), (url.len() + data.len(), 2));
        for prose in ["two words ".repeat(1_000), "日本語".repeat(1_000), "short".into()] {
            assert_eq!(inlined_data(format!(r#"{{"text":"{prose}"}}"#).as_bytes()), (0, 0));
        }
    }

    #[test]
    fn pictures_are_seen_in_every_dialect() {
        for body in [
            r#"[{"type":"image_url","image_url":{"url":"https://x"}}]"#,
            r#"[{"type":"input_image"}]"#,
            r#"[{"type":"image","source":{}}]"#,
            r#"[{"inlineData":{}}]"#,
        ] {
            assert!(shows_images(body.as_bytes()), "{body}");
        }
        assert!(!shows_images(br#"{"content":"an \"image\" of it"}"#));
    }
}
