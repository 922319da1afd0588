//! A whole Messages answer.

use super::usage::Wire;
use crate::{
    answer::Answer,
    error,
    lenient::{List, Maybe, Text, parse},
    stream::Fault,
    usage::Report,
};
use domain::dialect::Dialect;
use serde::Deserialize;
use serde_json::value::RawValue;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Message<'a> {
    #[serde(borrow, rename = "type")]
    kind: Text<'a>,
    #[serde(borrow)]
    content: List<Block<'a>>,
    #[serde(borrow)]
    stop_reason: Text<'a>,
    usage: Maybe<Wire>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Block<'a> {
    #[serde(borrow)]
    text: Text<'a>,
    #[serde(borrow)]
    thinking: Text<'a>,
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow)]
    input: Option<&'a RawValue>,
}

pub(super) fn read(body: &[u8]) -> Result<Answer, Fault> {
    let message = parse::<Message<'_>>(body).ok_or(Fault::Malformed)?;
    if message.error.is_some_and(|error| error.get() != "null") || message.kind.word() == "error" {
        return Err(Fault::UpstreamError(error::in_answer(Dialect::Anthropic, body)));
    }
    if message.content.0.is_none() {
        return Err(Fault::Malformed);
    }
    let empty = message.content.is_empty() && message.stop_reason.is_empty();
    let report = message.usage.0.map(Wire::report).filter(Report::is_complete);
    Ok(Answer::new(report, super::CELLS.input_count, empty, || {
        let mut text = String::new();
        for block in message.content.iter() {
            for part in [block.thinking, block.text, block.name] {
                part.add_to(&mut text);
            }
            text.push_str(block.input.map_or("", RawValue::get));
        }
        text
    }))
}
