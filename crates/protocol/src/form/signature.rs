//! Opaque parts that a model's maker wants back unchanged: Anthropic's signatures and redacted thinking, OpenAI's
//! encrypted reasoning, Gemini's thought signatures.
//!
//! A caller keeps them for us between turns. In a caller's dialect of another family they are tagged with their maker, and
//! only their maker ever gets them back: a signature of one family is an error at another.

/// Whose model made it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Maker {
    Anthropic,
    Openai,
    Google,
}

/// An opaque part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Signature {
    pub maker: Maker,
    pub data: String,
    /// It stands for thinking that may not be read (Anthropic's `redacted_thinking`).
    pub redacted: bool,
}

/// What begins a tagged signature. No provider's signature does: they are base64, which has no dot.
pub(crate) const TAG: &str = "turnpike.";
/// What parts a call's id from the signature that rides in it.
const IN_ID: &str = "__sig_";

const MAKERS: [(Maker, &str); 3] =
    [(Maker::Anthropic, "anthropic"), (Maker::Openai, "openai"), (Maker::Google, "google")];

impl Signature {
    /// Of a maker.
    pub fn new(maker: Maker, data: impl Into<String>) -> Self {
        Self { maker, data: data.into(), redacted: false }
    }

    /// For a field where `of`'s signatures stand: its own as they are, others tagged.
    pub fn in_field_of(&self, of: Maker) -> String {
        if self.maker == of && !self.redacted {
            return self.data.clone();
        }
        let name = MAKERS.iter().find(|(maker, _)| *maker == self.maker).map_or("", |(_, name)| name);
        let redacted = if self.redacted { "redacted." } else { "" };
        format!("{TAG}{name}.{redacted}{}", self.data)
    }

    /// From a field where `of`'s signatures stand. `None` for an empty one: it means nothing, and sent on it is refused.
    pub fn from_field_of(of: Maker, field: &str) -> Option<Self> {
        let Some(tagged) = field.strip_prefix(TAG) else {
            return (!field.is_empty()).then(|| Self::new(of, field));
        };
        let (name, data) = tagged.split_once('.')?;
        let maker = MAKERS.iter().find(|(_, known)| *known == name)?.0;
        let (redacted, data) = data.strip_prefix("redacted.").map_or((false, data), |data| (true, data));
        (!data.is_empty()).then(|| Self { maker, data: data.to_owned(), redacted })
    }

    /// A call's id that carries this signature: letters, digits, `_` and `-` only, as every dialect allows. `None` if the
    /// signature is not base64.
    pub fn in_id(&self, id: &str) -> Option<String> {
        let safe = |c: char| match c {
            '+' => Some('-'),
            '/' => Some('_'),
            c if c.is_ascii_alphanumeric() => Some(c),
            _ => None,
        };
        let bare = self.data.trim_end_matches('=');
        let data: String = bare.chars().map(safe).collect::<Option<_>>()?;
        Some(format!("{id}{IN_ID}{data}"))
    }

    /// The bare id of a call and the signature that rides in it.
    pub fn from_id(id: &str) -> (&str, Option<Self>) {
        let Some((bare, data)) = id.split_once(IN_ID) else { return (id, None) };
        let mut data: String = data
            .chars()
            .map(|c| {
                if c == '-' {
                    '+'
                } else if c == '_' {
                    '/'
                } else {
                    c
                }
            })
            .collect();
        while !data.len().is_multiple_of(4) {
            data.push('=');
        }
        (bare, Some(Self::new(Maker::Google, data)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_makers_own_stays_as_it_is_and_a_foreign_one_comes_back_to_its_maker() {
        let own = Signature::new(Maker::Anthropic, "EqQB+/==");
        assert_eq!(own.in_field_of(Maker::Anthropic), "EqQB+/==");
        for redacted in [false, true] {
            let it = Signature { redacted, ..Signature::new(Maker::Openai, "gAAAAA") };
            let field = it.in_field_of(Maker::Anthropic);
            assert_eq!(Signature::from_field_of(Maker::Anthropic, &field), Some(it.clone()));
            assert_eq!(Signature::from_field_of(Maker::Google, &field), Some(it));
        }
    }

    #[test]
    fn an_empty_or_broken_signature_is_none() {
        for field in ["", "turnpike.", "turnpike.openai.", "turnpike.nobody.x"] {
            assert_eq!(Signature::from_field_of(Maker::Anthropic, field), None, "{field}");
        }
    }

    #[test]
    fn a_signature_rides_in_an_id_and_comes_back_whole() {
        for data in ["CpUB+a/b0w==", "CpUB", "Cp+/", "CpUBx0=="] {
            let it = Signature::new(Maker::Google, data);
            let id = it.in_id("call_1").unwrap();
            assert!(id.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-'), "{id}");
            assert_eq!(Signature::from_id(&id), ("call_1", Some(it)));
        }
        assert_eq!(Signature::from_id("toolu_01"), ("toolu_01", None));
        assert_eq!(Signature::new(Maker::Google, "not base64!").in_id("c"), None);
    }
}
