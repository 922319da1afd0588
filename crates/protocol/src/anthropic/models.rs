//! Models as Anthropic lists them. Source: <https://docs.anthropic.com/en/api/models-list>.

use crate::error::times::rfc3339;
use serde_json::{Value, json};

pub(super) fn model(name: &str, created: i64) -> Value {
    json!({"type": "model", "id": name, "display_name": name, "created_at": rfc3339(created), "lifecycle": "active" })
}

pub(super) fn list(models: Vec<Value>) -> Value {
    let id = |model: Option<&Value>| model.and_then(|it| it.get("id")).cloned();
    json!({"first_id": id(models.first()), "last_id": id(models.last()), "has_more": false, "data": models})
}
