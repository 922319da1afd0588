//! `embedContent` and `batchEmbedContents`. Shapes: <https://ai.google.dev/api/embeddings>.

use crate::{
    embeddings::{check_model, check_texts, dimensions, vector},
    fault::Fault,
    vocabulary,
};
use serde::Deserialize;
use serde_json::{Value, json};

/// `…/models/{model}:{method}`, of one content or of several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EmbedPath {
    model: String,
    several: bool,
}

impl EmbedPath {
    /// Of a path, if it asks for vectors.
    pub(crate) fn of(path: &str) -> Option<Self> {
        let rest = path.strip_prefix("/v1beta/models/").or_else(|| path.strip_prefix("/v1/models/"))?;
        let (model, method) = rest.rsplit_once(':')?;
        let several = match method {
            "embedContent" => false,
            "batchEmbedContents" => true,
            _ => return None,
        };
        Some(Self { model: model.replace("%2F", "/").replace("%2f", "/"), several })
    }
}

#[derive(Deserialize)]
struct Several {
    requests: Vec<One>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct One {
    #[serde(default)]
    model: Option<String>,
    content: Content,
    #[serde(default, alias = "output_dimensionality")]
    output_dimensionality: Option<usize>,
}

#[derive(Deserialize)]
struct Content {
    parts: Vec<Part>,
}

#[derive(Deserialize)]
struct Part {
    text: String,
}

/// The answer.
///
/// # Errors
/// [`Fault`], as for a conversation.
pub(crate) fn embeddings(path: &EmbedPath, body: &[u8]) -> Result<Value, Fault> {
    check_model(&path.model)?;
    let unreadable = |error: serde_json::Error| Fault::unreadable(&error);
    let all = if path.several {
        serde_json::from_slice::<Several>(body).map_err(unreadable)?.requests
    } else {
        vec![serde_json::from_slice::<One>(body).map_err(unreadable)?]
    };
    let named = |one: &One| one.model.as_ref().is_none_or(|model| model.trim_start_matches("models/") == path.model);
    if !all.iter().all(named) {
        return Err(Fault::at("model", "'model' must be the model in the path."));
    }
    let text = |one: &One| one.content.parts.iter().map(|part| part.text.as_str()).collect::<Vec<_>>().join("\n");
    let texts: Vec<String> = all.iter().map(text).collect();
    check_texts("content", &texts)?;
    let words: u64 = texts.iter().map(|text| vocabulary::count(text)).sum();
    let mut vectors = Vec::new();
    for (one, text) in all.iter().zip(&texts) {
        let dimensions = dimensions("outputDimensionality", one.output_dimensionality)?;
        vectors.push(json!({"values": vector(text, dimensions)}));
    }
    let usage = json!({"promptTokenCount": words, "totalTokenCount": words});
    Ok(match vectors.pop() {
        Some(only) if !path.several => json!({"embedding": only, "usageMetadata": usage}),
        last => {
            vectors.extend(last);
            json!({"embeddings": vectors, "usageMetadata": usage})
        }
    })
}
