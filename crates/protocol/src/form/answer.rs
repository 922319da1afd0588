//! A whole answer, and why it ended.

use super::request::Block;

/// A whole answer of any dialect. Its usage is told apart ([`domain::usage::Usage`]), because it may be counted here.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Message {
    pub blocks: Vec<Block>,
    pub stop: Stop,
}

/// Why an answer ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Stop {
    /// The model was done.
    End,
    /// It calls tools.
    ToolUse,
    /// The limit on output tokens.
    MaxTokens,
    /// One of the caller's texts; which, where it is told.
    Sequence(Option<String>),
    /// The model will not.
    Refusal,
    /// A filter.
    Filtered,
    /// The provider's own tools take long: send the answer back to go on (Anthropic).
    Paused,
    /// The model's window is full.
    ContextFull,
    /// A word that this build does not know. Never a normal end.
    Unknown(String),
}

/// What an encoder of answers must know of the request.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Asked {
    /// Makes ids; unique per request, letters and digits.
    pub id: String,
    /// The model, by the caller's name for it.
    pub model: String,
    /// When it was asked, seconds since 1970.
    pub created: i64,
    /// Whether a stream is to tell its usage in a chunk of its own.
    pub include_usage: bool,
    /// Input tokens as estimated, for dialects that tell them before they are known.
    pub input_estimate: u64,
    /// Tools that take free text.
    pub custom_tools: Vec<String>,
    /// What the caller's dialect repeats in its answers.
    pub echo: serde_json::Map<String, serde_json::Value>,
}
