//! The `usage` block of Responses: totals include their parts. xAI leaves reasoning out of none; OpenRouter tells what was
//! written to a cache.

use crate::{
    lenient::{Count, Maybe},
    usage::Report,
};
use serde::Deserialize;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Wire {
    input_tokens: Count,
    output_tokens: Count,
    input_tokens_details: Maybe<InputDetails>,
    output_tokens_details: Maybe<OutputDetails>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct InputDetails {
    cached_tokens: Count,
    cache_write_tokens: Count,
    audio_tokens: Count,
    image_tokens: Count,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct OutputDetails {
    reasoning_tokens: Count,
    audio_tokens: Count,
    image_tokens: Count,
}

impl Wire {
    pub fn report(self) -> Report {
        let input = self.input_tokens_details.0.unwrap_or_default();
        let output = self.output_tokens_details.0.unwrap_or_default();
        Report {
            input: self.input_tokens.0,
            output: self.output_tokens.0,
            cache_read: input.cached_tokens.0,
            cache_write: input.cache_write_tokens.0,
            reasoning: output.reasoning_tokens.or_zero(),
            audio_input: input.audio_tokens.or_zero(),
            image_input: input.image_tokens.or_zero(),
            audio_output: output.audio_tokens.or_zero(),
            image_output: output.image_tokens.or_zero(),
            ..Report::default()
        }
    }
}
