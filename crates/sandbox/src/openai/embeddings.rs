//! Embeddings: of every text a short vector that depends on the text alone.
//!
//! Shapes: <https://platform.openai.com/docs/api-reference/embeddings> and recorded traffic.

use crate::{
    embeddings::{check_model, check_texts, dimensions, vector},
    fault::Fault,
    vocabulary,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
struct Wire {
    model: String,
    input: Input,
    #[serde(default)]
    encoding_format: Option<String>,
    #[serde(default)]
    dimensions: Option<usize>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Input {
    One(String),
    Many(Vec<String>),
}

/// The answer.
///
/// # Errors
/// [`Fault`], as for a conversation.
pub(crate) fn embeddings(body: &[u8]) -> Result<Value, Fault> {
    let wire: Wire = serde_json::from_slice(body).map_err(|error| Fault::unreadable(&error))?;
    check_model(&wire.model)?;
    let texts = match wire.input {
        Input::One(text) => vec![text],
        Input::Many(texts) => texts,
    };
    check_texts("input", &texts)?;
    let dimensions = dimensions("dimensions", wire.dimensions)?;
    let in_base64 = match wire.encoding_format.as_deref() {
        None | Some("float") => false,
        Some("base64") => true,
        Some(_) => return Err(Fault::at("encoding_format", "'encoding_format' must be float or base64.")),
    };
    let words: u64 = texts.iter().map(|text| vocabulary::count(text)).sum();
    let data: Vec<Value> = texts
        .iter()
        .enumerate()
        .map(|(index, text)| {
            let vector = vector(text, dimensions);
            let embedding = if in_base64 {
                let bytes: Vec<u8> = vector.iter().flat_map(|number| number.to_le_bytes()).collect();
                STANDARD.encode(bytes).into()
            } else {
                json!(vector)
            };
            json!({"object": "embedding", "index": index, "embedding": embedding})
        })
        .collect();
    let usage = json!({"prompt_tokens": words, "total_tokens": words});
    Ok(json!({"object": "list", "data": data, "model": wire.model, "usage": usage}))
}
