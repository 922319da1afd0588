//! Legacy Completions: a prompt is a person's message, an answer its text.
//!
//! Shapes: <https://platform.openai.com/docs/api-reference/completions> and recorded traffic.

use super::answer::{CREATED, finish_reason, usage};
use crate::{
    body::Frames,
    fault::Fault,
    model::Model,
    reply::{Content, MAX_WORDS, Prompt, Reply},
    vocabulary,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::VecDeque;

/// What OpenAI writes where the request names no limit.
const MAX_TOKENS: u64 = 16;

#[derive(Deserialize)]
struct Wire {
    model: String,
    prompt: Texts,
    #[serde(default)]
    stop: Option<Texts>,
    #[serde(default)]
    max_tokens: Option<u64>,
    #[serde(default)]
    stream: Option<bool>,
    #[serde(default)]
    stream_options: Option<StreamOptions>,
    #[serde(default)]
    n: Option<u64>,
    #[serde(default)]
    best_of: Option<u64>,
    #[serde(default)]
    echo: Option<bool>,
    #[serde(default)]
    suffix: Option<String>,
    #[serde(default)]
    logprobs: Option<u64>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Texts {
    One(String),
    Several(Vec<String>),
}

impl Texts {
    fn all(self) -> Vec<String> {
        match self {
            Self::One(text) => vec![text],
            Self::Several(texts) => texts,
        }
    }
}

#[derive(Deserialize)]
struct StreamOptions {
    #[serde(default)]
    include_usage: Option<bool>,
}

/// Reads a body.
///
/// # Errors
/// [`Fault::Malformed`] naming the field, or [`Fault::UnknownModel`].
pub(crate) fn parse(body: &[u8], seed: u64) -> Result<Prompt, Fault> {
    let wire: Wire = serde_json::from_slice(body).map_err(|error| Fault::unreadable(&error))?;
    let model = Model::parse(&wire.model).ok_or_else(|| Fault::UnknownModel(wire.model.clone()))?;
    let max_tokens = wire.max_tokens.unwrap_or(MAX_TOKENS);
    if !(1..=MAX_WORDS).contains(&max_tokens) {
        return Err(Fault::at("max_tokens", format!("Invalid 'max_tokens': expected a value from 1 to {MAX_WORDS}.")));
    }
    refuse_what_is_not_there(&wire)?;
    let [prompt] = <[String; 1]>::try_from(wire.prompt.all())
        .map_err(|_| Fault::at("prompt", "Unsupported value: 'prompt' must be one text with this model."))?;
    Ok(Prompt {
        model_name: wire.model,
        model,
        stream: wire.stream.unwrap_or(false),
        include_usage: wire.stream_options.and_then(|options| options.include_usage).unwrap_or(false),
        max_tokens: Some(max_tokens),
        stop: wire.stop.map(Texts::all).unwrap_or_default().into_iter().filter(|stop| !stop.is_empty()).collect(),
        input_tokens: vocabulary::count(&prompt),
        user_text: prompt,
        tool_result: None,
        tool: None,
        seed,
        form: None,
        returned: None,
        wants_thoughts: false,
        echo: Map::new(),
    })
}

fn refuse_what_is_not_there(wire: &Wire) -> Result<(), Fault> {
    for (name, asked_for) in [
        ("n", wire.n.is_some_and(|n| n != 1)),
        ("best_of", wire.best_of.is_some_and(|n| n != 1)),
        ("echo", wire.echo == Some(true)),
        ("suffix", wire.suffix.as_ref().is_some_and(|text| !text.is_empty())),
        ("logprobs", wire.logprobs.is_some()),
    ] {
        if asked_for {
            return Err(Fault::at(name, format!("Unsupported parameter: '{name}' is not supported with this model.")));
        }
    }
    Ok(())
}

fn document(prompt: &Prompt, choices: Value) -> Value {
    json!({
        "id": format!("cmpl-{:016x}", prompt.seed), "object": "text_completion", "created": CREATED,
        "model": prompt.model_name, "choices": choices,
    })
}

fn choice(text: &str, finish: Option<&str>) -> Value {
    json!([{"text": text, "index": 0, "logprobs": null, "finish_reason": finish}])
}

/// The whole answer.
pub(crate) fn whole(prompt: &Prompt, reply: &Reply) -> Vec<u8> {
    let text = match &reply.content {
        Content::Text(text) => text.clone(),
        Content::Lorem(words) => vocabulary::lorem(*words),
        Content::Call { arguments, .. } => arguments.clone(),
    };
    let mut answer = document(prompt, choice(&text, Some(finish_reason(&reply.finish))));
    answer["usage"] = usage(prompt, reply);
    answer.to_string().into_bytes()
}

/// The answer as chunks.
pub(crate) fn frames(prompt: &Prompt, reply: Reply) -> Frames {
    let event = |choices: Value, counts: Value| {
        let mut chunk = document(prompt, choices);
        if prompt.include_usage {
            chunk["usage"] = counts;
        }
        format!("data: {chunk}\n\n").into_bytes()
    };
    let mut after = VecDeque::from([event(choice("", Some(finish_reason(&reply.finish))), Value::Null).into()]);
    if prompt.include_usage {
        after.push_back(event(json!([]), usage(prompt, &reply)).into());
    }
    after.push_back("data: [DONE]\n\n".into());
    // One chunk, cut where its text stands.
    let marked = event(choice("\u{0}", None), Value::Null);
    let text = marked.windows(8).position(|bytes| bytes == b"\"\\u0000\"").unwrap_or(0);
    let (before_piece, rest) = marked.split_at(text);
    Frames {
        before: VecDeque::new(),
        around: (before_piece.to_vec(), rest.get(8..).unwrap_or_default().to_vec()),
        pieces: reply.content.into_pieces(),
        after,
        numbered: false,
    }
}
