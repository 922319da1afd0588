//! Thoughts of other makers in a caller's own request. Google refuses signatures that are not its own.

use super::{
    encode::{UNSIGNED_CALL, wants_signed_calls},
    sealed,
};
use bytes::Bytes;
use serde::Deserialize as _;
use serde_json::Value;

const FIELDS: [&str; 2] = ["thoughtSignature", "thought_signature"];

/// The body without such thoughts and signatures; as it is where there are none. A model that wants its calls signed is told
/// of the first in a turn that another made it.
pub(super) fn without_foreign(body: Bytes, model: &str) -> Bytes {
    let needle = format!("\"{}", sealed::TAG);
    if memchr::memmem::find(&body, needle.as_bytes()).is_none() {
        return body;
    }
    let mut json = serde_json::Deserializer::from_slice(&body);
    json.disable_recursion_limit();
    let Ok(mut document) = Value::deserialize(&mut json) else { return body };
    let Some(contents) = document.get_mut("contents").and_then(Value::as_array_mut) else { return body };
    let mut removed = false;
    for parts in contents.iter_mut().filter_map(|content| content.get_mut("parts")).filter_map(Value::as_array_mut) {
        let foreign = parts.iter_mut().map(take_foreign).filter(|taken| *taken).count();
        if foreign > 0 {
            removed = true;
            // A thought without a signature is nothing to Google; what a foreign one rode in stays.
            parts.retain(|part| part.get("thought") != Some(&Value::Bool(true)) || is_signed(part));
            if wants_signed_calls(model) {
                stand_in(parts);
            }
        }
    }
    if !removed {
        return body;
    }
    contents.retain(|content| content.get("parts").and_then(Value::as_array).is_none_or(|parts| !parts.is_empty()));
    document.to_string().into()
}

fn stand_in(parts: &mut [Value]) {
    let is_call = |part: &&mut Value| part.get("functionCall").or_else(|| part.get("function_call")).is_some();
    if let Some(Value::Object(call)) = parts.iter_mut().find(is_call)
        && !FIELDS.iter().any(|name| call.contains_key(*name))
    {
        call.insert("thoughtSignature".into(), UNSIGNED_CALL.into());
    }
}

fn is_signed(part: &Value) -> bool {
    FIELDS.iter().any(|name| part.get(name).is_some())
}

/// Takes a foreign signature out of a part, and says whether there was one.
fn take_foreign(part: &mut Value) -> bool {
    let Some(part) = part.as_object_mut() else { return false };
    let mut found = false;
    for name in FIELDS {
        if part.get(name).and_then(Value::as_str).is_some_and(|field| field.starts_with(sealed::TAG)) {
            part.shift_remove(name);
            found = true;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_thoughts_of_other_makers_are_taken_out_and_other_bodies_stay_the_same_bytes() {
        let plain = Bytes::from_static(br#"{ "contents":[{"parts":[{"text":"dHVybnBpa2Uu is a name"}]}]}"#);
        assert_eq!(without_foreign(plain.clone(), "gemini-2.5-pro"), plain);
        let body = br#"{"z":1,"contents":[{"role":"model","parts":[
            {"text":"a","thought":true,"thoughtSignature":"dHVybnBpa2UueA=="},
            {"functionCall":{"name":"f"},"thoughtSignature":"dHVybnBpa2UueA=="},
            {"text":"b","thoughtSignature":"Cp+/"}]},
            {"role":"model","parts":[{"text":"c","thought":true,"thought_signature":"dHVybnBpa2UueA"}]}]}"#;
        let left = without_foreign(Bytes::from_static(body), "gemini-2.5-pro");
        assert_eq!(
            left,
            r#"{"z":1,"contents":[{"role":"model","parts":[{"functionCall":{"name":"f"}},{"text":"b","thoughtSignature":"Cp+/"}]}]}"#
        );
        let left = without_foreign(Bytes::from_static(body), "gemini-3-pro");
        let call = r#"{"functionCall":{"name":"f"},"thoughtSignature":"skip_thought_signature_validator"}"#;
        assert!(String::from_utf8_lossy(&left).contains(call), "{left:?}");
    }
}
