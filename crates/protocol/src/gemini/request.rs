//! A request. Source: <https://ai.google.dev/api/generate-content>.

use crate::request::{BadRequest, InPath, MAX_OUTPUT_TOKENS, RequestHead, Scalar, Span, Walk};
use serde::Deserialize;
use serde_json::Value;

/// Answers one request may ask for. <https://ai.google.dev/api/generate-content#generationconfig>
const MAX_CANDIDATES: u64 = 8;

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Config {
    #[serde(alias = "max_output_tokens")]
    max_output_tokens: Option<Value>,
    #[serde(alias = "candidate_count")]
    candidate_count: Option<Value>,
}

pub(super) fn read(walk: Walk<'_>, in_path: Option<&InPath>) -> Result<RequestHead, BadRequest> {
    let Some(in_path) = in_path else {
        return Err(BadRequest::new("The path names no model."));
    };
    match walk.contents {
        Scalar::List | Scalar::Object | Scalar::Text => {}
        Scalar::Absent => return Err(BadRequest::new("The field `contents` is missing.")),
        _ => return Err(BadRequest::new("The field `contents` must be an array.")),
    }
    let config = match walk.generation_config.map(|raw| serde_json::from_str::<Option<Config>>(raw.get())) {
        None => Config::default(),
        Some(Ok(config)) => config.unwrap_or_default(),
        Some(Err(error)) => {
            return Err(BadRequest::new(format!("The field `generationConfig` cannot be read: {error}.")));
        }
    };
    let max_output = whole("maxOutputTokens", config.max_output_tokens, MAX_OUTPUT_TOKENS)?;
    let choices = whole("candidateCount", config.candidate_count, MAX_CANDIDATES)?.unwrap_or(1).max(1);
    Ok(RequestHead {
        model: in_path.model.clone(),
        stream: in_path.stream,
        max_output,
        // A stream of this dialect always tells its usage.
        include_usage: true,
        choices: u32::try_from(choices).unwrap_or(u32::MAX),
        referenced_media: walk.referenced_media,
        // The name in the path is not the body's.
        model_span: Span { start: 0, end: 0 },
        model_in_body: false,
        input_bound: None,
        service_tier: walk.service_tier(),
        is_form: false,
        ask_usage: None,
    })
}

/// A whole number, which protobuf's JSON also takes as a text.
fn whole(name: &str, value: Option<Value>, most: u64) -> Result<Option<u64>, BadRequest> {
    let Some(value) = value.filter(|value| !value.is_null()) else { return Ok(None) };
    let number = value.as_u64().or_else(|| value.as_str()?.parse().ok());
    let number = number.filter(|number| *number <= most);
    let wrong = || format!("The field `generationConfig.{name}` must be a whole number from 0 to {most}.");
    number.map(Some).ok_or_else(|| BadRequest::new(wrong()))
}
