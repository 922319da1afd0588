//! Thoughts of other makers in a caller's own Responses request. OpenAI cannot read them, and refuses what it cannot read.

use crate::form::signature::TAG;
use bytes::Bytes;
use serde::Deserialize as _;
use serde_json::Value;

/// The body without such items; as it is where there are none.
pub(super) fn without_foreign(body: Bytes) -> Bytes {
    let needle = format!("\"{TAG}");
    if memchr::memmem::find(&body, needle.as_bytes()).is_none() {
        return body;
    }
    let mut json = serde_json::Deserializer::from_slice(&body);
    json.disable_recursion_limit();
    let Ok(mut document) = Value::deserialize(&mut json) else { return body };
    let Some(input) = document.get_mut("input").and_then(Value::as_array_mut) else { return body };
    let before = input.len();
    input.retain(|item| !is_foreign(item));
    if input.len() == before { body } else { document.to_string().into() }
}

fn is_foreign(item: &Value) -> bool {
    let sealed = item.get("encrypted_content").and_then(Value::as_str);
    item.get("type").and_then(Value::as_str) == Some("reasoning")
        && sealed.is_some_and(|sealed| sealed.starts_with(TAG))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_thoughts_of_other_makers_are_taken_out() {
        let body = br#"{"input":[{"type":"reasoning","encrypted_content":"turnpike.anthropic.x"},{"type":"reasoning","encrypted_content":"gAAA"}]}"#;
        let left = without_foreign(Bytes::from_static(body));
        assert_eq!(left, r#"{"input":[{"type":"reasoning","encrypted_content":"gAAA"}]}"#);
        let plain = Bytes::from_static(br#"{"input": "say \"turnpike. is a name\""}"#);
        assert_eq!(without_foreign(plain.clone()), plain);
    }
}
