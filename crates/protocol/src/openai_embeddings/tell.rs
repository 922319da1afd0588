//! From the form of embeddings to OpenAI's, and back.

use crate::{
    embeddings::{EmbeddingCells, Vectors, Wanted, from_base64, to_base64},
    form::{
        document::{Fields, items},
        loss::{Losses, cannot},
        target::Target,
    },
    request::BadRequest,
    stream::Fault,
};
use domain::usage::Usage;
use serde_json::{Map, Value, json};

pub(super) const CELLS: EmbeddingCells =
    EmbeddingCells { decode_request: decode, encode_request: encode, decode_answer: vectors, encode_answer: answer };

fn decode(body: Value) -> Result<Wanted, BadRequest> {
    let mut body = Fields::of("", body)?;
    // The head has it.
    body.take("model");
    let input = body.take("input").unwrap_or_default();
    if input.as_array().is_some_and(|all| all.iter().any(|one| one.is_number() || one.is_array())) {
        return Err(cannot("input (tokens)"));
    }
    body.put("input", input);
    let texts = body.texts("input")?;
    if texts.is_empty() {
        return Err(body.wrong("input", "must not be empty"));
    }
    let in_base64 = match body.text("encoding_format")?.as_deref() {
        None | Some("float") => false,
        Some("base64") => true,
        Some(_) => return Err(body.wrong("encoding_format", "must be float or base64")),
    };
    let dimensions = body.positive("dimensions")?;
    body.drop_defaults([("stream", false.into())]);
    Ok(Wanted { texts, dimensions, in_base64, rest: body.rest() })
}

fn encode(wanted: &Wanted, target: &Target<'_>, losses: &mut Losses) -> Result<Value, BadRequest> {
    losses.judge_rest(&wanted.rest)?;
    let mut body = Map::new();
    body.insert("model".to_owned(), target.model.into());
    body.insert("input".to_owned(), json!(wanted.texts));
    body.insert("encoding_format".to_owned(), "float".into());
    body.extend(wanted.dimensions.map(|dimensions| ("dimensions".to_owned(), dimensions.into())));
    Ok(body.into())
}

fn vectors(answer: &Value) -> Result<Vectors, Fault> {
    let mut all = items(answer, "data").to_vec();
    all.sort_by_key(|one| one.get("index").and_then(Value::as_u64));
    let vector = |one: &Value| match one.get("embedding") {
        Some(Value::Array(numbers)) => Some(numbers.clone()),
        Some(Value::String(text)) => from_base64(text),
        _ => None,
    };
    all.iter().map(vector).collect::<Option<_>>().map(Vectors).ok_or(Fault::Malformed)
}

fn answer(vectors: Vectors, usage: &Usage, model: &str, in_base64: bool) -> Value {
    let one = |(index, vector): (usize, Vec<Value>)| {
        let embedding = if in_base64 { to_base64(&vector).into() } else { Value::Array(vector) };
        json!({"object": "embedding", "index": index, "embedding": embedding})
    };
    let data: Vec<Value> = vectors.0.into_iter().enumerate().map(one).collect();
    let tokens = json!({"prompt_tokens": usage.input, "total_tokens": usage.input});
    json!({"object": "list", "data": data, "model": model, "usage": tokens})
}
