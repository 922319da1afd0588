//! What rules ask about a body. Told by its keys' and types' own words, which no text inside a JSON string can spell: a
//! quote in one is escaped.

use memchr::memmem;

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
