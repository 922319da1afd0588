//! One pass over a request's body. Every value is visited by a seed that knows how deep it is, because serde_json's own
//! recursion limit does not hold for ignored values. Fields that decide about money or routing must be there once: with
//! `model` twice, or once as `Model`, two parsers could disagree about what was bought.

use super::{BadRequest, MAX_DEPTH, media::Place};
use domain::price::TierName;
use serde::{
    Deserializer,
    de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::value::RawValue;
use std::{borrow::Cow, cell::Cell, fmt};

/// Where something stands in the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub start: usize,
    pub end: usize,
}

/// A value of a field of the top level.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Scalar {
    /// The field is not there.
    #[default]
    Absent,
    Null,
    Bool(bool),
    Whole(u64),
    /// Negative, fractional, or over 64 bits.
    OddNumber,
    Text,
    List,
    Object,
}

/// What the pass has found.
#[derive(Debug)]
pub(crate) struct Walk<'a> {
    pub body: &'a str,
    pub model: Option<&'a RawValue>,
    pub stream_options: Option<&'a RawValue>,
    pub generation_config: Option<&'a RawValue>,
    pub prompt: Option<&'a RawValue>,
    pub stream: Scalar,
    pub max_tokens: Scalar,
    pub max_completion_tokens: Scalar,
    pub n: Scalar,
    pub best_of: Scalar,
    pub messages: Scalar,
    pub input: Scalar,
    pub contents: Scalar,
    pub content: Scalar,
    pub documents: Scalar,
    pub stream_format: Option<&'a RawValue>,
    pub requests: Option<&'a RawValue>,
    pub service_tier: Option<&'a RawValue>,
    pub max_output_tokens: Scalar,
    pub background: Scalar,
    pub conversation: Scalar,
    pub previous_response_id: Scalar,
    pub referenced_media: u32,
}

/// The fields that may stand only once, in one spelling.
const FIELDS: [&str; 23] = [
    "model",
    "stream",
    "max_tokens",
    "max_completion_tokens",
    "max_output_tokens",
    "n",
    "messages",
    "input",
    "stream_options",
    "background",
    "conversation",
    "previous_response_id",
    "contents",
    "generationConfig",
    "generation_config",
    "prompt",
    "best_of",
    "content",
    "requests",
    "documents",
    "stream_format",
    "service_tier",
    "serviceTier",
];

impl<'a> Walk<'a> {
    /// Walks over the whole body.
    pub fn over(body: &'a [u8]) -> Result<Self, BadRequest> {
        let body = std::str::from_utf8(body).map_err(|_| BadRequest::new("The request's body is not UTF-8."))?;
        let mut json = serde_json::Deserializer::from_str(body);
        json.disable_recursion_limit();
        let mut walk = Self {
            body,
            model: None,
            stream_options: None,
            generation_config: None,
            prompt: None,
            stream: Scalar::Absent,
            max_tokens: Scalar::Absent,
            max_completion_tokens: Scalar::Absent,
            n: Scalar::Absent,
            best_of: Scalar::Absent,
            messages: Scalar::Absent,
            input: Scalar::Absent,
            contents: Scalar::Absent,
            content: Scalar::Absent,
            documents: Scalar::Absent,
            stream_format: None,
            requests: None,
            service_tier: None,
            max_output_tokens: Scalar::Absent,
            background: Scalar::Absent,
            conversation: Scalar::Absent,
            previous_response_id: Scalar::Absent,
            referenced_media: 0,
        };
        let read = Top(&mut walk).deserialize(&mut json).and_then(|()| json.end());
        match read {
            Ok(()) => Ok(walk),
            Err(error) if error.is_data() => {
                Err(BadRequest::new(format!("The request's body cannot be read: {error}.")))
            }
            Err(error) => Err(BadRequest::new(format!("The request's body is not valid JSON: {error}."))),
        }
    }

    /// The service tier that is asked for; what is no name is for the upstream to judge.
    pub fn service_tier(&self) -> Option<TierName> {
        let name = serde_json::from_str::<Cow<'_, str>>(self.service_tier?.get()).ok()?;
        TierName::said(&name)
    }

    /// Where a raw value stands.
    pub fn span(&self, raw: &RawValue) -> Span {
        let start = (raw.get().as_ptr() as usize).saturating_sub(self.body.as_ptr() as usize);
        Span { start, end: start + raw.get().len() }
    }
}

/// The top-level object.
struct Top<'w, 'a>(&'w mut Walk<'a>);

impl<'a> DeserializeSeed<'a> for Top<'_, 'a> {
    type Value = ();
    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'a> Visitor<'a> for Top<'_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<(), A::Error> {
        let walk = self.0;
        let media = Cell::new(0);
        let seed = |place| Seed { place, left: MAX_DEPTH - 1, media: &media };
        let mut seen = [false; FIELDS.len()];
        while let Some(key) = map.next_key_seed(Key)? {
            let known = FIELDS.iter().zip(&mut seen).find(|(name, _)| name.eq_ignore_ascii_case(&key));
            let Some((name, seen)) = known else {
                map.next_value_seed(seed(Place::Anything))?;
                continue;
            };
            if **name != key {
                return Err(A::Error::custom(format_args!("the field `{key}` must be written `{name}`")));
            }
            if std::mem::replace(seen, true) {
                return Err(A::Error::custom(format_args!("the field `{name}` stands twice")));
            }
            match *name {
                "model" => walk.model = Some(map.next_value()?),
                "stream" => walk.stream = map.next_value_seed(seed(Place::Anything))?,
                "max_tokens" => walk.max_tokens = map.next_value_seed(seed(Place::Anything))?,
                "max_completion_tokens" => walk.max_completion_tokens = map.next_value_seed(seed(Place::Anything))?,
                "prompt" => walk.prompt = Some(map.next_value()?),
                "best_of" => walk.best_of = map.next_value_seed(seed(Place::Anything))?,
                "n" => walk.n = map.next_value_seed(seed(Place::Anything))?,
                "messages" => walk.messages = map.next_value_seed(seed(Place::Messages))?,
                "input" => walk.input = map.next_value_seed(seed(Place::Messages))?,
                "content" => walk.content = map.next_value_seed(seed(Place::Message))?,
                "documents" => walk.documents = map.next_value_seed(seed(Place::Anything))?,
                "stream_format" => walk.stream_format = Some(map.next_value()?),
                "requests" => walk.requests = Some(map.next_value()?),
                "contents" => walk.contents = map.next_value_seed(seed(Place::Messages))?,
                "generationConfig" | "generation_config" => {
                    // Two spellings of one field would be two opinions on what may be spent.
                    if walk.generation_config.replace(map.next_value()?).is_some() {
                        return Err(A::Error::custom("the field `generationConfig` stands twice"));
                    }
                }
                "service_tier" | "serviceTier" => {
                    if walk.service_tier.replace(map.next_value()?).is_some() {
                        return Err(A::Error::custom("the field `service_tier` stands twice"));
                    }
                }
                "max_output_tokens" => walk.max_output_tokens = map.next_value_seed(seed(Place::Anything))?,
                "background" => walk.background = map.next_value_seed(seed(Place::Anything))?,
                "conversation" => walk.conversation = map.next_value_seed(seed(Place::Anything))?,
                "previous_response_id" => walk.previous_response_id = map.next_value_seed(seed(Place::Anything))?,
                _ => walk.stream_options = Some(map.next_value()?),
            }
        }
        // A raw value was skipped, not visited: visit it for its depth. (The model must be a string, which has none.)
        let raws = [walk.stream_options, walk.generation_config, walk.prompt, walk.stream_format, walk.service_tier];
        for raw in raws.into_iter().flatten() {
            let mut json = serde_json::Deserializer::from_str(raw.get());
            json.disable_recursion_limit();
            seed(Place::Anything).deserialize(&mut json).map_err(A::Error::custom)?;
        }
        if let Some(raw) = walk.requests {
            let mut json = serde_json::Deserializer::from_str(raw.get());
            json.disable_recursion_limit();
            // Each holds a content, as a message does.
            seed(Place::Content).deserialize(&mut json).map_err(A::Error::custom)?;
        }
        walk.referenced_media = media.get();
        Ok(())
    }
}

/// A key, borrowed if it holds no escapes.
pub(super) struct Key;

impl<'a> DeserializeSeed<'a> for Key {
    type Value = Cow<'a, str>;
    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<Cow<'a, str>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'a> Visitor<'a> for Key {
    type Value = Cow<'a, str>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }
    fn visit_borrowed_str<E>(self, key: &'a str) -> Result<Cow<'a, str>, E> {
        Ok(Cow::Borrowed(key))
    }
    fn visit_str<E>(self, key: &str) -> Result<Cow<'a, str>, E> {
        Ok(Cow::Owned(key.to_owned()))
    }
}

/// Any value at some place, with the levels that may still be nested in it.
#[derive(Clone, Copy)]
pub(super) struct Seed<'m> {
    pub place: Place,
    pub left: u16,
    pub media: &'m Cell<u32>,
}

impl Seed<'_> {
    fn inside<E: Error>(self) -> Result<Self, E> {
        match self.left.checked_sub(1) {
            Some(left) => Ok(Self { left, ..self }),
            None => Err(E::custom(format_args!("it is nested deeper than {MAX_DEPTH} levels"))),
        }
    }

    fn refers(self, yes: bool) {
        self.media.set(self.media.get().saturating_add(u32::from(yes)));
    }
}

impl<'a> DeserializeSeed<'a> for Seed<'_> {
    type Value = Scalar;
    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<Scalar, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'a> Visitor<'a> for Seed<'_> {
    type Value = Scalar;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Scalar, E> {
        Ok(Scalar::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Scalar, E> {
        Ok(Scalar::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Scalar, E> {
        Ok(Scalar::Whole(value))
    }

    fn visit_i64<E>(self, _negative: i64) -> Result<Scalar, E> {
        Ok(Scalar::OddNumber)
    }

    fn visit_f64<E>(self, _value: f64) -> Result<Scalar, E> {
        Ok(Scalar::OddNumber)
    }

    fn visit_str<E>(self, text: &str) -> Result<Scalar, E> {
        self.refers(self.place.is_reference(text));
        Ok(Scalar::Text)
    }

    fn visit_seq<A: SeqAccess<'a>>(self, mut seq: A) -> Result<Scalar, A::Error> {
        let inside = Self { place: self.place.item(), ..self.inside()? };
        while seq.next_element_seed(inside)?.is_some() {}
        Ok(Scalar::List)
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<Scalar, A::Error> {
        let inside = self.inside()?;
        if self.place == Place::Anything {
            while map.next_key::<IgnoredAny>()?.is_some() {
                map.next_value_seed(inside)?;
            }
            return Ok(Scalar::Object);
        }
        while let Some(key) = map.next_key_seed(Key)? {
            map.next_value_seed(Self { place: self.place.field(&key), ..inside })?;
        }
        Ok(Scalar::Object)
    }
}
