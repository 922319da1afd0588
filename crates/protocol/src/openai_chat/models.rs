//! Models as OpenAI lists them. Source: <https://platform.openai.com/docs/api-reference/models>.

use serde_json::{Value, json};

pub(super) fn model(name: &str, created: i64) -> Value {
    json!({"id": name, "object": "model", "created": created, "owned_by": "turnpike"})
}

pub(super) fn list(models: Vec<Value>) -> Value {
    json!({"object": "list", "data": models})
}
