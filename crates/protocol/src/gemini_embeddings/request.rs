//! Requests for embeddings of contents. Each may name the model again, which must be that of the path.

use crate::{
    embeddings::Wanted,
    form::{
        document::Fields,
        loss::{Losses, cannot},
        target::Target,
    },
    request::{BadRequest, InPath, RequestHead, Span, Walk},
};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Map, Value, json, value::RawValue};

pub(super) fn head(walk: &Walk<'_>, in_path: Option<&InPath>) -> Result<RequestHead, BadRequest> {
    let Some(in_path) = in_path else { return Err(BadRequest::new("The path names no model.")) };
    Ok(RequestHead {
        model: in_path.model.clone(),
        stream: false,
        // Nothing is written.
        max_output: Some(0),
        include_usage: true,
        choices: 1,
        referenced_media: walk.referenced_media,
        // The names in the body follow the path's: see `with_model`.
        model_span: Span { start: 0, end: 0 },
        model_in_body: false,
        input_bound: None,
        service_tier: walk.service_tier(),
        is_form: false,
        ask_usage: None,
    })
}

pub(super) fn missing(name: &str, kind: &str) -> BadRequest {
    BadRequest::new(format!("The field `{name}` must be {kind}."))
}

#[derive(Deserialize)]
struct Named<'a> {
    #[serde(borrow, default)]
    model: Option<&'a RawValue>,
    #[serde(borrow, default)]
    requests: Vec<NamedAgain<'a>>,
}

#[derive(Deserialize)]
struct NamedAgain<'a> {
    #[serde(borrow, default)]
    model: Option<&'a RawValue>,
}

/// The body with the upstream's name of the model wherever it names one.
pub(super) fn with_model(body: Bytes, model: &str) -> Bytes {
    let Ok(named) = serde_json::from_slice::<Named<'_>>(&body) else { return body };
    let name = json!(resource(model)).to_string();
    let mut out: Vec<u8> = Vec::with_capacity(body.len());
    let mut from = 0;
    let mut names: Vec<&RawValue> =
        named.model.into_iter().chain(named.requests.iter().filter_map(|one| one.model)).collect();
    names.sort_by_key(|raw| raw.get().as_ptr());
    for raw in names.into_iter().filter(|raw| raw.get() != name) {
        let start = (raw.get().as_ptr() as usize).saturating_sub(body.as_ptr() as usize);
        out.extend_from_slice(body.get(from..start).unwrap_or_default());
        out.extend_from_slice(name.as_bytes());
        from = start + raw.get().len();
    }
    if from == 0 {
        return body;
    }
    out.extend_from_slice(body.get(from..).unwrap_or_default());
    out.into()
}

fn resource(model: &str) -> String {
    format!("models/{}", model.trim_start_matches("models/"))
}

pub(super) fn decode_one(body: Value) -> Result<Wanted, BadRequest> {
    let one = one(Fields::of("", body)?)?;
    Ok(Wanted { texts: vec![one.text], dimensions: one.dimensions, in_base64: false, rest: one.rest })
}

pub(super) fn decode_several(body: Value) -> Result<Wanted, BadRequest> {
    let mut body = Fields::of("", body)?;
    let all = body.some_objects("requests")?.into_iter().map(one).collect::<Result<Vec<_>, _>>()?;
    let mut wanted = Wanted { texts: Vec::new(), dimensions: None, in_base64: false, rest: body.rest() };
    for (index, one) in all.into_iter().enumerate() {
        if index > 0 && one.dimensions != wanted.dimensions {
            return Err(cannot(&format!("requests[{index}].outputDimensionality (not that of the others)")));
        }
        wanted.dimensions = one.dimensions;
        wanted.texts.push(one.text);
        wanted.rest.extend(one.rest.into_iter().map(|(name, value)| (format!("requests[{index}].{name}"), value)));
    }
    Ok(wanted)
}

struct One {
    text: String,
    dimensions: Option<u64>,
    rest: Map<String, Value>,
}

fn one(mut fields: Fields) -> Result<One, BadRequest> {
    // The path says it.
    fields.take("model");
    let is_missing = fields.wrong("content", "is missing");
    let mut content = fields.object("content")?.ok_or(is_missing)?;
    let mut texts = Vec::new();
    for mut part in content.some_objects("parts")? {
        let text = part.text("text")?;
        texts.push(text.ok_or_else(|| cannot(&part.path("inlineData")))?);
    }
    let dimensions = match fields.take_any(&["outputDimensionality", "output_dimensionality"]) {
        None => None,
        Some(value) => {
            Some(value.as_u64().ok_or_else(|| fields.wrong("outputDimensionality", "must be a whole number"))?)
        }
    };
    Ok(One { text: texts.join("\n"), dimensions, rest: fields.rest() })
}

fn content(text: &str, wanted: &Wanted, target: &Target<'_>) -> Value {
    let mut one = Map::new();
    one.insert("model".to_owned(), resource(target.model).into());
    one.insert("content".to_owned(), json!({"parts": [{"text": text}]}));
    one.extend(wanted.dimensions.map(|dimensions| ("outputDimensionality".to_owned(), dimensions.into())));
    one.into()
}

pub(super) fn encode_one(wanted: &Wanted, target: &Target<'_>, losses: &mut Losses) -> Result<Value, BadRequest> {
    losses.judge_rest(&wanted.rest)?;
    match wanted.texts.as_slice() {
        [text] => Ok(content(text, wanted, target)),
        _ => Err(cannot("input (several texts)")),
    }
}

pub(super) fn encode_several(wanted: &Wanted, target: &Target<'_>, losses: &mut Losses) -> Result<Value, BadRequest> {
    losses.judge_rest(&wanted.rest)?;
    let requests: Vec<Value> = wanted.texts.iter().map(|text| content(text, wanted, target)).collect();
    Ok(json!({ "requests": requests }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_of_the_model_becomes_the_upstreams_and_nothing_else_changes() {
        let body = br#"{ "requests": [ {"model":"models/alias", "content":{"parts":[{"text":"\"model\":\"x\""}]}},
            {"content":{}, "model" : "other"} ], "x": 1e0 }"#;
        let sent = with_model(Bytes::from_static(body), "gemini-embedding-2");
        let want = std::str::from_utf8(body).unwrap().replace("models/alias", "models/gemini-embedding-2");
        assert_eq!(sent, want.replace(r#""other""#, r#""models/gemini-embedding-2""#));
        let own = Bytes::from_static(br#"{"model":"models/m","content":{"parts":[]}}"#);
        assert_eq!(with_model(own.clone(), "models/m"), own);
        assert_eq!(with_model(own, "n"), r#"{"model":"models/n","content":{"parts":[]}}"#);
        let none = Bytes::from_static(br#"{"content":{}}"#);
        assert_eq!(with_model(none.clone(), "n"), none);
    }
}
