//! Of every text a short vector that depends on the text alone.

use crate::{fault::Fault, model::Model};
use std::hash::Hasher;

/// Numbers in a vector, unless the request says otherwise.
const DIMENSIONS: usize = 16;
/// What OpenAI's largest model gives.
const MAX_DIMENSIONS: usize = 3_072;
/// Texts one request may hold.
const MAX_INPUTS: usize = 2_048;

/// That the model is there and does not fail on purpose.
pub(crate) fn check_model(name: &str) -> Result<(), Fault> {
    match Model::parse(name) {
        None => Err(Fault::UnknownModel(name.to_owned())),
        Some(Model::Fail(status)) => {
            Err(Fault::AskedFor(http::StatusCode::from_u16(status).unwrap_or(http::StatusCode::BAD_REQUEST)))
        }
        Some(_) => Ok(()),
    }
}

/// That there are texts, and not too many.
pub(crate) fn check_texts(field: &'static str, texts: &[String]) -> Result<(), Fault> {
    if texts.is_empty() || texts.len() > MAX_INPUTS || texts.iter().any(String::is_empty) {
        return Err(Fault::at(field, format!("'{field}' must be 1 to {MAX_INPUTS} texts, none of them empty.")));
    }
    Ok(())
}

/// How many numbers a vector is to have.
pub(crate) fn dimensions(field: &'static str, asked: Option<usize>) -> Result<usize, Fault> {
    match asked.unwrap_or(DIMENSIONS) {
        dimensions @ 1..=MAX_DIMENSIONS => Ok(dimensions),
        _ => Err(Fault::at(field, format!("'{field}' must be from 1 to {MAX_DIMENSIONS}."))),
    }
}

/// Numbers from -1 to 1 in steps of a 128th, which every float holds exactly.
pub(crate) fn vector(text: &str, dimensions: usize) -> Vec<f32> {
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
