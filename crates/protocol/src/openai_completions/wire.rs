//! What an upstream of this dialect answers, whole or in chunks of the same shape. Usage comes as in Chat.

use crate::{
    answer::Answer,
    error,
    lenient::{Count, List, Maybe, Text, parse},
    openai_chat::{DONE, Wire},
    stream::{Fault, Kind, Progress, SseEvent},
    usage::Report,
};
use domain::dialect::Dialect;
use serde::Deserialize;
use serde_json::value::RawValue;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Completion<'a> {
    #[serde(borrow)]
    choices: List<Choice<'a>>,
    usage: Maybe<Wire>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
    #[serde(borrow)]
    object: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Choice<'a> {
    index: Count,
    #[serde(borrow)]
    text: Text<'a>,
    #[serde(borrow)]
    finish_reason: Text<'a>,
}

impl Completion<'_> {
    fn has_failed(&self) -> bool {
        self.error.is_some_and(|error| error.get() != "null") || self.object.word() == "error"
    }
}

impl Choice<'_> {
    fn says_something(&self) -> bool {
        !self.finish_reason.is_empty() || !self.text.is_empty()
    }
}

pub(super) fn read(body: &[u8]) -> Result<Answer, Fault> {
    let answer = parse::<Completion<'_>>(body).ok_or(Fault::Malformed)?;
    if answer.has_failed() {
        return Err(Fault::UpstreamError(error::in_answer(Dialect::OpenaiCompletions, body)));
    }
    if answer.choices.0.is_none() {
        return Err(Fault::Malformed);
    }
    let empty = !answer.choices.iter().any(Choice::says_something);
    let report = answer.usage.0.map(Wire::report).filter(Report::is_complete);
    Ok(Answer::new(report, super::CELLS.input_count, empty, || {
        let mut text = String::new();
        answer.choices.iter().for_each(|choice| choice.text.add_to(&mut text));
        text
    }))
}

pub(super) fn read_event(progress: &mut Progress, event: &SseEvent<'_>) -> Kind {
    let Some(data) = event.data.as_deref() else { return Kind::Other };
    if data.trim_ascii() == DONE {
        progress.report_is_final = true;
        return Kind::Terminal;
    }
    let Some(chunk) = parse::<Completion<'_>>(data) else { return Kind::Other };
    if chunk.has_failed() {
        return Kind::Error(error::in_answer(Dialect::OpenaiCompletions, data));
    }
    for choice in chunk.choices.iter() {
        let bit = 1_u128.checked_shl(choice.index.or_zero().min(128) as u32).unwrap_or(0);
        progress.begun |= bit;
        if !choice.finish_reason.is_empty() {
            progress.finished |= bit;
        }
        choice.text.add_to(&mut progress.text);
    }
    let says_something = chunk.choices.iter().any(Choice::says_something);
    let tells_usage = chunk.usage.0.is_some();
    if let Some(usage) = chunk.usage.0 {
        progress.reported(usage.report(), &super::CELLS);
        progress.report_is_final =
            chunk.choices.0.as_ref().is_none_or(Vec::is_empty) || progress.begun & !progress.finished == 0;
    }
    match (says_something, tells_usage) {
        (true, _) => Kind::Content,
        (false, true) => Kind::Usage,
        _ => Kind::Start,
    }
}
