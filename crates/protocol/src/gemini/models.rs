//! Models as Google lists them. Source: <https://ai.google.dev/api/models>.

use serde_json::{Value, json};

pub(super) fn model(name: &str, _created: i64) -> Value {
    json!({
        "name": format!("models/{name}"),
        "baseModelId": name,
        "version": "001",
        "displayName": name,
        "supportedGenerationMethods": ["generateContent", "streamGenerateContent", "countTokens"],
    })
}

pub(super) fn list(models: Vec<Value>) -> Value {
    json!({ "models": models })
}
