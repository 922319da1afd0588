//! `GET /v1/models` in the caller's shape.

use crate::dialects::cells;
use bytes::Bytes;
use domain::dialect::{Dialect, Provider};
use serde_json::Value;

/// The list of these models, each with its time of creation in Unix seconds.
pub fn list(dialect: Dialect, models: &[(String, i64)]) -> Bytes {
    let cells = cells(dialect);
    let all = models.iter().map(|(name, created)| (cells.model)(name, *created)).collect();
    Bytes::from((cells.model_list)(all).to_string())
}

/// One model.
pub fn one(dialect: Dialect, (name, created): &(String, i64)) -> Bytes {
    Bytes::from((cells(dialect).model)(name, *created).to_string())
}

/// The most names that are read from an upstream's list.
const MOST: usize = 5_000;

/// Where a provider lists its models, if it does: an address that is asked with GET.
pub fn list_address(provider: Provider, base_url: &str) -> Option<String> {
    match provider {
        Provider::Anthropic => Some(format!("{base_url}/v1/models?limit=1000")),
        Provider::Gemini => Some(format!("{base_url}/v1beta/models?pageSize=1000")),
        Provider::Ollama => Some(format!("{base_url}/api/tags")),
        // Azure lists what an account has deployed elsewhere, and Google's publishers are many.
        Provider::AzureOpenai | Provider::Vertex => None,
        _ => Some(format!("{base_url}/models")),
    }
}

/// The names in an upstream's list, in alphabetical order: `data[].id` of most, `models[].name` of Google's and Ollama's.
pub fn read_list(body: &[u8]) -> Option<Vec<String>> {
    let document: Value = serde_json::from_slice(body).ok()?;
    let list = document.get("data").or_else(|| document.get("models"))?.as_array()?;
    let name = |one: &Value| {
        let name = one.get("id").or_else(|| one.get("name"))?.as_str()?;
        Some(name.strip_prefix("models/").unwrap_or(name).to_owned())
    };
    let mut names: Vec<String> = list.iter().filter_map(name).take(MOST).collect();
    names.sort_unstable();
    names.dedup();
    Some(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_every_provider_are_read() {
        let names = |body: &str| read_list(body.as_bytes());
        assert_eq!(
            names(r#"{"object":"list","data":[{"id":"b"},{"id":"a"},{"id":"a"}]}"#),
            Some(vec!["a".into(), "b".into()])
        );
        assert_eq!(names(r#"{"models":[{"name":"models/gemini-2.5-pro"}]}"#), Some(vec!["gemini-2.5-pro".into()]));
        assert_eq!(names(r#"{"models":[{"name":"llama3:8b","model":"llama3:8b"}]}"#), Some(vec!["llama3:8b".into()]));
        assert_eq!(names(r#"{"error":{}}"#), None);
        assert_eq!(names("<html>"), None);
    }
}
