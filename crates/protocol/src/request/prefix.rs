//! A request's beginnings, as prompt caches see them: tools, instructions, then one message after the other. Marks that
//! tell a provider where to cache are left out, as clients move them from turn to turn.

use domain::dialect::Dialect;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// A piece of a request, or the end of one of its beginnings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prefix<'a> {
    /// More bytes.
    Part(&'a [u8]),
    /// Here a beginning ends, of so many bytes.
    End(usize),
}

#[derive(Deserialize)]
struct Document<'a> {
    #[serde(borrow, default)]
    tools: Option<&'a RawValue>,
    #[serde(borrow, default)]
    system: Option<&'a RawValue>,
    #[serde(borrow, default)]
    instructions: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "systemInstruction", alias = "system_instruction")]
    system_instruction: Option<&'a RawValue>,
    #[serde(borrow, default)]
    messages: Option<&'a RawValue>,
    #[serde(borrow, default)]
    input: Option<&'a RawValue>,
    #[serde(borrow, default)]
    contents: Option<&'a RawValue>,
}

/// Tells the beginnings of a body; nothing of one that is no conversation.
pub fn prefixes<'a>(dialect: Dialect, body: &'a [u8], mut tell: impl FnMut(Prefix<'_>)) {
    let Ok(document) = serde_json::from_slice::<Document<'a>>(body) else { return };
    let turns = match dialect {
        Dialect::OpenaiChat | Dialect::Anthropic => document.messages,
        Dialect::OpenaiResponses => document.input,
        Dialect::Gemini => document.contents,
        _ => None,
    };
    let Some(turns) = turns else { return };
    let mut so_far = 0;
    let fixed = [document.tools, document.system, document.instructions, document.system_instruction];
    for part in fixed.into_iter().flatten() {
        let part = without_marks(part.get());
        so_far += part.len();
        tell(Prefix::Part(part.as_bytes()));
    }
    if so_far > 0 {
        tell(Prefix::End(so_far));
    }
    // Responses also takes a text for all its input.
    let turns: Vec<&RawValue> = serde_json::from_str(turns.get()).unwrap_or_else(|_| vec![turns]);
    for turn in turns {
        let turn = without_marks(turn.get());
        so_far += turn.len();
        tell(Prefix::Part(turn.as_bytes()));
        tell(Prefix::End(so_far));
    }
}

/// Whether a body holds reasoning that is bound to the account that made it.
pub fn is_signed(body: &[u8]) -> bool {
    const MARKS: [&[u8]; 4] =
        [b"\"signature\"", b"\"encrypted_content\"", b"\"thoughtSignature\"", b"\"thought_signature\""];
    MARKS.iter().any(|mark| memchr::memmem::find(body, mark).is_some())
}

/// Without `"cache_control": {…}` and the comma before it.
fn without_marks(text: &str) -> Cow<'_, str> {
    const MARK: &str = "\"cache_control\"";
    if !text.contains(MARK) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(MARK) {
        let (before, mark) = rest.split_at(at);
        out.push_str(before.trim_end().trim_end_matches(','));
        // A mark is a flat object, or null.
        rest = mark.find(['}', ',']).and_then(|end| mark.get(end..)).unwrap_or_default();
        if mark.trim_start_matches(MARK).trim_start_matches([':', ' ']).starts_with('{') {
            rest = mark.find('}').and_then(|end| mark.get(end + 1..)).unwrap_or_default();
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ends(dialect: Dialect, body: &str) -> Vec<(String, usize)> {
        let (mut text, mut ends) = (String::new(), Vec::new());
        prefixes(dialect, body.as_bytes(), |prefix| match prefix {
            Prefix::Part(bytes) => text.push_str(std::str::from_utf8(bytes).unwrap()),
            Prefix::End(so_far) => ends.push((text.clone(), so_far)),
        });
        ends
    }

    #[test]
    fn instructions_come_before_the_turns_wherever_they_stand() {
        let told = ends(Dialect::Anthropic, r#"{"messages":[{"a":1},{"b":2}],"system":"s","max_tokens":1}"#);
        let whole = r#""s"{"a":1}{"b":2}"#;
        assert_eq!(told, [(whole[..3].into(), 3), (whole[..10].into(), 10), (whole.into(), 17)]);
        assert_eq!(ends(Dialect::OpenaiResponses, r#"{"input":"hi"}"#), [("\"hi\"".into(), 4)]);
        assert_eq!(ends(Dialect::OpenaiEmbeddings, r#"{"input":"hi"}"#), []);
        assert_eq!(ends(Dialect::OpenaiChat, "not json"), []);
    }

    #[test]
    fn cache_marks_change_nothing() {
        let with = r#"{"type":"text","text":"x","cache_control":{"type":"ephemeral"}}"#;
        assert_eq!(without_marks(with), r#"{"type":"text","text":"x"}"#);
        let between = r#"[{"a":1, "cache_control": {"type":"ephemeral","ttl":"1h"},"b":2}]"#;
        assert_eq!(without_marks(between), r#"[{"a":1,"b":2}]"#);
        assert_eq!(without_marks(r#"{"a":1,"cache_control":null}"#), r#"{"a":1}"#);
        assert!(matches!(without_marks("{}"), Cow::Borrowed("{}")));
    }

    #[test]
    fn bound_reasoning_is_seen() {
        assert!(is_signed(br#"{"type":"reasoning","encrypted_content":"x"}"#));
        assert!(!is_signed(br#"{"content":"a \"signature\" in words"}"#));
    }
}
