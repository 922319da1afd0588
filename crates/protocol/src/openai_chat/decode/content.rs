//! What messages hold.

use crate::{
    form::{
        document::{Fields, data_url},
        request::{Block, CacheMark, Media, MediaKind, Reasoning, Source, ToolUse, What},
        signature::{Maker, Signature},
    },
    request::BadRequest,
};
use serde_json::Value;

/// The `cache_control` that OpenRouter, LiteLLM and Qwen let stand on messages and parts.
pub(super) fn mark(fields: &mut Fields) -> Result<Option<CacheMark>, BadRequest> {
    let Some(mut control) = fields.object("cache_control")? else { return Ok(None) };
    let hour = control.text("ttl")?.as_deref() == Some("1h");
    Ok(Some(if hour { CacheMark::OneHour } else { CacheMark::FiveMinutes }))
}

/// A text, or parts of several kinds.
pub(super) fn parts(message: &mut Fields, name: &str) -> Result<Vec<Block>, BadRequest> {
    let whole = mark(message)?;
    let path = message.path(name);
    let mut blocks = match message.take(name) {
        None => Vec::new(),
        Some(Value::String(text)) => vec![Block::text(text)],
        Some(Value::Array(all)) => {
            let all = all.into_iter().enumerate();
            all.map(|(index, value)| part(Fields::of(format!("{path}[{index}]"), value)?)).collect::<Result<_, _>>()?
        }
        Some(_) => return Err(message.wrong(name, "must be a string or an array")),
    };
    if let (Some(mark), Some(last)) = (whole, blocks.last_mut()) {
        last.cache = Some(mark);
    }
    Ok(blocks)
}

fn part(mut part: Fields) -> Result<Block, BadRequest> {
    let cache = mark(&mut part)?;
    let media = |kind, source, detail, title| What::Media(Media { kind, source, detail, title });
    let what = match part.needed_text("type")?.as_str() {
        "text" => What::Text(part.needed_text("text")?),
        "refusal" => What::Refusal(part.needed_text("refusal")?),
        "image_url" => {
            let (url, detail) = address(&mut part, "image_url")?;
            media(MediaKind::Image, source_of(url), detail, None)
        }
        "video_url" => {
            let (url, _) = address(&mut part, "video_url")?;
            media(MediaKind::Video, source_of(url), None, None)
        }
        "input_audio" => {
            let mut audio = needed(&mut part, "input_audio")?;
            let format = audio.needed_text("format")?;
            let source = Source::Inline { mime: audio_mime(&format), data: audio.needed_text("data")? };
            media(MediaKind::Audio, source, None, None)
        }
        "file" => {
            let mut file = needed(&mut part, "file")?;
            let title = file.text("filename")?;
            let source = match (file.text("file_data")?, file.text("file_id")?) {
                (Some(data), _) => file_source(data),
                (None, Some(id)) => Source::File { id },
                (None, None) => return Err(file.wrong("file_data", "is missing")),
            };
            media(MediaKind::Document, source, None, title)
        }
        kind => return Err(part.wrong("type", &format!("has a kind this relay does not know: {kind}"))),
    };
    Ok(Block { what, cache })
}

fn needed(part: &mut Fields, name: &str) -> Result<Fields, BadRequest> {
    let missing = part.wrong(name, "is missing");
    part.object(name)?.ok_or(missing)
}

/// An address and how closely to look: an object as a rule, with some servers a bare text.
fn address(part: &mut Fields, name: &str) -> Result<(String, Option<String>), BadRequest> {
    match part.take(name) {
        Some(Value::String(url)) => Ok((url, None)),
        Some(value) => {
            let mut inner = Fields::of(part.path(name), value)?;
            Ok((inner.needed_text("url")?, inner.text("detail")?))
        }
        None => Err(part.wrong(name, "is missing")),
    }
}

fn source_of(url: String) -> Source {
    match data_url(&url) {
        Some((mime, data)) => Source::Inline { mime: mime.to_owned(), data: data.to_owned() },
        None => Source::Url { url, mime: None },
    }
}

/// Bare base64 is a PDF, the only kind that was ever sent bare.
fn file_source(data: String) -> Source {
    if data.starts_with("http://") || data.starts_with("https://") {
        return Source::Url { url: data, mime: None };
    }
    match source_of(data) {
        Source::Url { url, .. } => Source::Inline { mime: "application/pdf".to_owned(), data: url },
        inline => inline,
    }
}

fn audio_mime(format: &str) -> String {
    match format {
        "mp3" => "audio/mpeg".to_owned(),
        other => format!("audio/{other}"),
    }
}

/// What an assistant said: thoughts, text, a refusal, calls.
pub(super) fn assistant(message: &mut Fields) -> Result<Vec<Block>, BadRequest> {
    let mut blocks = thoughts(message)?;
    let content = parts(message, "content")?;
    blocks.extend(content.into_iter().filter(|block| block.what != What::Text(String::new())));
    if let Some(refusal) = message.text("refusal")?.filter(|refusal| !refusal.is_empty()) {
        blocks.push(What::Refusal(refusal).into());
    }
    for call in message.objects("tool_calls")? {
        blocks.push(What::ToolUse(tool_use(call)?).into());
    }
    if let Some(mut call) = message.object("function_call")? {
        let name = call.needed_text("name")?;
        let arguments = call.text("arguments")?.unwrap_or_default();
        blocks.push(What::ToolUse(ToolUse { id: name.clone(), name, arguments, ..ToolUse::default() }).into());
    }
    if message.take("audio").is_some() {
        return Err(crate::form::loss::cannot(&message.path("audio")));
    }
    Ok(blocks)
}

/// `reasoning_details` as OpenRouter writes them hold the signatures; else the bare text.
fn thoughts(message: &mut Fields) -> Result<Vec<Block>, BadRequest> {
    let plain = message.take_any(&["reasoning_content", "reasoning"]);
    let details = message.objects("reasoning_details")?;
    if details.is_empty() {
        let text = plain.as_ref().and_then(Value::as_str).filter(|text| !text.is_empty());
        let reasoning = |text: &str| What::Reasoning(Reasoning { text: text.to_owned(), ..Reasoning::default() });
        return Ok(text.map(|text| reasoning(text).into()).into_iter().collect());
    }
    let mut blocks = Vec::new();
    for mut detail in details {
        let format = detail.text("format")?.unwrap_or_default();
        let maker = match format.as_str() {
            format if format.starts_with("openai") => Maker::Openai,
            format if format.starts_with("google") => Maker::Google,
            _ => Maker::Anthropic,
        };
        let kind = detail.text("type")?.unwrap_or_default();
        let text = detail.text(if kind == "reasoning.summary" { "summary" } else { "text" })?.unwrap_or_default();
        let sealed = detail.text(if kind == "reasoning.encrypted" { "data" } else { "signature" })?;
        let signature = sealed.and_then(|sealed| Signature::from_field_of(maker, &sealed)).map(|signature| Signature {
            redacted: maker == Maker::Anthropic && kind == "reasoning.encrypted",
            ..signature
        });
        if text.is_empty() && signature.is_none() {
            continue;
        }
        blocks.push(What::Reasoning(Reasoning { text, signature, id: detail.text("id")? }).into());
    }
    Ok(blocks)
}

fn tool_use(mut call: Fields) -> Result<ToolUse, BadRequest> {
    let id = call.needed_text("id")?;
    let extra = call.take("extra_content");
    let (_, in_id) = Signature::from_id(&id);
    let beside = extra.as_ref().and_then(|extra| extra.pointer("/google/thought_signature")).and_then(Value::as_str);
    let signature = beside.and_then(|data| Signature::from_field_of(Maker::Google, data)).or(in_id);
    let custom = call.text("type")?.as_deref() == Some("custom");
    let mut inner = needed(&mut call, if custom { "custom" } else { "function" })?;
    let name = inner.needed_text("name")?;
    let arguments = inner.text(if custom { "input" } else { "arguments" })?.unwrap_or_default();
    Ok(ToolUse { id, name, arguments, signature, custom })
}
