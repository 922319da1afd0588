//! The `usage` block of Chat Completions, with the spellings of the servers that are like it.
//!
//! `prompt_tokens` and `completion_tokens` include their parts. DeepSeek names the cached part `prompt_cache_hit_tokens`,
//! Mistral `num_cached_tokens`, Qwen and OpenRouter tell cache writes too. xAI leaves reasoning out of
//! `completion_tokens`, which shows in its total.
//! Sources: each provider's API reference; the recordings in `tests/fixtures`.

use crate::{
    lenient::{Count, Maybe},
    usage::Report,
};
use serde::Deserialize;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Wire {
    prompt_tokens: Count,
    completion_tokens: Count,
    total_tokens: Count,
    prompt_tokens_details: Maybe<InputDetails>,
    completion_tokens_details: Maybe<OutputDetails>,
    prompt_cache_hit_tokens: Count,
    prompt_cache_miss_tokens: Count,
    num_cached_tokens: Count,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct InputDetails {
    cached_tokens: Count,
    cache_write_tokens: Count,
    cache_creation_input_tokens: Count,
    cache_creation: Maybe<CacheCreation>,
    audio_tokens: Count,
    image_tokens: Count,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct CacheCreation {
    ephemeral_5m_input_tokens: Count,
    ephemeral_1h_input_tokens: Count,
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
        let input = self.prompt_tokens_details.0.unwrap_or_default();
        let output = self.completion_tokens_details.0.unwrap_or_default();
        let creation = input.cache_creation.0.unwrap_or_default();
        let hit_and_miss = match (self.prompt_cache_hit_tokens.0, self.prompt_cache_miss_tokens.0) {
            (Some(hit), Some(miss)) => Count(Some(hit + miss)),
            _ => Count(None),
        };
        let prompt = self.prompt_tokens.or(hit_and_miss).0;
        let reasoning = output.reasoning_tokens.or_zero();
        let completion = self.completion_tokens.0.map(|completion| {
            let all = prompt.unwrap_or(0) + completion + reasoning;
            let left_out = reasoning > 0 && self.total_tokens.0 == Some(all);
            if left_out { completion + reasoning } else { completion }
        });
        Report {
            input: prompt,
            output: completion,
            cache_read: input.cached_tokens.0.max(self.prompt_cache_hit_tokens.0).max(self.num_cached_tokens.0),
            cache_write: input.cache_write_tokens.or(input.cache_creation_input_tokens).0,
            cache_write_5m: creation.ephemeral_5m_input_tokens.0,
            cache_write_1h: creation.ephemeral_1h_input_tokens.0,
            reasoning,
            audio_input: input.audio_tokens.or_zero(),
            audio_output: output.audio_tokens.or_zero(),
            image_input: input.image_tokens.or_zero(),
            image_output: output.image_tokens.or_zero(),
            ..Report::default()
        }
    }
}
