//! Pieces of an upstream's JSON, read without ever failing on their type: a provider that writes a list where a text is
//! usual, or `null` where a number is, must not cost us the rest of the event. Only broken syntax is an error.

use domain::price::TierName;
use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer},
};
use serde_json::value::RawValue;
use std::{borrow::Cow, fmt, marker::PhantomData};

/// Counts above this are nonsense, not tokens.
const MAX_COUNT: u64 = 1 << 50;

/// Visitor methods that take a value of an unexpected type as nothing.
macro_rules! nothing_from {
    ($($what:ident)*) => { $(nothing_from!(@ $what);)* };
    (@ bool) => { fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> { Ok(Default::default()) } };
    (@ numbers) => {
        fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> { Ok(Default::default()) }
        fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> { Ok(Default::default()) }
        fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> { Ok(Default::default()) }
    };
    (@ text) => { fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> { Ok(Default::default()) } };
    (@ null) => { fn visit_unit<E>(self) -> Result<Self::Value, E> { Ok(Default::default()) } };
    (@ list) => {
        fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
            while seq.next_element::<IgnoredAny>()?.is_some() {}
            Ok(Default::default())
        }
    };
    (@ object) => {
        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            Ok(Default::default())
        }
    };
}

/// A count of something: a whole number that is not absurd, else nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Count(pub Option<u64>);

impl Count {
    pub fn or_zero(self) -> u64 {
        self.0.unwrap_or(0)
    }

    pub fn or(self, other: Self) -> Self {
        Self(self.0.or(other.0))
    }
}

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Count;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a count")
            }
            fn visit_u64<E>(self, value: u64) -> Result<Count, E> {
                Ok(Count((value <= MAX_COUNT).then_some(value)))
            }
            fn visit_i64<E>(self, _negative: i64) -> Result<Count, E> {
                Ok(Count(None))
            }
            fn visit_f64<E>(self, value: f64) -> Result<Count, E> {
                // Some servers write counts as `12.0`; the cast saturates, and the range was checked.
                let whole = value.fract() == 0.0 && (0.0..1e15).contains(&value);
                Ok(Count(whole.then_some(value as u64)))
            }
            nothing_from! { bool text null list object }
        }
        deserializer.deserialize_any(Reader)
    }
}

/// A text, in whatever shape it comes: a string, or a list of parts that hold strings. Kept as it stands in the document
/// until somebody wants it: whether it is there costs nothing, and half of a surrogate pair, which some servers write at
/// a chunk's end, spoils neither the event nor the answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Text<'a>(&'a str);

impl<'a> Text<'a> {
    /// Whether nothing was said.
    pub fn is_empty(self) -> bool {
        matches!(self.0, "" | "\"\"" | "null" | "[]")
    }

    /// A word of a vocabulary, which is never escaped.
    pub fn word(self) -> &'a str {
        self.0.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or("")
    }

    /// Adds the text to others.
    pub fn add_to(self, all: &mut String) {
        match self.0.as_bytes().first() {
            Some(b'"') if memchr::memchr(b'\\', self.0.as_bytes()).is_none() => all.push_str(self.word()),
            Some(b'"') => {
                if let Ok(Unescaped(bytes)) = serde_json::from_str(self.0) {
                    all.push_str(&String::from_utf8_lossy(&bytes));
                }
            }
            Some(b'[' | b'{') => {
                if let Ok(Parts(text)) = serde_json::from_str(self.0) {
                    all.push_str(&text);
                }
            }
            _ => {}
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <&RawValue>::deserialize(deserializer).map(|raw| Text(raw.get()))
    }
}

/// A service tier's name, where one is told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tier(pub Option<TierName>);

impl<'de> Deserialize<'de> for Tier {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Text::deserialize(deserializer).map(|text| Self(TierName::said(text.word())))
    }
}

/// A string's bytes; half a surrogate pair is left as it is.
struct Unescaped<'a>(Cow<'a, [u8]>);

impl<'de: 'a, 'a> Deserialize<'de> for Unescaped<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader<'a>(PhantomData<&'a ()>);
        impl<'de: 'a, 'a> Visitor<'de> for Reader<'a> {
            type Value = Unescaped<'a>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }
            fn visit_borrowed_bytes<E>(self, bytes: &'de [u8]) -> Result<Unescaped<'a>, E> {
                Ok(Unescaped(Cow::Borrowed(bytes)))
            }
            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Unescaped<'a>, E> {
                Ok(Unescaped(Cow::Owned(bytes.to_owned())))
            }
        }
        deserializer.deserialize_bytes(Reader(PhantomData))
    }
}

/// The strings of a list of parts, or of one part.
#[derive(Default)]
struct Parts(String);

impl<'de> Deserialize<'de> for Parts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Parts;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text")
            }
            fn visit_str<E>(self, text: &str) -> Result<Parts, E> {
                Ok(Parts(text.to_owned()))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Parts, A::Error> {
                let mut all = String::new();
                while let Some(Parts(part)) = seq.next_element()? {
                    all.push_str(&part);
                }
                Ok(Parts(all))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Parts, A::Error> {
                let mut all = String::new();
                while let Some(key) = map.next_key::<Cow<'de, str>>()? {
                    if matches!(&*key, "text" | "thinking" | "content" | "transcript") {
                        all.push_str(&map.next_value::<Parts>()?.0);
                    } else {
                        map.next_value::<IgnoredAny>()?;
                    }
                }
                Ok(Parts(all))
            }
            nothing_from! { bool numbers null }
        }
        deserializer.deserialize_any(Reader)
    }
}

/// An object, or nothing where something else stands.
#[derive(Debug, Clone)]
pub(crate) struct Maybe<T>(pub Option<T>);

impl<T> Default for Maybe<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Maybe<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Reader<T> {
            type Value = Maybe<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Maybe<T>, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(|it| Maybe(Some(it)))
            }
            nothing_from! { bool numbers text null list }
        }
        deserializer.deserialize_any(Reader(PhantomData))
    }
}

/// A list of objects, or an empty one where something else stands; `None` if there was no list at all.
#[derive(Debug, Clone)]
pub(crate) struct List<T>(pub Option<Vec<T>>);

impl<T> Default for List<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> List<T> {
    pub fn iter(&self) -> std::slice::Iter<'_, T> {
        self.0.as_deref().unwrap_or_default().iter()
    }

    pub fn is_empty(&self) -> bool {
        self.0.as_ref().is_none_or(Vec::is_empty)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Reader<T> {
            type Value = List<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<List<T>, A::Error> {
                let mut all = Vec::new();
                while let Some(item) = seq.next_element::<Maybe<T>>()? {
                    all.extend(item.0);
                }
                Ok(List(Some(all)))
            }
            nothing_from! { bool numbers text null object }
        }
        deserializer.deserialize_any(Reader(PhantomData))
    }
}

/// Parses one JSON document whose pieces are lenient; `None` if it is no JSON of that outline.
pub(crate) fn parse<'a, T: Deserialize<'a>>(json: &'a [u8]) -> Option<T> {
    serde_json::from_slice(json).ok()
}
