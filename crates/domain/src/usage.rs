//! Counted units of one request, per kind.

use serde::{Deserialize, Serialize};

/// What a request used. Totals hold their parts: `input` includes audio and image input but no cache tokens; `output`
/// includes reasoning, audio and image output.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Input tokens that were neither read from nor written to a cache.
    pub input: u64,
    /// Input tokens read from the provider's prompt cache.
    pub cache_read: u64,
    /// Input tokens written to the cache for five minutes.
    pub cache_write_5m: u64,
    /// Input tokens written to the cache for an hour.
    pub cache_write_1h: u64,
    /// All output tokens.
    pub output: u64,
    /// Output tokens spent on reasoning.
    pub reasoning: u64,
    /// Input tokens that were audio.
    pub audio_input: u64,
    /// Output tokens that were audio.
    pub audio_output: u64,
    /// Input tokens that were images, where the provider counts them apart.
    pub image_input: u64,
    /// Output tokens that were images.
    pub image_output: u64,
    /// Web searches made by the provider.
    pub web_searches: u64,
}

/// A part was larger than its total: a defect of a provider or of our reading of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a part of the usage exceeds its total")]
pub struct PartsExceedTotal;

impl Usage {
    /// All cache writes.
    pub fn cache_write(&self) -> u64 {
        self.cache_write_5m.saturating_add(self.cache_write_1h)
    }

    /// Input of every kind: what context tiers go by.
    pub fn all_input(&self) -> u64 {
        self.input.saturating_add(self.cache_read).saturating_add(self.cache_write())
    }

    /// Every kind's larger count: how cumulative reports in one stream are merged.
    pub fn merge_max(self, later: Self) -> Self {
        Self {
            input: self.input.max(later.input),
            cache_read: self.cache_read.max(later.cache_read),
            cache_write_5m: self.cache_write_5m.max(later.cache_write_5m),
            cache_write_1h: self.cache_write_1h.max(later.cache_write_1h),
            output: self.output.max(later.output),
            reasoning: self.reasoning.max(later.reasoning),
            audio_input: self.audio_input.max(later.audio_input),
            audio_output: self.audio_output.max(later.audio_output),
            image_input: self.image_input.max(later.image_input),
            image_output: self.image_output.max(later.image_output),
            web_searches: self.web_searches.max(later.web_searches),
        }
    }

    /// Input and output, cached input among it.
    pub fn total_tokens(&self) -> u64 {
        self.all_input().saturating_add(self.output)
    }

    /// Whether parts stay within their totals.
    ///
    /// # Errors
    /// [`PartsExceedTotal`] where they do not.
    pub fn check(&self) -> Result<(), PartsExceedTotal> {
        let input_parts = self.audio_input.saturating_add(self.image_input);
        let output_parts = self.reasoning.saturating_add(self.audio_output).saturating_add(self.image_output);
        if input_parts > self.input || output_parts > self.output { Err(PartsExceedTotal) } else { Ok(()) }
    }

    /// The usage with parts cut down to their totals, so that nothing is ever charged twice or negatively.
    pub fn clamped(mut self) -> Self {
        self.audio_input = self.audio_input.min(self.input);
        self.image_input = self.image_input.min(self.input - self.audio_input);
        self.reasoning = self.reasoning.min(self.output);
        self.audio_output = self.audio_output.min(self.output - self.reasoning);
        self.image_output = self.image_output.min(self.output - self.reasoning - self.audio_output);
        self
    }

    /// Whether nothing was counted.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Where a count came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UsageSource {
    /// The provider said so.
    Reported,
    /// Counted here with the model family's own vocabulary.
    Counted,
    /// Counted with another vocabulary or by a bound, times a factor.
    Estimated,
    /// The last count before a crash.
    Checkpoint,
}

impl UsageSource {
    /// The word in databases, CSV and API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reported => "reported",
            Self::Counted => "counted",
            Self::Estimated => "estimated",
            Self::Checkpoint => "checkpoint",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_over_their_total_are_found_and_cut() {
        let odd = Usage {
            input: 5,
            audio_input: 4,
            image_input: 4,
            output: 3,
            reasoning: 2,
            audio_output: 9,
            ..Usage::default()
        };
        assert_eq!(odd.check(), Err(PartsExceedTotal));
        let cut = odd.clamped();
        assert_eq!(cut.check(), Ok(()));
        assert_eq!((cut.audio_input, cut.image_input, cut.reasoning, cut.audio_output), (4, 1, 2, 1));
    }

    #[test]
    fn cumulative_reports_merge_by_the_larger_never_by_the_sum() {
        let first = Usage { input: 10, output: 1, ..Usage::default() };
        let last = Usage { input: 10, output: 7, ..Usage::default() };
        assert_eq!(first.merge_max(last), last);
    }
}
