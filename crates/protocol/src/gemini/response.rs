//! A whole answer, which has the shape of a stream's event.

use super::usage::Told;
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
#[serde(default, rename_all = "camelCase")]
pub(super) struct Document<'a> {
    #[serde(borrow)]
    pub candidates: List<Candidate<'a>>,
    #[serde(borrow)]
    pub prompt_feedback: Maybe<Feedback<'a>>,
    #[serde(borrow)]
    pub usage_metadata: Told<'a>,
    #[serde(borrow)]
    pub error: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Candidate<'a> {
    pub index: crate::lenient::Count,
    #[serde(borrow)]
    pub content: Maybe<Content<'a>>,
    #[serde(borrow)]
    pub finish_reason: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Content<'a> {
    #[serde(borrow)]
    pub parts: List<Part<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Part<'a> {
    #[serde(borrow)]
    text: Text<'a>,
    #[serde(borrow)]
    thought_signature: Text<'a>,
    #[serde(borrow)]
    function_call: Option<&'a RawValue>,
    #[serde(borrow)]
    inline_data: Option<&'a RawValue>,
    #[serde(borrow)]
    executable_code: Option<&'a RawValue>,
    #[serde(borrow)]
    code_execution_result: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Feedback<'a> {
    #[serde(borrow)]
    pub block_reason: Text<'a>,
}

impl Document<'_> {
    pub fn is_error(&self) -> bool {
        self.error.is_some_and(|error| error.get() != "null")
    }

    /// The prompt was refused: there are no candidates then.
    pub fn is_blocked(&self) -> bool {
        self.prompt_feedback.0.as_ref().is_some_and(|feedback| !feedback.block_reason.is_empty())
    }

    pub fn says_something(&self) -> bool {
        self.candidates.iter().flat_map(Candidate::parts).any(Part::says_something)
    }

    /// Adds what the model wrote.
    pub fn add_text(&self, text: &mut String) {
        for part in self.candidates.iter().flat_map(Candidate::parts) {
            part.text.add_to(text);
            for written in [part.function_call, part.executable_code].into_iter().flatten() {
                text.push_str(written.get());
            }
        }
    }
}

impl<'a> Candidate<'a> {
    fn parts(&self) -> impl Iterator<Item = &Part<'a>> {
        self.content.0.iter().flat_map(|content| content.parts.iter())
    }
}

impl Part<'_> {
    fn says_something(&self) -> bool {
        let whole = [self.function_call, self.inline_data, self.executable_code, self.code_execution_result];
        !self.text.is_empty() || !self.thought_signature.is_empty() || whole.iter().any(Option::is_some)
    }
}

pub(super) fn read(body: &[u8]) -> Result<Answer, Fault> {
    let document = parse::<Document<'_>>(body).ok_or(Fault::Malformed)?;
    if document.is_error() {
        return Err(Fault::UpstreamError(error::in_answer(Dialect::Gemini, body)));
    }
    if document.candidates.0.is_none() && !document.is_blocked() {
        return Err(Fault::Malformed);
    }
    let ended = document.candidates.iter().any(|candidate| !candidate.finish_reason.is_empty());
    let empty = !ended && !document.is_blocked() && !document.says_something();
    let report = document.usage_metadata.0.as_ref().map(|usage| usage.report(true)).filter(Report::is_complete);
    Ok(Answer::new(report, super::CELLS.input_count, empty, || {
        let mut text = String::new();
        document.add_text(&mut text);
        text
    }))
}
