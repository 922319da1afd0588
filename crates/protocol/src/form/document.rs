//! Reads a request's JSON field by field: what is read is taken out, what is left over is told by name. Errors name the
//! field's path, because the caller gets them.

use crate::request::BadRequest;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::{Map, Number, Value};
use std::{borrow::Cow, fmt};

/// A JSON object that is being read.
#[derive(Debug)]
pub(crate) struct Fields {
    path: String,
    all: Map<String, Value>,
}

impl Fields {
    /// Of an object at this place; empty for the whole body.
    pub fn of(path: impl Into<String>, value: Value) -> Result<Self, BadRequest> {
        let path = path.into();
        match value {
            Value::Object(all) => Ok(Self { path, all }),
            _ => Err(wrong(&path, "must be an object")),
        }
    }

    /// A field's path.
    pub fn path(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    /// The field is wrong, and how.
    pub fn wrong(&self, name: &str, what: &str) -> BadRequest {
        wrong(&self.path(name), what)
    }

    /// Any value; null counts as absent.
    pub fn take(&mut self, name: &str) -> Option<Value> {
        self.all.remove(name).filter(|value| !value.is_null())
    }

    /// Puts a field back.
    pub fn put(&mut self, name: &str, value: Value) {
        self.all.insert(name.to_owned(), value);
    }

    /// The first of several spellings that is there.
    pub fn take_any(&mut self, names: &[&str]) -> Option<Value> {
        names.iter().fold(None, |found, name| {
            let value = self.take(name);
            found.or(value)
        })
    }

    /// A text.
    pub fn text(&mut self, name: &str) -> Result<Option<String>, BadRequest> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(self.wrong(name, "must be a string")),
        }
    }

    /// A text that must be there.
    pub fn needed_text(&mut self, name: &str) -> Result<String, BadRequest> {
        self.text(name)?.ok_or_else(|| self.wrong(name, "is missing"))
    }

    /// True or false.
    pub fn switch(&mut self, name: &str) -> Result<Option<bool>, BadRequest> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::Bool(on)) => Ok(Some(on)),
            Some(_) => Err(self.wrong(name, "must be true or false")),
        }
    }

    /// A number.
    pub fn number(&mut self, name: &str) -> Result<Option<Number>, BadRequest> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::Number(number)) => Ok(Some(number)),
            Some(_) => Err(self.wrong(name, "must be a number")),
        }
    }

    /// A whole number.
    pub fn whole(&mut self, name: &str) -> Result<Option<u64>, BadRequest> {
        match self.take(name) {
            None => Ok(None),
            Some(value) => value.as_u64().map(Some).ok_or_else(|| self.wrong(name, "must be a whole number")),
        }
    }

    /// A list, absent counting as an empty one.
    pub fn list(&mut self, name: &str) -> Result<Vec<Value>, BadRequest> {
        match self.take(name) {
            None => Ok(Vec::new()),
            Some(Value::Array(all)) => Ok(all),
            Some(_) => Err(self.wrong(name, "must be an array")),
        }
    }

    /// A list of objects.
    pub fn objects(&mut self, name: &str) -> Result<Vec<Self>, BadRequest> {
        let path = self.path(name);
        let all = self.list(name)?.into_iter().enumerate();
        all.map(|(index, value)| Self::of(format!("{path}[{index}]"), value)).collect()
    }

    /// A list of objects that must hold one at least.
    pub fn some_objects(&mut self, name: &str) -> Result<Vec<Self>, BadRequest> {
        let all = self.objects(name)?;
        if all.is_empty() { Err(self.wrong(name, "must not be empty")) } else { Ok(all) }
    }

    /// A whole number that is not 0.
    pub fn positive(&mut self, name: &str) -> Result<Option<u64>, BadRequest> {
        match self.whole(name)? {
            Some(0) => Err(self.wrong(name, "must be at least 1")),
            number => Ok(number),
        }
    }

    /// An object.
    pub fn object(&mut self, name: &str) -> Result<Option<Self>, BadRequest> {
        let path = self.path(name);
        self.take(name).map(|value| Self::of(path, value)).transpose()
    }

    /// Takes out fields that ask for what happens anyway.
    pub fn drop_defaults<const N: usize>(&mut self, defaults: [(&str, Value); N]) {
        for (name, default) in defaults {
            if let Some(value) = self.take(name)
                && value != default
            {
                self.put(name, value);
            }
        }
    }

    /// One text or a list of them.
    pub fn texts(&mut self, name: &str) -> Result<Vec<String>, BadRequest> {
        let all = match self.take(name) {
            None => return Ok(Vec::new()),
            Some(Value::String(one)) => return Ok(vec![one]),
            Some(Value::Array(all)) => all,
            Some(_) => return Err(self.wrong(name, "must be a string or an array of strings")),
        };
        let text = |value: Value| match value {
            Value::String(text) => Ok(text),
            _ => Err(self.wrong(name, "must be a string or an array of strings")),
        };
        all.into_iter().map(text).collect()
    }

    /// What nobody has taken; nulls say nothing.
    pub fn rest(self) -> Map<String, Value> {
        self.all.into_iter().filter(|(_, value)| !value.is_null()).collect()
    }

    /// The whole object as it is now.
    pub fn into_value(self) -> Value {
        Value::Object(self.all)
    }
}

/// A field is wrong, and how.
pub(crate) fn wrong(path: &str, what: &str) -> BadRequest {
    if path.is_empty() {
        return BadRequest::new(format!("The request's body {what}."));
    }
    BadRequest::new(format!("The field `{path}` {what}."))
}

/// A field's text in an answer; empty where there is none.
pub(crate) fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// A field's items in an answer.
pub(crate) fn items<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// Parses an upstream's document as far as these of its fields go; all of it where none are named.
pub(crate) fn parse_fields(bytes: &[u8], fields: &'static [&'static str]) -> Option<Value> {
    if fields.is_empty() {
        return parse(bytes);
    }
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let read = Only(fields).deserialize(&mut json).and_then(|document| json.end().map(|()| document));
    read.ok().or_else(|| parse(bytes))
}

/// An object, of which only some fields are kept.
struct Only(&'static [&'static str]);

impl<'de> DeserializeSeed<'de> for Only {
    type Value = Value;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Only {
    type Value = Value;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut kept = Map::with_capacity(self.0.len());
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            if self.0.contains(&&*key) {
                kept.insert(key.into_owned(), map.next_value()?);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(Value::Object(kept))
    }
}

/// An object of these fields, at once as large as it will be.
pub(crate) fn object<const N: usize>(fields: [(&str, Value); N]) -> Value {
    let mut object = Map::with_capacity(N);
    object.extend(fields.into_iter().map(|(name, value)| (name.to_owned(), value)));
    Value::Object(object)
}

/// Parses an upstream's document. Half of a surrogate pair, which some servers write at a chunk's end, becomes U+FFFD and
/// spoils nothing else.
pub(crate) fn parse(bytes: &[u8]) -> Option<Value> {
    serde_json::from_slice(bytes).ok().or_else(|| serde_json::from_str(&without_lone_surrogates(bytes)?).ok())
}

fn without_lone_surrogates(bytes: &[u8]) -> Option<String> {
    let mut text = std::str::from_utf8(bytes).ok()?.to_owned();
    // The code unit of an escape at a place, if one stands there.
    let unit = |text: &str, at: usize| {
        let digits = text.get(at..)?.strip_prefix("\\u")?.get(..4)?;
        u16::from_str_radix(digits, 16).ok()
    };
    let mut at = 0;
    while let Some(found) = text.get(at..)?.find('\\') {
        let here = at + found;
        at = match unit(&text, here) {
            Some(0xd800..=0xdbff) if matches!(unit(&text, here + 6), Some(0xdc00..=0xdfff)) => here + 12,
            Some(0xd800..=0xdfff) => {
                text.replace_range(here..here + 6, "\\ufffd");
                here + 6
            }
            Some(_) => here + 6,
            // Another escape: what follows the backslash is part of it.
            None => here + 1 + text.get(here + 1..)?.chars().next().map_or(0, char::len_utf8),
        };
    }
    Some(text)
}

/// A `data:` address with base64, taken apart into type and data.
pub(crate) fn data_url(url: &str) -> Option<(&str, &str)> {
    let (head, data) = url.strip_prefix("data:")?.split_once(',')?;
    let mime = head.strip_suffix(";base64")?;
    let mime = mime.split(';').next().unwrap_or_default();
    Some((if mime.is_empty() { "application/octet-stream" } else { mime }, data))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn errors_name_the_fields_path_and_what_is_left_is_told() {
        let mut body = Fields::of("", json!({"a": [{"b": 1}], "c": null, "d": true, "stop": "x"})).unwrap();
        let mut a = body.objects("a").unwrap();
        assert_eq!(a[0].text("b").unwrap_err().message, "The field `a[0].b` must be a string.");
        assert_eq!(body.texts("stop").unwrap(), ["x"]);
        assert_eq!(Value::from(body.rest()), json!({"d": true}));
    }

    #[test]
    fn half_a_surrogate_pair_spoils_nothing_else() {
        let parsed = parse(br#"{"a": "x\ud83d", "b": "\ud83d\ude00\\ud83d"}"#).unwrap();
        assert_eq!(parsed, json!({"a": "x\u{fffd}", "b": "\u{1f600}\\ud83d"}));
        assert_eq!(parse(b"{"), None);
    }

    #[test]
    fn data_urls_are_taken_apart() {
        assert_eq!(data_url("data:image/png;base64,AA=="), Some(("image/png", "AA==")));
        assert_eq!(data_url("data:text/plain;charset=utf-8;base64,AA"), Some(("text/plain", "AA")));
        assert_eq!(data_url("https://x/y,z"), None);
    }
}
