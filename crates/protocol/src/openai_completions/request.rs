//! A request. Source: <https://platform.openai.com/docs/api-reference/completions/create>.

use crate::{
    form::{
        document::{Fields, wrong},
        loss::cannot,
        request::{Block, Request, Role},
    },
    openai_chat::{choices, usage_wish},
    request::{BadRequest, InPath, RequestHead, Walk, fields},
};
use domain::dialect::Dialect;
use serde::de::IgnoredAny;
use serde_json::Value;

/// The limit where the request names none.
const MAX_TOKENS: u64 = 16;
/// Prompts one request may hold, as embeddings.
const MAX_PROMPTS: usize = 2_048;

pub(super) fn read(walk: Walk<'_>, _: Option<&InPath>) -> Result<RequestHead, BadRequest> {
    let (model, model_span) = fields::model(&walk)?;
    let prompts = prompts(&walk)?;
    let stream = fields::switch("stream", walk.stream)?;
    let (include_usage, ask) = usage_wish(&walk)?;
    // Of `best_of` answers all are charged and `n` told.
    let answers = choices("n", walk.n)?.max(choices("best_of", walk.best_of)?);
    Ok(RequestHead {
        model,
        stream,
        max_output: fields::limit("max_tokens", walk.max_tokens)?,
        include_usage: stream && include_usage,
        choices: answers.saturating_mul(prompts),
        referenced_media: 0,
        model_span,
        model_in_body: true,
        input_bound: None,
        service_tier: walk.service_tier(),
        is_form: false,
        ask_usage: ask.filter(|_| stream),
    })
}

/// How many there are: a text or a list of tokens is one, a list of them is each.
fn prompts(walk: &Walk<'_>) -> Result<u32, BadRequest> {
    let bad = || BadRequest::new(format!("The field `prompt` must be a string or an array of 1 to {MAX_PROMPTS}."));
    let prompt = walk.prompt.ok_or_else(|| BadRequest::new("The field `prompt` is missing."))?;
    if prompt.get().starts_with('"') {
        return Ok(1);
    }
    if serde_json::from_str::<Vec<u32>>(prompt.get()).is_ok_and(|tokens| !tokens.is_empty()) {
        return Ok(1);
    }
    match serde_json::from_str::<Vec<IgnoredAny>>(prompt.get()).map(|all| all.len()) {
        Ok(count @ 1..=MAX_PROMPTS) => u32::try_from(count).map_err(|_| bad()),
        _ => Err(bad()),
    }
}

pub(super) fn decode(body: Value) -> Result<Request, BadRequest> {
    let mut body = Fields::of("", body)?;
    let mut request = Request::new(Dialect::OpenaiCompletions);
    let text = match body.take("prompt") {
        Some(Value::String(text)) => text,
        Some(Value::Array(mut all)) => match (all.pop(), all.is_empty()) {
            (Some(Value::String(text)), true) => text,
            // Tokens mean nothing elsewhere, and one conversation has one answer.
            _ => return Err(cannot("prompt")),
        },
        _ => return Err(wrong("prompt", "must be a string or an array")),
    };
    request.say(Role::User, vec![Block::text(text)]);
    request.stream = body.switch("stream")?.unwrap_or(false);
    if let Some(mut options) = body.object("stream_options")? {
        request.include_usage = options.switch("include_usage")?.unwrap_or(false);
    }
    request.max_output = Some(body.positive("max_tokens")?.unwrap_or(MAX_TOKENS));
    request.temperature = body.number("temperature")?;
    request.top_p = body.number("top_p")?;
    request.presence_penalty = body.number("presence_penalty")?;
    request.frequency_penalty = body.number("frequency_penalty")?;
    request.seed = body.number("seed")?;
    request.stop = body.texts("stop")?;
    request.user = body.text("user")?;
    body.take("model");
    drop_defaults(&mut body);
    request.rest = body.rest();
    Ok(request)
}

/// Fields that ask for what happens anyway.
fn drop_defaults(body: &mut Fields) {
    body.drop_defaults([
        ("n", Value::from(1)),
        ("best_of", Value::from(1)),
        ("echo", Value::Bool(false)),
        ("suffix", Value::from("")),
        ("logit_bias", Value::Object(serde_json::Map::new())),
    ]);
}
