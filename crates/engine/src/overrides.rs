//! What a channel's operator puts in place of what callers send: headers, and fields of the top level of JSON bodies.

use bytes::Bytes;
use domain::channel::Overrides;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, value::RawValue};
use std::collections::BTreeMap;

/// Changes headers.
pub fn headers(overrides: &Overrides<String>, headers: &mut HeaderMap) {
    for name in &overrides.remove {
        headers.remove(name.as_str());
    }
    let header = |name: &String, value: &String| {
        Some((HeaderName::try_from(name.as_str()).ok()?, HeaderValue::try_from(value.as_str()).ok()?))
    };
    for (name, value) in overrides.set.iter().filter_map(|(name, value)| header(name, value)) {
        headers.insert(name, value);
    }
    for (name, value) in overrides.default.iter().filter_map(|(name, value)| header(name, value)) {
        headers.entry(name).or_insert(value);
    }
}

/// Changes a body; one that is no JSON object stays as it is. Values that are not named keep their bytes.
pub fn params(overrides: &Overrides<Value>, body: Bytes) -> Bytes {
    if overrides.is_empty() {
        return body;
    }
    let Ok(mut fields) = serde_json::from_slice::<BTreeMap<String, Box<RawValue>>>(&body) else { return body };
    for name in &overrides.remove {
        fields.remove(name);
    }
    for (name, value) in &overrides.set {
        if let Ok(raw) = serde_json::value::to_raw_value(value) {
            fields.insert(name.clone(), raw);
        }
    }
    for (name, value) in &overrides.default {
        if let Ok(raw) = serde_json::value::to_raw_value(value) {
            fields.entry(name.clone()).or_insert(raw);
        }
    }
    serde_json::to_vec(&fields).map_or(body, Bytes::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_set_defaulted_and_removed_and_the_rest_keeps_its_bytes() {
        let overrides: Overrides<Value> =
            serde_json::from_str(r#"{"set":{"a":1},"default":{"b":2,"c":{"d":3}},"remove":["user"]}"#).unwrap();
        let body = Bytes::from_static(br#"{"user":"u","big":123456789012345678901234567890,"b":9}"#);
        let changed = params(&overrides, body);
        assert_eq!(changed, r#"{"a":1,"b":9,"big":123456789012345678901234567890,"c":{"d":3}}"#);
        assert_eq!(params(&overrides, "not json".into()), "not json");
    }

    #[test]
    fn headers_are_set_defaulted_and_removed() {
        let overrides: Overrides<String> =
            serde_json::from_str(r#"{"set":{"x-a":"1"},"default":{"x-b":"2","x-c":"3"},"remove":["x-d"]}"#).unwrap();
        let mut map = HeaderMap::new();
        for (name, value) in [("x-a", "0"), ("x-b", "9"), ("x-d", "9")] {
            map.insert(name, HeaderValue::from_static(value));
        }
        headers(&overrides, &mut map);
        let told: BTreeMap<&str, &str> = map.iter().map(|(n, v)| (n.as_str(), v.to_str().unwrap())).collect();
        assert_eq!(told, [("x-a", "1"), ("x-b", "9"), ("x-c", "3")].into());
    }
}
