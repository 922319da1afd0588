//! A Chat Completions request.
//! Source: <https://platform.openai.com/docs/api-reference/chat/create>.

use crate::request::{BadRequest, InPath, RequestHead, Scalar, Span, Splice, Walk, fields};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// More choices than any server gives.
const MAX_CHOICES: u64 = 128;

pub(super) fn read(walk: Walk<'_>, _: Option<&InPath>) -> Result<RequestHead, BadRequest> {
    let (model, model_span) = fields::model(&walk)?;
    fields::messages(&walk)?;
    let stream = fields::switch("stream", walk.stream)?;
    let older = fields::limit("max_tokens", walk.max_tokens)?;
    let newer = fields::limit("max_completion_tokens", walk.max_completion_tokens)?;
    let choices = choices("n", walk.n)?;
    let (include_usage, ask) = usage_wish(&walk)?;
    Ok(RequestHead {
        model,
        stream,
        // Servers that know only one of the two ignore the other.
        max_output: older.max(newer),
        include_usage: stream && include_usage,
        choices,
        referenced_media: walk.referenced_media,
        model_span,
        model_in_body: true,
        input_bound: None,
        service_tier: walk.service_tier(),
        is_form: false,
        ask_usage: ask.filter(|_| stream),
    })
}

/// How many answers this field asks for.
pub(crate) fn choices(name: &str, n: Scalar) -> Result<u32, BadRequest> {
    match n {
        Scalar::Absent | Scalar::Null => Ok(1),
        Scalar::Whole(n @ 1..=MAX_CHOICES) => Ok(n as u32),
        _ => Err(BadRequest::new(format!("The field `{name}` must be a whole number from 1 to {MAX_CHOICES}."))),
    }
}

#[derive(Deserialize)]
struct StreamOptions<'a> {
    #[serde(borrow, default, deserialize_with = "raw_even_if_null")]
    include_usage: Option<&'a RawValue>,
}

/// A null must be seen, because it stands where the wish for usage goes.
fn raw_even_if_null<'a, D: Deserializer<'a>>(deserializer: D) -> Result<Option<&'a RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

/// Whether the caller asked for the usage chunk, and what to splice in if not.
pub(crate) fn usage_wish(walk: &Walk<'_>) -> Result<(bool, Option<Splice>), BadRequest> {
    let Some(options) = walk.stream_options else {
        let open = walk.body.find('{').map_or(0, |at| at + 1);
        let at = Span { start: open, end: open };
        return Ok((false, Some(Splice { at, text: r#""stream_options":{"include_usage":true},"# })));
    };
    let at = walk.span(options);
    if options.get() == "null" {
        return Ok((false, Some(Splice { at, text: r#"{"include_usage":true}"# })));
    }
    let bad = |what| move |_| BadRequest::new(format!("The field `stream_options{what}"));
    if !options.get().starts_with('{') {
        return Err(bad("` must be an object.")(()));
    }
    let read = serde_json::from_str::<StreamOptions<'_>>(options.get())
        .map_err(|_| ())
        .map_err(bad("` names a field twice."))?;
    let Some(wish) = read.include_usage else {
        let open = Span { start: at.start + 1, end: at.start + 1 };
        let only = options.get().trim_start_matches('{').trim_start().starts_with('}');
        let text = if only { r#""include_usage":true"# } else { r#""include_usage":true,"# };
        return Ok((false, Some(Splice { at: open, text })));
    };
    match wish.get() {
        "true" => Ok((true, None)),
        "false" | "null" => Ok((false, Some(Splice { at: walk.span(wish), text: "true" }))),
        _ => Err(bad(".include_usage` must be true or false.")(())),
    }
}
