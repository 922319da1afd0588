//! Chunks of a Chat Completions stream. Usage may come in a chunk of its own, with the last choice, in every chunk
//! (vLLM, xAI), or under `x_groq`; it is final once every choice that began has ended, or the stream has.

use super::usage::Wire;
use crate::{
    error,
    lenient::{Count, List, Maybe, Text, parse},
    stream::{Kind, Progress, SseEvent},
};
use domain::{dialect::Dialect, price::TierName};
use serde::Deserialize;
use serde_json::value::RawValue;

pub(crate) const DONE: &[u8] = b"[DONE]";

#[derive(Default, Deserialize)]
#[serde(default)]
struct Chunk<'a> {
    #[serde(borrow)]
    choices: List<Choice<'a>>,
    usage: Maybe<Wire>,
    x_groq: Maybe<XGroq>,
    #[serde(borrow)]
    service_tier: Text<'a>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
    #[serde(borrow)]
    object: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct XGroq {
    usage: Maybe<Wire>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Choice<'a> {
    index: Count,
    #[serde(borrow)]
    delta: Maybe<Delta<'a>>,
    #[serde(borrow)]
    finish_reason: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Delta<'a> {
    #[serde(borrow)]
    content: Text<'a>,
    #[serde(borrow)]
    reasoning_content: Text<'a>,
    #[serde(borrow)]
    reasoning: Text<'a>,
    #[serde(borrow)]
    refusal: Text<'a>,
    #[serde(borrow)]
    tool_calls: List<ToolCall<'a>>,
    #[serde(borrow)]
    function_call: Maybe<Function<'a>>,
    #[serde(borrow)]
    audio: Maybe<Audio<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ToolCall<'a> {
    #[serde(borrow)]
    function: Maybe<Function<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Function<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow)]
    arguments: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Audio<'a> {
    #[serde(borrow)]
    transcript: Text<'a>,
}

impl Delta<'_> {
    /// Whether the model has written something here.
    pub fn says_something(&self) -> bool {
        let texts = [&self.content, &self.reasoning_content, &self.reasoning, &self.refusal];
        texts.iter().any(|text| !text.is_empty())
            || !self.tool_calls.is_empty()
            || self.function_call.0.is_some()
            || self.audio.0.is_some()
    }

    /// Adds everything written here. Reasoning told under both names is one text.
    pub fn add_text(&self, all: &mut String) {
        let reasoning = if self.reasoning_content.is_empty() { &self.reasoning } else { &self.reasoning_content };
        for text in [reasoning, &self.content, &self.refusal] {
            text.add_to(all);
        }
        let called = self.tool_calls.iter().filter_map(|call| call.function.0.as_ref());
        for function in called.chain(&self.function_call.0) {
            function.name.add_to(all);
            function.arguments.add_to(all);
        }
        if let Some(audio) = &self.audio.0 {
            audio.transcript.add_to(all);
        }
    }
}

pub(super) fn read_event(progress: &mut Progress, event: &SseEvent<'_>) -> Kind {
    let Some(data) = event.data.as_deref() else { return Kind::Other };
    if data.trim_ascii() == DONE {
        progress.report_is_final = true;
        return Kind::Terminal;
    }
    let Some(chunk) = parse::<Chunk<'_>>(data) else { return Kind::Other };
    let failed = chunk.error.is_some_and(|error| error.get() != "null") || chunk.object.word() == "error";
    if failed {
        return Kind::Error(error::in_answer(Dialect::OpenaiChat, data));
    }
    let mut says_something = false;
    for choice in chunk.choices.iter() {
        let bit = 1_u128.checked_shl(choice.index.or_zero().min(128) as u32).unwrap_or(0);
        progress.begun |= bit;
        if !choice.finish_reason.is_empty() {
            progress.finished |= bit;
            says_something = true;
        }
        if let Some(delta) = &choice.delta.0 {
            says_something |= delta.says_something();
            delta.add_text(&mut progress.text);
        }
    }
    // Every chunk tells it; one word is enough.
    if progress.report.service_tier.is_none() {
        progress.report.service_tier = TierName::said(chunk.service_tier.word());
    }
    let usage = chunk.usage.0.or_else(|| chunk.x_groq.0.and_then(|it| it.usage.0));
    let tells_usage = usage.is_some();
    if let Some(usage) = usage {
        progress.reported(usage.report(), &super::CELLS);
        progress.report_is_final = chunk.choices.is_empty() || progress.begun & !progress.finished == 0;
    }
    match (says_something, chunk.choices.is_empty(), tells_usage) {
        (true, ..) => Kind::Content,
        (false, true, true) => Kind::Usage,
        // The role alone, or Azure's verdict on the prompt.
        _ => Kind::Start,
    }
}
