//! What providers report as usage, kept as they count it, merged, and only then turned into [`Usage`].
//!
//! Reports of one stream are cumulative, so they are merged by the larger value and never added. Merging happens on the
//! provider's own counts: an early report without cache details and a later one with them must not bill the cached part
//! twice, which would happen if each were converted first.

use domain::{price::TierName, usage::Usage};

/// Whether a dialect's input count includes what was read from and written to the cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum InputCount {
    /// OpenAI: `prompt_tokens` is everything.
    IncludesCache,
    /// Anthropic: `input_tokens` is what was neither read from nor written to the cache.
    ExcludesCache,
}

/// Counts as one provider reports them. `None`: not said.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Report {
    pub input: Option<u64>,
    pub output: Option<u64>,
    pub cache_read: Option<u64>,
    /// All cache writes, where they are told as one number.
    pub cache_write: Option<u64>,
    /// Cache writes by lifetime, where they are told apart. A stream may tell them apart first and as one number later.
    pub cache_write_5m: Option<u64>,
    pub cache_write_1h: Option<u64>,
    pub reasoning: u64,
    pub audio_input: u64,
    pub audio_output: u64,
    pub image_input: u64,
    pub image_output: u64,
    pub web_searches: u64,
    /// The tier that served it.
    pub service_tier: Option<TierName>,
}

impl Report {
    fn says_cache(&self) -> bool {
        let parts = [self.cache_read, self.cache_write, self.cache_write_5m, self.cache_write_1h];
        parts.iter().any(Option::is_some)
    }

    /// Cache writes of five minutes and of an hour; what is not told apart is of five minutes.
    fn writes(&self) -> (u64, u64) {
        let one_hour = self.cache_write_1h.unwrap_or(0);
        let rest = self.cache_write.unwrap_or(0).saturating_sub(one_hour);
        (self.cache_write_5m.unwrap_or(0).max(rest), one_hour)
    }

    fn cached(&self) -> u64 {
        let (five_minutes, one_hour) = self.writes();
        self.cache_read.unwrap_or(0).saturating_add(five_minutes).saturating_add(one_hour)
    }

    /// Merges a later report of the same answer.
    pub fn merge(self, later: Self, counts: InputCount) -> Self {
        let mut merged = Self {
            input: self.input.max(later.input),
            output: self.output.max(later.output),
            cache_read: self.cache_read.max(later.cache_read),
            cache_write: self.cache_write.max(later.cache_write),
            cache_write_5m: self.cache_write_5m.max(later.cache_write_5m),
            cache_write_1h: self.cache_write_1h.max(later.cache_write_1h),
            reasoning: self.reasoning.max(later.reasoning),
            audio_input: self.audio_input.max(later.audio_input),
            audio_output: self.audio_output.max(later.audio_output),
            image_input: self.image_input.max(later.image_input),
            image_output: self.image_output.max(later.image_output),
            web_searches: self.web_searches.max(later.web_searches),
            service_tier: later.service_tier.or(self.service_tier),
        };
        // A complete later report of at least as much input has only moved tokens between fresh and cached.
        let all = |it: &Self| it.input.unwrap_or(0).saturating_add(it.cached());
        if counts == InputCount::ExcludesCache
            && later.input.is_some()
            && later.says_cache()
            && all(&later) >= all(&self)
        {
            merged.input = later.input;
            merged.cache_read = later.cache_read;
        }
        merged
    }

    /// Whether both sides were said, and not as nothing at all: a provider that fills the block with zeros says nothing.
    pub fn is_complete(&self) -> bool {
        match (self.input, self.output) {
            (Some(input), Some(output)) => input.saturating_add(output).saturating_add(self.cached()) > 0,
            _ => false,
        }
    }

    /// The usage, with its parts cut down to their totals, and whether that was needed.
    pub fn usage(&self, counts: InputCount) -> (Usage, bool) {
        let said = self.input.unwrap_or(0);
        let output = self.output.unwrap_or(0);
        let (five_minutes, one_hour) = self.writes();
        let mut cache_read = self.cache_read.unwrap_or(0);
        let (mut cache_write_5m, mut cache_write_1h, mut input) = (five_minutes, one_hour, said);
        if counts == InputCount::IncludesCache {
            for part in [&mut cache_read, &mut cache_write_5m, &mut cache_write_1h] {
                *part = (*part).min(input);
                input -= *part;
            }
        }
        let cache_exceeds = counts == InputCount::IncludesCache && self.cached() > said;
        let input_parts = self.audio_input.saturating_add(self.image_input);
        let output_parts = self.reasoning.saturating_add(self.audio_output).saturating_add(self.image_output);
        let usage = Usage {
            input,
            cache_read,
            cache_write_5m,
            cache_write_1h,
            output,
            reasoning: self.reasoning,
            audio_input: self.audio_input,
            audio_output: self.audio_output,
            image_input: self.image_input,
            image_output: self.image_output,
            web_searches: self.web_searches,
        };
        (usage.clamped(), cache_exceeds || input_parts > said || output_parts > output)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_later_report_with_cache_details_does_not_bill_the_cached_part_twice() {
        let early = Report { input: Some(100), output: Some(1), ..Report::default() };
        let late = Report { input: Some(100), output: Some(5), cache_read: Some(90), ..Report::default() };
        let (usage, violation) = early.merge(late, InputCount::IncludesCache).usage(InputCount::IncludesCache);
        assert_eq!((usage.input, usage.cache_read, usage.output, violation), (10, 90, 5, false));
        let late = Report { input: Some(10), cache_read: Some(90), ..late };
        let (usage, _) = early.merge(late, InputCount::ExcludesCache).usage(InputCount::ExcludesCache);
        assert_eq!((usage.input, usage.cache_read), (10, 90));
    }

    #[test]
    fn a_later_report_of_zeros_takes_nothing_away() {
        let early = Report { input: Some(43), cache_read: Some(7), output: Some(1), ..Report::default() };
        let late = Report { input: Some(0), cache_read: Some(0), output: Some(9), ..Report::default() };
        let (usage, _) = early.merge(late, InputCount::ExcludesCache).usage(InputCount::ExcludesCache);
        assert_eq!((usage.input, usage.cache_read, usage.output), (43, 7, 9));
    }

    #[test]
    fn parts_over_their_total_are_cut_and_told() {
        let odd = Report { input: Some(5), cache_read: Some(9), output: Some(3), reasoning: 8, ..Report::default() };
        let (usage, violation) = odd.usage(InputCount::IncludesCache);
        assert_eq!((usage.input, usage.cache_read, usage.output, usage.reasoning, violation), (0, 5, 3, 3, true));
        assert_eq!(usage.check(), Ok(()));
    }

    #[test]
    fn cache_writes_told_apart_first_and_as_one_number_later_stay_apart() {
        let first = Report {
            input: Some(3),
            cache_write: Some(3_269),
            cache_write_5m: Some(10),
            cache_write_1h: Some(3_259),
            ..Report::default()
        };
        let last = Report {
            input: Some(3),
            cache_read: Some(0),
            cache_write: Some(3_269),
            output: Some(6),
            ..Report::default()
        };
        let (usage, _) = first.merge(last, InputCount::ExcludesCache).usage(InputCount::ExcludesCache);
        assert_eq!((usage.cache_write_5m, usage.cache_write_1h), (10, 3_259));
    }

    #[test]
    fn a_block_of_zeros_or_half_a_block_is_no_report() {
        assert!(!Report { input: Some(0), output: Some(0), ..Report::default() }.is_complete());
        assert!(!Report { input: Some(5), ..Report::default() }.is_complete());
        assert!(Report { input: Some(5), output: Some(0), ..Report::default() }.is_complete());
    }
}
