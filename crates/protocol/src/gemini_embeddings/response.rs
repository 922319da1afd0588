//! Answers: vectors, and where the provider says so the number of tokens that were read.

use crate::{
    answer::Answer,
    embeddings::Vectors,
    error,
    form::document::items,
    lenient::{Count, List, Maybe, parse},
    stream::Fault,
    usage::Report,
};
use domain::{dialect::Dialect, usage::Usage};
use serde::{Deserialize, de::IgnoredAny};
use serde_json::{Value, json, value::RawValue};

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Wire<'a> {
    embedding: Maybe<Embedding>,
    embeddings: List<Embedding>,
    usage_metadata: Maybe<Metadata>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Embedding {
    values: Option<IgnoredAny>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Metadata {
    prompt_token_count: Count,
    total_token_count: Count,
}

fn read(dialect: Dialect, body: &[u8], vectors: fn(&Wire<'_>) -> Option<usize>) -> Result<Answer, Fault> {
    let answer = parse::<Wire<'_>>(body).ok_or(Fault::Malformed)?;
    if answer.error.is_some_and(|error| error.get() != "null") {
        return Err(Fault::UpstreamError(error::in_answer(dialect, body)));
    }
    let vectors = vectors(&answer).ok_or(Fault::Malformed)?;
    let report = answer.usage_metadata.0.map(|usage| Report {
        input: usage.prompt_token_count.or(usage.total_token_count).0,
        output: Some(0),
        ..Report::default()
    });
    let report = report.filter(Report::is_complete);
    Ok(Answer::new(report, super::BOTH.input_count, vectors == 0, String::new))
}

pub(super) fn read_one(body: &[u8]) -> Result<Answer, Fault> {
    read(Dialect::GeminiEmbeddings, body, |answer| Some(answer.embedding.0.as_ref()?.values.iter().len()))
}

pub(super) fn read_several(body: &[u8]) -> Result<Answer, Fault> {
    read(Dialect::GeminiBatchEmbeddings, body, |answer| answer.embeddings.0.as_ref().map(Vec::len))
}

fn vector(embedding: &Value) -> Vec<Value> {
    items(embedding, "values").to_vec()
}

pub(super) fn decode_one(answer: &Value) -> Result<Vectors, Fault> {
    Ok(Vectors(vec![vector(answer.get("embedding").ok_or(Fault::Malformed)?)]))
}

pub(super) fn decode_several(answer: &Value) -> Result<Vectors, Fault> {
    Ok(Vectors(items(answer, "embeddings").iter().map(vector).collect()))
}

fn metadata(usage: &Usage) -> Value {
    json!({"promptTokenCount": usage.input, "totalTokenCount": usage.input})
}

pub(super) fn encode_one(vectors: Vectors, usage: &Usage, _: &str, _: bool) -> Value {
    let values = vectors.0.into_iter().next().unwrap_or_default();
    json!({"embedding": {"values": values}, "usageMetadata": metadata(usage)})
}

pub(super) fn encode_several(vectors: Vectors, usage: &Usage, _: &str, _: bool) -> Value {
    let all: Vec<Value> = vectors.0.into_iter().map(|values| json!({ "values": values })).collect();
    json!({"embeddings": all, "usageMetadata": metadata(usage)})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_with_or_without_its_tokens_and_an_empty_one_is_none() {
        let with = read_one(br#"{"embedding":{"values":[0.5]},"usageMetadata":{"promptTokenCount":3}}"#).unwrap();
        assert_eq!((with.usage.map(|usage| usage.input), with.empty), (Some(3), false));
        let several = read_several(br#"{"embeddings":[{"values":[1,2]},{"values":[3,4]}]}"#).unwrap();
        assert_eq!((several.usage, several.empty), (None, false));
        assert!(
            read_one(br#"{"embedding":{}}"#).unwrap().empty && read_several(br#"{"embeddings":[]}"#).unwrap().empty
        );
        assert!(matches!(read_one(b"{}"), Err(Fault::Malformed)));
        let refused = read_several(br#"{"error":{"code":404,"status":"NOT_FOUND","message":"no"}}"#);
        assert!(matches!(refused, Err(Fault::UpstreamError(_))));
    }
}
