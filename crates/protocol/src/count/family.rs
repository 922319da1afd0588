//! Which vocabulary a model counts with.
//!
//! Claude and Gemini publish none: they are estimated with o200k times a factor on the safe side (Anthropic's tokenizers
//! of 2025 and 2026 give 15 to 35 % more tokens than o200k on English and code; Gemini's about as many).

use domain::usage::UsageSource;

/// A million parts.
const WHOLE: u64 = 1_000_000;

/// How a model's tokens are counted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Family {
    /// The sandbox: a token is a word between white space.
    Words,
    /// With the model's own vocabulary.
    Vocabulary(Vocabulary),
    /// With o200k, times this many millionths.
    Estimated {
        /// Millionths.
        ppm: u32,
    },
}

/// A vocabulary of the build.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Vocabulary {
    /// OpenAI since GPT-4o.
    O200k,
    /// OpenAI's GPT-3.5 and GPT-4.
    Cl100k,
    /// DeepSeek V3 and later.
    Deepseek,
    /// Qwen 2 and later.
    Qwen,
    /// Llama 3 and later.
    Llama,
    /// Mistral.
    Mistral,
}

impl Family {
    /// The family of a model, by its public or upstream name; an owner before a slash does not matter.
    pub fn of(model: &str) -> Self {
        if model.starts_with("sandbox/") {
            return Self::Words;
        }
        let name = model.rsplit('/').next().unwrap_or(model).to_ascii_lowercase();
        let begins = |starts: &[&str]| starts.iter().any(|start| name.starts_with(start));
        if begins(&["gpt-3.5", "gpt-4-", "gpt-4.0"]) || name == "gpt-4" {
            Self::Vocabulary(Vocabulary::Cl100k)
        } else if begins(&["gpt-", "chatgpt-", "o1", "o3", "o4"]) {
            Self::Vocabulary(Vocabulary::O200k)
        } else if begins(&["deepseek"]) {
            Self::Vocabulary(Vocabulary::Deepseek)
        } else if begins(&["qwen", "qwq", "qvq"]) {
            Self::Vocabulary(Vocabulary::Qwen)
        } else if begins(&["llama-3", "llama3", "llama-4", "llama4", "meta-llama-3"]) {
            Self::Vocabulary(Vocabulary::Llama)
        } else if begins(&["mistral", "mixtral", "codestral", "ministral", "magistral", "devstral"]) {
            Self::Vocabulary(Vocabulary::Mistral)
        } else if name.contains("claude") {
            Self::Estimated { ppm: 1_300_000 }
        } else {
            Self::Estimated { ppm: 1_100_000 }
        }
    }

    /// What a count of this family is called.
    pub fn source(&self) -> UsageSource {
        match self {
            Self::Words | Self::Vocabulary(_) => UsageSource::Counted,
            Self::Estimated { .. } => UsageSource::Estimated,
        }
    }

    /// Units of a piece of text, before [`Self::scale`].
    pub(super) fn encode(&self, text: &str) -> u64 {
        match self {
            Self::Words => text.split_whitespace().count() as u64,
            Self::Vocabulary(vocabulary) => vocabulary.count(text),
            Self::Estimated { .. } => Vocabulary::O200k.count(text),
        }
    }

    /// The last place at or after `from` where the text can be cut without changing its count, whatever follows.
    pub(super) fn last_safe_cut(&self, text: &str, from: usize) -> Option<usize> {
        match self {
            Self::Words => text.get(from..)?.rfind(|c: char| c.is_ascii_whitespace()).map(|at| from + at),
            Self::Vocabulary(_) | Self::Estimated { .. } => last_word(text.as_bytes(), from),
        }
    }

    /// Tokens for a sum of units.
    pub(super) fn scale(&self, units: u64) -> u64 {
        match self {
            Self::Words | Self::Vocabulary(_) => units,
            Self::Estimated { ppm } => units.saturating_mul(u64::from(*ppm)).div_ceil(WHOLE),
        }
    }
}

impl Vocabulary {
    fn count(self, text: &str) -> u64 {
        let name = match self {
            Self::O200k => "o200k_base",
            Self::Cl100k => "cl100k_base",
            Self::Deepseek => "deepseek_v3",
            Self::Qwen => "qwen2",
            Self::Llama => "llama3",
            Self::Mistral => "mistral_v3",
        };
        let table = tiktoken::get_encoding(name);
        // A vocabulary is in the build or the tests fail; four bytes a token would be the bound without one.
        table.map_or_else(|| text.len().div_ceil(4) as u64, |table| table.count(text) as u64)
    }
}

/// The last place where a word begins after a single space: before that space every vocabulary's pattern ends a piece,
/// whatever follows and whatever came before, because no piece holds a space after its first character and the only
/// look-ahead is for the end of a run of white space.
fn last_word(text: &[u8], from: usize) -> Option<usize> {
    memchr::memrchr_iter(b' ', text.get(from..)?).map(|at| from + at).find(|at| {
        let before = at.checked_sub(1).and_then(|it| text.get(it)).is_some_and(u8::is_ascii_graphic);
        before && text.get(at + 1).is_some_and(u8::is_ascii_alphanumeric)
    })
}
