//! Items of the input: messages, calls, their outputs, thoughts.

use crate::{
    form::{
        document::{Fields, data_url},
        loss::cannot,
        request::{Block, Media, MediaKind, Opaque, Reasoning, Request, Role, Source, ToolResult, ToolUse, What},
        signature::{Maker, Signature},
    },
    request::BadRequest,
};
use serde_json::Value;

/// Adds one item to the conversation.
pub(super) fn add(request: &mut Request, mut item: Fields) -> Result<(), BadRequest> {
    // A message may leave its type out.
    let kind = item.text("type")?.unwrap_or_else(|| "message".to_owned());
    let (role, what) = match kind.as_str() {
        "message" => {
            let role = role(&mut item)?;
            let blocks = parts(&mut item, "content")?;
            request.say(role, blocks);
            return Ok(());
        }
        "function_call" => (Role::Assistant, What::ToolUse(call(&mut item, "arguments", false)?)),
        "custom_tool_call" => (Role::Assistant, What::ToolUse(call(&mut item, "input", true)?)),
        "function_call_output" | "custom_tool_call_output" => {
            let id = item.needed_text("call_id")?;
            let content = parts(&mut item, "output")?;
            (Role::User, What::ToolResult(ToolResult { id, name: None, content, is_error: false }))
        }
        "reasoning" => (Role::Assistant, What::Reasoning(reasoning(&mut item)?)),
        "item_reference" => return Err(cannot(&item.path("type (item_reference)"))),
        _ => {
            item.put("type", kind.as_str().into());
            let maker = Maker::Openai;
            (Role::Assistant, What::Opaque(Opaque { maker, kind, value: item.into_value() }))
        }
    };
    request.say(role, vec![what.into()]);
    Ok(())
}

fn role(item: &mut Fields) -> Result<Role, BadRequest> {
    match item.needed_text("role")?.as_str() {
        "user" => Ok(Role::User),
        "assistant" => Ok(Role::Assistant),
        "system" | "developer" => Ok(Role::System),
        _ => Err(item.wrong("role", "must be user, assistant, system or developer")),
    }
}

fn call(item: &mut Fields, field: &str, custom: bool) -> Result<ToolUse, BadRequest> {
    let id = item.needed_text("call_id")?;
    let (_, signature) = Signature::from_id(&id);
    let arguments = item.text(field)?.unwrap_or_default();
    Ok(ToolUse { id, name: item.needed_text("name")?, arguments, signature, custom })
}

/// A summary or the thoughts themselves, and what only OpenAI can read.
fn reasoning(item: &mut Fields) -> Result<Reasoning, BadRequest> {
    let mut texts = Vec::new();
    for field in ["summary", "content"] {
        for mut part in item.objects(field)? {
            texts.extend(part.text("text")?);
        }
    }
    let sealed = item.text("encrypted_content")?;
    let signature = sealed.and_then(|sealed| Signature::from_field_of(Maker::Openai, &sealed));
    Ok(Reasoning { text: texts.join("\n\n"), signature, id: item.text("id")? })
}

/// A text, or parts of several kinds.
fn parts(item: &mut Fields, name: &str) -> Result<Vec<Block>, BadRequest> {
    match item.take(name) {
        None => Ok(Vec::new()),
        Some(Value::String(text)) => Ok(vec![Block::text(text)]),
        Some(list @ Value::Array(_)) => {
            item.put(name, list);
            item.objects(name)?.into_iter().map(|part| Ok(self::part(part)?.into())).collect()
        }
        Some(_) => Err(item.wrong(name, "must be a string or an array")),
    }
}

fn part(mut part: Fields) -> Result<What, BadRequest> {
    let media = |kind, source, detail, title| What::Media(Media { kind, source, detail, title });
    match part.needed_text("type")?.as_str() {
        "input_text" | "output_text" | "text" | "summary_text" => Ok(What::Text(part.needed_text("text")?)),
        "refusal" => Ok(What::Refusal(part.needed_text("refusal")?)),
        "input_image" => {
            let detail = part.text("detail")?;
            Ok(media(MediaKind::Image, source(&mut part, "image_url", "image_url")?, detail, None))
        }
        "input_file" => {
            let title = part.text("filename")?;
            Ok(media(MediaKind::Document, source(&mut part, "file_url", "file_data")?, None, title))
        }
        "input_audio" => {
            let missing = part.wrong("input_audio", "is missing");
            let mut audio = part.object("input_audio")?.ok_or(missing)?;
            let format = audio.needed_text("format")?;
            let mime = if format == "mp3" { "audio/mpeg".to_owned() } else { format!("audio/{format}") };
            let source = Source::Inline { mime, data: audio.needed_text("data")? };
            Ok(media(MediaKind::Audio, source, None, None))
        }
        kind => Err(part.wrong("type", &format!("has a kind this relay does not know: {kind}"))),
    }
}

/// By address, inline, or by an uploaded file's id.
fn source(part: &mut Fields, address: &str, inline: &str) -> Result<Source, BadRequest> {
    if let Some(id) = part.text("file_id")? {
        return Ok(Source::File { id });
    }
    let told = match part.text(address)? {
        Some(told) => Some(told),
        None => part.text(inline)?,
    };
    let told = told.ok_or_else(|| part.wrong(address, "is missing"))?;
    Ok(match data_url(&told) {
        Some((mime, data)) => Source::Inline { mime: mime.to_owned(), data: data.to_owned() },
        None if told.starts_with("http://") || told.starts_with("https://") => Source::Url { url: told, mime: None },
        // Bare base64 is a PDF, the only kind that is ever sent bare.
        None => Source::Inline { mime: "application/pdf".to_owned(), data: told },
    })
}
