//! The conversation. Results of tools are messages of their own here and must follow the calls at once, so they come
//! before whatever else the user's turn holds; media in a result move into that turn, because a `tool` message holds text.

use crate::{
    form::{
        loss::{Losses, cannot},
        request::{Block, Media, MediaKind, Reasoning, Request, Role, Source, ToolResult, ToolUse, Turn, What},
        target::Target,
    },
    request::BadRequest,
};
use domain::dialect::Provider;
use serde_json::{Map, Value, json};

/// Every turn's messages.
pub(super) fn all(request: &Request, target: &Target<'_>, losses: &mut Losses) -> Result<Value, BadRequest> {
    let mut messages = Vec::new();
    for turn in &request.turns {
        if turn.blocks.iter().any(|block| block.cache.is_some()) {
            losses.note("cache_control", "left out; this upstream caches by itself");
        }
        match turn.role {
            Role::System => messages.push(json!({"role": "system", "content": text_of(&turn.blocks, "system")?})),
            Role::User => user(turn, &mut messages)?,
            Role::Assistant => assistant(turn, target, &mut messages, losses)?,
        }
    }
    Ok(Value::Array(messages))
}

/// The text of blocks that can only be text.
fn text_of(blocks: &[Block], place: &str) -> Result<String, BadRequest> {
    let texts = blocks.iter().map(|block| match &block.what {
        What::Text(text) => Ok(text.as_str()),
        _ => Err(cannot(place)),
    });
    Ok(texts.collect::<Result<Vec<_>, _>>()?.join("\n\n"))
}

fn user(turn: &Turn, messages: &mut Vec<Value>) -> Result<(), BadRequest> {
    let mut moved = Vec::new();
    for block in &turn.blocks {
        if let What::ToolResult(result) = &block.what {
            messages.push(tool_message(result, &mut moved)?);
        }
    }
    let said = turn.blocks.iter().filter(|block| !matches!(block.what, What::ToolResult(_)));
    let parts = said.map(part).collect::<Result<Vec<_>, _>>()?;
    let parts: Vec<Value> = moved.into_iter().chain(parts).collect();
    match parts.as_slice() {
        [] => {}
        [only] if only.get("type").and_then(Value::as_str) == Some("text") => {
            messages.push(json!({"role": "user", "content": only.get("text")}));
        }
        _ => messages.push(json!({"role": "user", "content": parts})),
    }
    Ok(())
}

fn tool_message(result: &ToolResult, moved: &mut Vec<Value>) -> Result<Value, BadRequest> {
    let mut texts = Vec::new();
    for block in &result.content {
        match &block.what {
            What::Text(text) => texts.push(text.as_str()),
            What::Media(_) => {
                texts.push("[attached below]");
                moved.push(part(block)?);
            }
            _ => return Err(cannot("tool_result.content")),
        }
    }
    let text = texts.join("\n\n");
    // There is no field for it, and the model must know.
    let text = if result.is_error && !text.to_lowercase().contains("error") { format!("Error: {text}") } else { text };
    Ok(json!({"role": "tool", "tool_call_id": result.id, "content": text}))
}

/// A part of a user's message.
fn part(block: &Block) -> Result<Value, BadRequest> {
    match &block.what {
        What::Text(text) => Ok(json!({"type": "text", "text": text})),
        What::Media(media) => media_part(media),
        What::Refusal(text) => Ok(json!({"type": "text", "text": text})),
        What::Opaque(opaque) => Err(cannot(&format!("content of type {}", opaque.kind))),
        What::Reasoning(_) | What::ToolUse(_) | What::ToolResult(_) => Err(cannot("messages.content")),
    }
}

fn media_part(media: &Media) -> Result<Value, BadRequest> {
    match (media.kind, &media.source) {
        (MediaKind::Image, Source::Inline { .. } | Source::Url { .. }) => {
            let mut image = Map::new();
            image.insert("url".into(), address(&media.source).into());
            if let Some(detail) = &media.detail {
                image.insert("detail".into(), detail.as_str().into());
            }
            Ok(json!({"type": "image_url", "image_url": image}))
        }
        (MediaKind::Audio, Source::Inline { mime, data }) => {
            let format = match mime.rsplit('/').next().unwrap_or_default() {
                "mpeg" | "mp3" => "mp3",
                "x-wav" | "wave" => "wav",
                other => other,
            };
            Ok(json!({"type": "input_audio", "input_audio": {"data": data, "format": format}}))
        }
        (MediaKind::Document, Source::Plain(text)) => Ok(json!({"type": "text", "text": text})),
        (MediaKind::Document, Source::Inline { .. }) => file(media),
        (MediaKind::Video, Source::Url { url, .. }) => Ok(json!({"type": "video_url", "video_url": {"url": url}})),
        (MediaKind::Image, Source::File { .. } | Source::Plain(_)) => Err(cannot("image.source.file_id")),
        (MediaKind::Document, Source::Url { .. }) => Err(cannot("document.source.url")),
        (MediaKind::Document, Source::File { .. }) => Err(cannot("document.source.file_id")),
        (MediaKind::Audio, _) => Err(cannot("audio.source")),
        (MediaKind::Video, _) => Err(cannot("video.source")),
    }
}

fn file(media: &Media) -> Result<Value, BadRequest> {
    let name = media.title.as_deref().unwrap_or("document.pdf");
    Ok(json!({"type": "file", "file": {"filename": name, "file_data": address(&media.source)}}))
}

fn address(source: &Source) -> String {
    match source {
        Source::Inline { mime, data } => format!("data:{mime};base64,{data}"),
        Source::Url { url, .. } => url.clone(),
        Source::File { id } => id.clone(),
        Source::Plain(text) => text.clone(),
    }
}

fn assistant(
    turn: &Turn,
    target: &Target<'_>,
    messages: &mut Vec<Value>,
    losses: &mut Losses,
) -> Result<(), BadRequest> {
    let (mut texts, mut calls, mut thoughts) = (Vec::new(), Vec::new(), Vec::new());
    for block in &turn.blocks {
        match &block.what {
            What::Text(text) | What::Refusal(text) => texts.push(text.as_str()),
            What::ToolUse(call) => calls.push(tool_call(call, target)),
            What::Reasoning(Reasoning { text, .. }) if text.is_empty() => losses.dropped("thinking.signature"),
            What::Reasoning(Reasoning { text, .. }) => thoughts.push(text.as_str()),
            What::Opaque(opaque) => return Err(cannot(&format!("content of type {}", opaque.kind))),
            What::Media(_) | What::ToolResult(_) => return Err(cannot("messages.content")),
        }
    }
    let mut message = Map::new();
    message.insert("role".into(), "assistant".into());
    let content = texts.concat();
    // With calls, an absent text is null; alone it must be a text.
    let content = if content.is_empty() && !calls.is_empty() { Value::Null } else { content.into() };
    message.insert("content".into(), content);
    if !thoughts.is_empty() {
        if keeps_thoughts(target.provider) {
            message.insert("reasoning_content".into(), thoughts.concat().into());
        } else {
            losses.dropped("thinking");
        }
    }
    if !calls.is_empty() {
        message.insert("tool_calls".into(), Value::Array(calls));
    }
    messages.push(Value::Object(message));
    Ok(())
}

/// Servers that want the thoughts of earlier turns back, or let them stand.
fn keeps_thoughts(provider: Provider) -> bool {
    matches!(provider, Provider::Deepseek | Provider::Qwen | Provider::OpenaiCompatible | Provider::Sandbox)
}

fn tool_call(call: &ToolUse, target: &Target<'_>) -> Value {
    let function = json!({"name": call.name, "arguments": call.function_arguments()});
    let mut entry = json!({"id": call.id, "type": "function", "function": function});
    // Gemini behind this dialect wants its signature beside the call.
    if let (Some(signature), Provider::OpenaiCompatible) = (&call.signature, target.provider)
        && target.model.contains("gemini")
    {
        let extra = json!({"google": {"thought_signature": signature.data}});
        entry.as_object_mut().map(|entry| entry.insert("extra_content".into(), extra));
    }
    entry
}
