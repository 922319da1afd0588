//! A whole Chat Completions answer.

use super::{stream::Delta, usage::Wire};
use crate::{
    answer::Answer,
    error,
    lenient::{List, Maybe, Text, Tier, parse},
    stream::Fault,
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
    service_tier: Tier,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
    #[serde(borrow)]
    object: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Choice<'a> {
    /// A whole message has the fields of a delta.
    #[serde(borrow)]
    message: Maybe<Delta<'a>>,
    #[serde(borrow)]
    finish_reason: Text<'a>,
}

pub(super) fn read(body: &[u8]) -> Result<Answer, Fault> {
    let answer = parse::<Completion<'_>>(body).ok_or(Fault::Malformed)?;
    if answer.error.is_some_and(|error| error.get() != "null") || answer.object.word() == "error" {
        return Err(Fault::UpstreamError(error::in_answer(Dialect::OpenaiChat, body)));
    }
    if answer.choices.0.is_none() {
        return Err(Fault::Malformed);
    }
    let says_something = |choice: &Choice<'_>| {
        !choice.finish_reason.is_empty() || choice.message.0.as_ref().is_some_and(Delta::says_something)
    };
    let empty = !answer.choices.iter().any(says_something);
    let service_tier = answer.service_tier.0;
    let report = answer.usage.0.map(|usage| Report { service_tier, ..usage.report() }).filter(Report::is_complete);
    Ok(Answer::new(report, super::CELLS.input_count, empty, || {
        let mut text = String::new();
        for message in answer.choices.iter().filter_map(|choice| choice.message.0.as_ref()) {
            message.add_text(&mut text);
        }
        text
    }))
}
