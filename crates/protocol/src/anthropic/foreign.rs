//! Thoughts of other makers in a caller's own Messages request. A caller keeps what it was told, and sends it to Claude
//! when its next turn is served there; Claude refuses thoughts that it has not signed.

use crate::form::signature::TAG;
use bytes::Bytes;
use serde::Deserialize as _;
use serde_json::Value;

/// The body without such thoughts; as it is where there are none.
pub(super) fn without_foreign(body: Bytes) -> Bytes {
    let needle = format!("\"{TAG}");
    if memchr::memmem::find(&body, needle.as_bytes()).is_none() {
        return body;
    }
    let mut json = serde_json::Deserializer::from_slice(&body);
    json.disable_recursion_limit();
    let Ok(mut document) = Value::deserialize(&mut json) else { return body };
    let Some(messages) = document.get_mut("messages").and_then(Value::as_array_mut) else { return body };
    let mut removed = false;
    for content in messages.iter_mut().filter_map(|message| message.get_mut("content")).filter_map(Value::as_array_mut)
    {
        let before = content.len();
        content.retain(|block| !is_foreign(block));
        removed |= content.len() < before;
    }
    if !removed {
        return body;
    }
    messages
        .retain(|message| message.get("content").and_then(Value::as_array).is_none_or(|content| !content.is_empty()));
    document.to_string().into()
}

fn is_foreign(block: &Value) -> bool {
    let is_thought = block.get("type").and_then(Value::as_str) == Some("thinking");
    is_thought && block.get("signature").and_then(Value::as_str).is_some_and(|signature| signature.starts_with(TAG))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_thoughts_of_other_makers_are_taken_out_and_other_bodies_stay_the_same_bytes() {
        let plain = Bytes::from_static(br#"{ "messages":[{"role":"user","content":"\"turnpike. is a name"}]}"#);
        assert_eq!(without_foreign(plain.clone()), plain);
        let body = br#"{"z":1,"messages":[{"role":"assistant","content":[
            {"type":"thinking","thinking":"a","signature":"turnpike.openai.x"},
            {"type":"thinking","thinking":"b","signature":"EqQ"},{"type":"text","text":"c"}]},
            {"role":"assistant","content":[{"type":"thinking","thinking":"d","signature":"turnpike.unsigned"}]}]}"#;
        let left = without_foreign(Bytes::from_static(body));
        assert_eq!(
            left,
            r#"{"z":1,"messages":[{"role":"assistant","content":[{"type":"thinking","thinking":"b","signature":"EqQ"},{"type":"text","text":"c"}]}]}"#
        );
    }
}
