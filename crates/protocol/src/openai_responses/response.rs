//! A whole Responses answer.

use super::usage::Wire;
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
pub(super) struct Response<'a> {
    #[serde(borrow)]
    output: List<Item<'a>>,
    #[serde(borrow)]
    status: Text<'a>,
    pub usage: Maybe<Wire>,
    pub service_tier: Tier,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
}

/// One item of the output; the text of all kinds.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Item<'a> {
    #[serde(borrow, rename = "type")]
    pub kind: Text<'a>,
    #[serde(borrow)]
    content: List<Part<'a>>,
    #[serde(borrow)]
    summary: List<Part<'a>>,
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow)]
    arguments: Text<'a>,
    #[serde(borrow)]
    input: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Part<'a> {
    #[serde(borrow)]
    text: Text<'a>,
    #[serde(borrow)]
    refusal: Text<'a>,
}

impl Item<'_> {
    fn add_text(&self, all: &mut String) {
        for part in self.summary.iter().chain(self.content.iter()) {
            part.text.add_to(all);
            part.refusal.add_to(all);
        }
        for text in [self.name, self.arguments, self.input] {
            text.add_to(all);
        }
    }
}

pub(super) fn read(body: &[u8]) -> Result<Answer, Fault> {
    let response = parse::<Response<'_>>(body).ok_or(Fault::Malformed)?;
    let failed = response.error.is_some_and(|error| error.get() != "null");
    if failed || matches!(response.status.word(), "failed" | "cancelled") {
        return Err(Fault::UpstreamError(error::in_answer(Dialect::OpenaiResponses, body)));
    }
    if response.output.0.is_none() {
        return Err(Fault::Malformed);
    }
    let empty = response.output.is_empty() && response.status.word() != "incomplete";
    let service_tier = response.service_tier.0;
    let report = response.usage.0.map(|usage| Report { service_tier, ..usage.report() }).filter(Report::is_complete);
    Ok(Answer::new(report, super::CELLS.input_count, empty, || {
        let mut text = String::new();
        response.output.iter().for_each(|item| item.add_text(&mut text));
        text
    }))
}
