//! How hard a model is to think: words at OpenAI, a budget of tokens at Anthropic and Gemini.
//!
//! One table between both. A budget reads as the largest word that it pays for in full, so that word → budget → word is
//! the same word.

/// The smallest budget Anthropic takes. <https://docs.anthropic.com/en/docs/build-with-claude/extended-thinking>
pub(crate) const MIN_BUDGET: u64 = 1_024;

/// What is wished of the model's thinking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Thinking {
    pub amount: Amount,
    /// Whether the thoughts, or a summary of them, are to be told; `None`: as the provider likes.
    pub told: Option<bool>,
}

/// How much.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Amount {
    /// Not at all.
    Off,
    /// As the model sees fit.
    Adaptive,
    Effort(Effort),
    /// At most so many tokens.
    Budget(u64),
}

/// A word for an effort, ascending.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Effort {
    Minimal,
    Low,
    Medium,
    High,
    XHigh,
    Max,
}

/// Words and what each is worth in tokens.
const TABLE: [(Effort, &str, u64); 6] = [
    (Effort::Minimal, "minimal", 1_024),
    (Effort::Low, "low", 2_048),
    (Effort::Medium, "medium", 8_192),
    (Effort::High, "high", 16_384),
    (Effort::XHigh, "xhigh", 32_768),
    (Effort::Max, "max", 65_536),
];

impl Effort {
    /// The effort of a word.
    pub fn of(word: &str) -> Option<Self> {
        TABLE.iter().find(|(_, name, _)| *name == word).map(|(effort, ..)| *effort)
    }

    /// Its word.
    pub fn as_str(self) -> &'static str {
        TABLE.iter().find(|(effort, ..)| *effort == self).map_or("medium", |(_, name, _)| name)
    }

    /// What it is worth.
    pub fn budget(self) -> u64 {
        TABLE.iter().find(|(effort, ..)| *effort == self).map_or(MIN_BUDGET, |(.., budget)| *budget)
    }

    /// What a budget is called.
    pub fn of_budget(budget: u64) -> Self {
        TABLE.iter().rev().find(|(.., worth)| *worth <= budget).map_or(Self::Minimal, |(effort, ..)| *effort)
    }
}

impl Amount {
    /// As a word; `None`: off, or the model's own choice.
    pub fn effort(self) -> Option<Effort> {
        match self {
            Self::Off | Self::Adaptive => None,
            Self::Effort(effort) => Some(effort),
            Self::Budget(budget) => Some(Effort::of_budget(budget)),
        }
    }

    /// As a budget.
    pub fn budget(self) -> Option<u64> {
        match self {
            Self::Off | Self::Adaptive => None,
            Self::Effort(effort) => Some(effort.budget()),
            Self::Budget(budget) => Some(budget),
        }
    }
}

/// Whether a model takes an effort, by its name: the `o` series, `gpt-5` and later, `gpt-oss`, and reasoning models of
/// others. Sent to one that does not, it is an error.
pub(crate) fn takes_effort(model: &str) -> bool {
    let name = model.rsplit('/').next().unwrap_or(model);
    let digit_after = |prefix: &str| {
        name.strip_prefix(prefix).and_then(|rest| rest.chars().next()).and_then(|digit| digit.to_digit(10))
    };
    digit_after("o").is_some_and(|series| series > 0)
        || digit_after("gpt-").is_some_and(|series| series >= 5) && !name.contains("chat")
        || name.starts_with("gpt-oss")
        || name.starts_with("grok-3-mini")
        || name.starts_with("magistral")
        || name.starts_with("sandbox")
}

/// Whether a model may think for long before its first word, by its name: such a one is waited for longer.
pub fn thinks_first(model: &str) -> bool {
    let name = model.rsplit('/').next().unwrap_or(model);
    const NAMES: [&str; 10] = [
        "deepseek-reasoner",
        "deepseek-r1",
        "qwq",
        "grok-4",
        "claude-opus-4",
        "claude-sonnet-4",
        "gemini-2.5-pro",
        "gemini-3",
        "kimi-k2-thinking",
        "glm-4.5",
    ];
    (takes_effort(model) && !model.starts_with("sandbox")) || NAMES.iter().any(|known| name.starts_with(known))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_survive_the_way_through_a_budget() {
        for (effort, word, budget) in TABLE {
            assert_eq!(Effort::of(word), Some(effort));
            assert_eq!(effort.as_str(), word);
            assert_eq!(Effort::of_budget(budget), effort);
            assert_eq!(Effort::of_budget(budget + 1), effort);
        }
        assert_eq!(Effort::of_budget(0), Effort::Minimal);
        assert_eq!(Effort::of("none"), None);
    }

    #[test]
    fn models_that_take_an_effort_are_known_by_name() {
        for model in ["o3", "o4-mini", "gpt-5.2", "gpt-6-sol", "openai/gpt-oss-120b", "gpt-5.4-mini"] {
            assert!(takes_effort(model), "{model}");
        }
        assert!(thinks_first("deepseek/deepseek-r1") && thinks_first("o3") && !thinks_first("sandbox/echo"));
        for model in ["gpt-4.1", "gpt-4o-mini", "gpt-5-chat-latest", "omni-moderation", "qwen3", "openchat"] {
            assert!(!takes_effort(model), "{model}");
        }
    }
}
