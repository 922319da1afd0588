//! Message content as OpenAI and Anthropic write it: a string, or a list of typed parts. Only text is read and counted; images,
//! audio and documents weigh nothing here.

use crate::{thought::Returned, vocabulary};
use serde::{
    Deserialize, Deserializer,
    de::{self, SeqAccess, Visitor},
};
use serde_json::value::RawValue;
use std::{borrow::Cow, fmt};

/// A JSON string, borrowed from the body where it holds no escapes.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub(crate) struct Text<'a>(#[serde(borrow)] pub(crate) Cow<'a, str>);

/// The content of a message, of a system prompt or of a tool's result.
#[derive(Debug)]
pub(crate) enum Content<'a> {
    /// One text.
    Text(Cow<'a, str>),
    /// Parts, in order.
    Parts(Vec<Part<'a>>),
}

/// One part, or in Anthropic's words one block.
#[derive(Debug, Deserialize)]
pub(crate) struct Part<'a> {
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    #[serde(borrow, default)]
    text: Option<Text<'a>>,
    /// Of a `thinking` block.
    #[serde(default)]
    thinking: Option<String>,
    #[serde(default)]
    signature: Option<String>,
    /// What a `tool_result` holds. Other blocks have a `content` of other shapes, so it is read only there.
    #[serde(borrow, default)]
    content: Option<&'a RawValue>,
}

impl<'de: 'a, 'a> Deserialize<'de> for Content<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct StringOrParts;
        impl<'de> Visitor<'de> for StringOrParts {
            type Value = Content<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string or a list of content parts")
            }

            fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Content::Text(Cow::Borrowed(text)))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Content::Text(Cow::Owned(text.to_owned())))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Self::Value, A::Error> {
                let mut parts = Vec::new();
                while let Some(part) = sequence.next_element::<Part<'de>>()? {
                    if is_text(&part.kind) && part.text.is_none() {
                        return Err(de::Error::missing_field("text"));
                    }
                    parts.push(part);
                }
                Ok(Content::Parts(parts))
            }
        }
        deserializer.deserialize_any(StringOrParts)
    }
}

impl Content<'_> {
    /// The text outside tool results; several parts are joined by a line break.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Text(text) => text.clone().into_owned(),
            Self::Parts(parts) => {
                let texts: Vec<&str> = parts.iter().filter_map(Part::own_text).collect();
                texts.join("\n")
            }
        }
    }

    /// The text of the tool results in it, joined by a line break; `None` if it holds none.
    ///
    /// # Errors
    /// If a tool result's content is neither a string nor parts.
    pub(crate) fn tool_result(&self) -> Result<Option<String>, serde_json::Error> {
        let Self::Parts(parts) = self else { return Ok(None) };
        let mut results = Vec::new();
        for part in parts.iter().filter(|part| part.kind == "tool_result") {
            results.push(part.result()?.map(|content| content.text()).unwrap_or_default());
        }
        Ok(if results.is_empty() { None } else { Some(results.join("\n")) })
    }

    /// The signed thoughts in it.
    pub(crate) fn thoughts(&self, found: &mut Vec<Returned>) {
        let Self::Parts(parts) = self else { return };
        for part in parts {
            if let Some(signature) = &part.signature {
                found.push(Returned { signature: signature.clone(), text: part.thinking.clone() });
            }
        }
    }

    /// Words of all its text, tool results included.
    ///
    /// # Errors
    /// If a tool result's content is neither a string nor parts.
    pub(crate) fn words(&self) -> Result<u64, serde_json::Error> {
        match self {
            Self::Text(text) => Ok(vocabulary::count(text)),
            Self::Parts(parts) => parts.iter().try_fold(0, |words, part| {
                let inner = part.result()?.map_or(Ok(0), |content| content.words())?;
                Ok(words + inner + part.own_text().map_or(0, vocabulary::count))
            }),
        }
    }
}

/// In Chat's and Messages' words, and in Responses'.
fn is_text(kind: &str) -> bool {
    matches!(kind, "text" | "input_text" | "output_text")
}

impl<'a> Part<'a> {
    fn own_text(&self) -> Option<&str> {
        self.text.as_ref().filter(|_| is_text(&self.kind)).map(|text| text.0.as_ref())
    }

    fn result(&self) -> Result<Option<Content<'a>>, serde_json::Error> {
        match self.content {
            Some(raw) if self.kind == "tool_result" => serde_json::from_str(raw.get()),
            _ => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_text_is_counted_and_only_plain_text_is_said() {
        let json = r#"[{"type":"text","text":"one two"},{"type":"image","source":{"type":"url","url":"a b c"}},
            {"type":"tool_result","tool_use_id":"t","content":[{"type":"text","text":"three"}]},
            {"type":"web_search_tool_result","content":{"type":"error"}},{"type":"text","text":"fo\u0075r"}]"#;
        let content: Content<'_> = serde_json::from_str(json).unwrap();
        assert_eq!(content.text(), "one two\nfour");
        assert_eq!(content.tool_result().unwrap().as_deref(), Some("three"));
        assert_eq!(content.words().unwrap(), 4);
    }

    #[test]
    fn other_shapes_are_refused() {
        for json in ["1", "{}", "[1]", "[{}]", r#"[{"type":"text"}]"#, r#"[{"type":"text","text":5}]"#] {
            assert!(serde_json::from_str::<Content<'_>>(json).is_err(), "{json}");
        }
    }
}
