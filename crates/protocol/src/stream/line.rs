//! JSON in a line of a stream.

use serde_json::Value;
use std::borrow::Cow;

/// What some clients take for the end of a line, though only CR and LF end one in a stream: Google's for JavaScript ends an
/// event at U+2028, and Python's `splitlines` a line at each of them.
const BREAKS: [(char, &str); 3] = [('\u{85}', "\\u0085"), ('\u{2028}', "\\u2028"), ('\u{2029}', "\\u2029")];

/// The document, with such characters escaped: they stand only in its strings.
pub(crate) fn on_a_line(document: &Value) -> String {
    let mut line = Cow::from(document.to_string());
    for (mark, escaped) in BREAKS {
        if line.contains(mark) {
            line = line.replace(mark, escaped).into();
        }
    }
    line.into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn nothing_in_a_line_ends_it_and_its_meaning_stays() {
        let document = json!({"a\u{2028}": "\u{2029}b\u{85}\r\n"});
        let line = on_a_line(&document);
        assert_eq!(line, r#"{"a\u2028":"\u2029b\u0085\r\n"}"#);
        assert_eq!(serde_json::from_str::<Value>(&line).unwrap(), document);
    }
}
