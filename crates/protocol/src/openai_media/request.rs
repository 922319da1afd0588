//! Requests, as far as the relay must understand them.

use crate::{
    openai_chat::choices,
    openai_media::TOKENS_OF_SOUND,
    request::{BadRequest, InPath, MAX_OUTPUT_TOKENS, RequestHead, Scalar, Span, Walk, fields, form::Form},
};
use serde_json::value::RawValue;

/// No model draws a picture of more tokens: the largest of OpenAI's are 6 240.
/// <https://platform.openai.com/docs/guides/image-generation#cost-and-latency>
const MOST_OF_A_PICTURE: u64 = 10_000;
/// Pictures of one request. <https://platform.openai.com/docs/api-reference/images/create>
const MOST_PICTURES: u32 = 10;
/// Sound of fewer bytes a second says nothing that could be heard.
const LEAST_OF_A_SECOND: u64 = 500;
/// What OpenAI takes where none is named.
const MODERATION: &str = "omni-moderation-latest";

fn head((model, model_span): (String, Span), max_output: u64, choices: u32) -> RequestHead {
    RequestHead {
        model,
        stream: false,
        max_output: Some(max_output),
        include_usage: true,
        choices,
        referenced_media: 0,
        model_span,
        model_in_body: true,
        input_bound: None,
        service_tier: None,
        is_form: false,
        ask_usage: None,
    }
}

fn is_text(name: &str, value: Scalar) -> Result<(), BadRequest> {
    match value {
        Scalar::Text => Ok(()),
        Scalar::Absent => Err(BadRequest::new(format!("The field `{name}` is missing."))),
        _ => Err(BadRequest::new(format!("The field `{name}` must be a string."))),
    }
}

fn not_streamed(walk: &Walk<'_>) -> Result<(), BadRequest> {
    match fields::switch("stream", walk.stream)? {
        false => Ok(()),
        true => Err(BadRequest::new("The field `stream` must be false: pictures come whole.")),
    }
}

pub(super) fn images(walk: Walk<'_>, _: Option<&InPath>) -> Result<RequestHead, BadRequest> {
    let model = fields::model(&walk)?;
    not_streamed(&walk)?;
    if !walk.prompt.is_some_and(|prompt| prompt.get().starts_with('"')) {
        return Err(BadRequest::new("The field `prompt` must be a string."));
    }
    let pictures = choices("n", walk.n)?;
    if pictures > MOST_PICTURES {
        return Err(BadRequest::new(format!("The field `n` must be 1 to {MOST_PICTURES}.")));
    }
    Ok(head(model, MOST_OF_A_PICTURE, pictures))
}

fn named(form: &Form<'_>) -> Result<(String, Span), BadRequest> {
    match form.text("model")? {
        Some((name, span)) if !name.trim().is_empty() => Ok((name.to_owned(), span)),
        Some(_) => Err(BadRequest::new("The field `model` is empty.")),
        None => Err(BadRequest::new("The field `model` is missing.")),
    }
}

fn whole(form: &Form<'_>) -> Result<(), BadRequest> {
    match form.text("stream")? {
        None | Some(("false" | "False" | "0", _)) => Ok(()),
        Some(_) => Err(BadRequest::new("The field `stream` must be false: it comes whole.")),
    }
}

pub(super) fn image_edits(form: &Form<'_>) -> Result<RequestHead, BadRequest> {
    let model = named(form)?;
    whole(form)?;
    let pictures = match form.text("n")? {
        None => 1,
        Some((text, _)) => text
            .parse()
            .ok()
            .filter(|n| (1..=MOST_PICTURES).contains(n))
            .ok_or_else(|| BadRequest::new(format!("The field `n` must be 1 to {MOST_PICTURES}.")))?,
    };
    let (files, _) = form.files();
    if files == 0 {
        return Err(BadRequest::new("The field `image` is missing."));
    }
    let input = form.text_bytes().saturating_add(files.saturating_mul(MOST_OF_A_PICTURE));
    let head = head(model, MOST_OF_A_PICTURE, pictures);
    Ok(RequestHead { input_bound: Some(input), is_form: true, ..head })
}

pub(super) fn sound(form: &Form<'_>) -> Result<RequestHead, BadRequest> {
    let model = named(form)?;
    whole(form)?;
    let (files, bytes) = form.files();
    if files != 1 {
        return Err(BadRequest::new("The field `file` must be one file."));
    }
    let seconds = bytes.div_ceil(LEAST_OF_A_SECOND);
    let input = form.text_bytes().saturating_add(seconds.saturating_mul(TOKENS_OF_SOUND));
    // Nobody says more words in a second.
    let output = seconds.saturating_mul(TOKENS_OF_SOUND).min(MAX_OUTPUT_TOKENS);
    Ok(RequestHead { input_bound: Some(input), is_form: true, ..head(model, output, 1) })
}

pub(super) fn speech(walk: Walk<'_>, _: Option<&InPath>) -> Result<RequestHead, BadRequest> {
    let model = fields::model(&walk)?;
    is_text("input", walk.input)?;
    match walk.stream_format.map(RawValue::get) {
        None | Some("null" | r#""audio""#) => Ok(head(model, 0, 1)),
        Some(_) => Err(BadRequest::new("The field `stream_format` must be audio: speech comes whole.")),
    }
}

pub(super) fn moderations(walk: Walk<'_>, _: Option<&InPath>) -> Result<RequestHead, BadRequest> {
    match walk.input {
        Scalar::Text | Scalar::List => {}
        Scalar::Absent => return Err(BadRequest::new("The field `input` is missing.")),
        _ => return Err(BadRequest::new("The field `input` must be a string or an array.")),
    }
    let referenced_media = walk.referenced_media;
    let head = match walk.model {
        Some(_) => head(fields::model(&walk)?, 0, 1),
        None => {
            let nowhere = Span { start: 0, end: 0 };
            RequestHead { model_in_body: false, ..head((MODERATION.to_owned(), nowhere), 0, 1) }
        }
    };
    Ok(RequestHead { referenced_media, ..head })
}

pub(super) fn rerank(walk: Walk<'_>, _: Option<&InPath>) -> Result<RequestHead, BadRequest> {
    let model = fields::model(&walk)?;
    match walk.documents {
        Scalar::List => Ok(head(model, 0, 1)),
        Scalar::Absent => Err(BadRequest::new("The field `documents` is missing.")),
        _ => Err(BadRequest::new("The field `documents` must be an array.")),
    }
}
