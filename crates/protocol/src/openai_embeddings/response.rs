//! An answer: vectors, and the number of tokens that were read.

use crate::{
    answer::Answer,
    error,
    lenient::{Count, List, Maybe, parse},
    stream::Fault,
    usage::Report,
};
use domain::dialect::Dialect;
use serde::{Deserialize, de::IgnoredAny};
use serde_json::value::RawValue;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Embeddings<'a> {
    data: List<IgnoredAny>,
    usage: Maybe<Wire>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Wire {
    prompt_tokens: Count,
    total_tokens: Count,
}

pub(super) fn read(body: &[u8]) -> Result<Answer, Fault> {
    let answer = parse::<Embeddings<'_>>(body).ok_or(Fault::Malformed)?;
    if answer.error.is_some_and(|error| error.get() != "null") {
        return Err(Fault::UpstreamError(error::in_answer(Dialect::OpenaiEmbeddings, body)));
    }
    if answer.data.0.is_none() {
        return Err(Fault::Malformed);
    }
    let report = answer.usage.0.map(|usage| Report {
        input: usage.prompt_tokens.or(usage.total_tokens).0,
        output: Some(0),
        ..Report::default()
    });
    let report = report.filter(Report::is_complete);
    Ok(Answer::new(report, super::CELLS.input_count, answer.data.is_empty(), String::new))
}
