//! What embeddings are asked for, whatever the dialect, and vectors on their way back.

use crate::{
    form::{loss::Losses, target::Target},
    request::BadRequest,
    stream::Fault,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use domain::usage::Usage;
use serde_json::{Map, Value};

/// From a dialect of embeddings to this form, and from the form to it.
pub(crate) struct EmbeddingCells {
    /// Reads a request. Its depth is known to be bounded.
    pub decode_request: fn(Value) -> Result<Wanted, BadRequest>,
    /// Writes a request for an upstream.
    pub encode_request: fn(&Wanted, &Target<'_>, &mut Losses) -> Result<Value, BadRequest>,
    /// Reads an answer.
    pub decode_answer: fn(&Value) -> Result<Vectors, Fault>,
    /// Writes an answer for a caller who named this model and may want its vectors in base64.
    pub encode_answer: fn(Vectors, &Usage, &str, bool) -> Value,
}

impl std::fmt::Debug for EmbeddingCells {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EmbeddingCells").finish_non_exhaustive()
    }
}

/// A request for vectors.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Wanted {
    /// A vector each.
    pub texts: Vec<String>,
    /// Numbers in each vector, if that is said.
    pub dimensions: Option<u64>,
    /// Whether they are to come as base64 of 32-bit floats, little-endian.
    pub in_base64: bool,
    /// What this form has no place for.
    pub rest: Map<String, Value>,
}

/// A vector a text, in their order: each a list of numbers.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Vectors(pub Vec<Vec<Value>>);

/// Numbers as base64 of 32-bit floats, little-endian.
pub(crate) fn to_base64(vector: &[Value]) -> String {
    #[expect(clippy::cast_possible_truncation, reason = "that is the format")]
    let bytes = |number: &Value| (number.as_f64().unwrap_or_default() as f32).to_le_bytes();
    STANDARD.encode(vector.iter().flat_map(bytes).collect::<Vec<_>>())
}

/// The numbers of base64 of 32-bit floats, little-endian.
pub(crate) fn from_base64(text: &str) -> Option<Vec<Value>> {
    let bytes = STANDARD.decode(text).ok()?;
    let (numbers, []) = bytes.as_chunks::<4>() else { return None };
    Some(numbers.iter().map(|bytes| f64::from(f32::from_le_bytes(*bytes)).into()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_survive_base64_and_half_a_number_is_none() {
        let numbers = vec![json!(0.5), json!(-0.125), json!(0.0)];
        assert_eq!(from_base64(&to_base64(&numbers)), Some(numbers));
        assert_eq!(from_base64("AAAA"), None, "three bytes");
        assert_eq!(from_base64("?"), None);
    }
}
