//! Embeddings: of every text a short vector that depends on the text alone.
//!
//! Shapes: <https://platform.openai.com/docs/api-reference/embeddings> and recorded traffic.

use crate::{fault::Fault, model::Model, vocabulary};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Deserialize;
use serde_json::{Value, json};
use std::hash::Hasher;

/// Numbers in a vector, unless the request says otherwise.
const DIMENSIONS: usize = 16;
/// What OpenAI's largest model gives.
const MAX_DIMENSIONS: usize = 3_072;
/// Texts one request may hold.
const MAX_INPUTS: usize = 2_048;

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
    match Model::parse(&wire.model) {
        None => return Err(Fault::UnknownModel(wire.model)),
        Some(Model::Fail(status)) => {
            return Err(Fault::AskedFor(http::StatusCode::from_u16(status).unwrap_or(http::StatusCode::BAD_REQUEST)));
        }
        Some(_) => {}
    }
    let texts = match wire.input {
        Input::One(text) => vec![text],
        Input::Many(texts) => texts,
    };
    if texts.is_empty() || texts.len() > MAX_INPUTS || texts.iter().any(String::is_empty) {
        return Err(Fault::at("input", format!("'input' must be 1 to {MAX_INPUTS} texts, none of them empty.")));
    }
    let dimensions = wire.dimensions.unwrap_or(DIMENSIONS);
    if dimensions == 0 || dimensions > MAX_DIMENSIONS {
        return Err(Fault::at("dimensions", format!("'dimensions' must be from 1 to {MAX_DIMENSIONS}.")));
    }
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

/// Numbers from -1 to 1 in steps of a 128th, which every float holds exactly.
fn vector(text: &str, dimensions: usize) -> Vec<f32> {
    let number = |place: usize| {
        // Its keys are fixed, so equal texts have equal vectors in every process.
        #[expect(deprecated, reason = "the only std hasher that promises its algorithm")]
        let mut hasher = std::hash::SipHasher::new();
        hasher.write(text.as_bytes());
        hasher.write_usize(place);
        let step = i8::from_le_bytes([hasher.finish().to_le_bytes()[0]]);
        f32::from(step) / 128.0
    };
    (0..dimensions).map(number).collect()
}
