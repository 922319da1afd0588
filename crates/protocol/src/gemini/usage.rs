//! `usageMetadata`. The prompt's count includes cached tokens, and leaves out what Google's own tools read; the candidates'
//! count leaves thoughts out. Sources: <https://ai.google.dev/api/generate-content#UsageMetadata>,
//! <https://ai.google.dev/gemini-api/docs/thinking#pricing>.

use crate::{
    lenient::{Count, List, Maybe, Text, Tier},
    usage::Report,
};
use serde::Deserialize;

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Wire<'a> {
    prompt_token_count: Count,
    cached_content_token_count: Count,
    candidates_token_count: Count,
    thoughts_token_count: Count,
    tool_use_prompt_token_count: Count,
    traffic_type: Tier,
    service_tier: Tier,
    #[serde(borrow)]
    prompt_tokens_details: List<Part<'a>>,
    #[serde(borrow)]
    cache_tokens_details: List<Part<'a>>,
    #[serde(borrow)]
    candidates_tokens_details: List<Part<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Part<'a> {
    #[serde(borrow)]
    modality: Text<'a>,
    token_count: Count,
}

impl Wire<'_> {
    /// `is_last`: an answer of no tokens leaves its count out.
    pub fn report(&self, is_last: bool) -> Report {
        let of = |parts: &List<Part<'_>>, modality| -> u64 {
            let same = parts.iter().filter(|part| part.modality.word() == modality);
            same.map(|part| part.token_count.or_zero()).sum()
        };
        // What was read from the cache is not fresh input.
        let fresh = |modality| {
            of(&self.prompt_tokens_details, modality).saturating_sub(of(&self.cache_tokens_details, modality))
        };
        let (candidates, thoughts) = (self.candidates_token_count.0, self.thoughts_token_count.0);
        let output = match (candidates, thoughts) {
            (None, None) => (is_last && self.prompt_token_count.0.is_some()).then_some(0),
            _ => Some(candidates.unwrap_or(0).saturating_add(thoughts.unwrap_or(0))),
        };
        let tools = self.tool_use_prompt_token_count.or_zero();
        Report {
            input: self.prompt_token_count.0.map(|prompt| prompt.saturating_add(tools)),
            output,
            cache_read: self.cached_content_token_count.0,
            reasoning: thoughts.unwrap_or(0),
            audio_input: fresh("AUDIO"),
            audio_output: of(&self.candidates_tokens_details, "AUDIO"),
            image_input: fresh("IMAGE"),
            image_output: of(&self.candidates_tokens_details, "IMAGE"),
            service_tier: self.service_tier.0.or(self.traffic_type.0),
            ..Report::default()
        }
    }
}

/// What one answer, or one event of a stream, tells.
pub(super) type Told<'a> = Maybe<Wire<'a>>;
