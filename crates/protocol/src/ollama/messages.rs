//! The conversation. Images stand beside a message's text as base64; results of tools are messages that name their tool.

use crate::{
    form::{
        loss::{Losses, cannot},
        request::{Block, Media, MediaKind, Request, Role, Source, ToolResult, Turn, What},
    },
    request::BadRequest,
};
use serde_json::{Map, Value, json};

/// Every turn's messages.
pub(super) fn all(request: &Request, losses: &mut Losses) -> Result<Value, BadRequest> {
    let mut writer = Writer { names: Vec::new(), messages: Vec::new(), losses };
    for turn in &request.turns {
        if turn.blocks.iter().any(|block| block.cache.is_some()) {
            writer.losses.note("cache_control", "left out; this upstream caches by itself");
        }
        match turn.role {
            Role::System => writer.say("system", &turn.blocks)?,
            Role::User => writer.user(turn)?,
            Role::Assistant => writer.assistant(turn)?,
        }
    }
    Ok(Value::Array(writer.messages))
}

struct Writer<'l> {
    /// Ids of calls, and what they called.
    names: Vec<(String, String)>,
    messages: Vec<Value>,
    losses: &'l mut Losses,
}

impl Writer<'_> {
    /// Texts, and images beside them. Nothing is said of nothing.
    fn say<'b>(&mut self, role: &str, blocks: impl IntoIterator<Item = &'b Block>) -> Result<(), BadRequest> {
        let (mut texts, mut images) = (Vec::new(), Vec::new());
        for block in blocks {
            match &block.what {
                What::Text(text) | What::Refusal(text) => texts.push(text.as_str()),
                What::Media(Media { source: Source::Plain(text), .. }) => texts.push(text),
                What::Media(media) => images.push(image(media)?),
                What::Opaque(opaque) => return Err(cannot(&format!("content of type {}", opaque.kind))),
                What::Reasoning(_) | What::ToolUse(_) | What::ToolResult(_) => return Err(cannot("messages.content")),
            }
        }
        if texts.is_empty() && images.is_empty() {
            return Ok(());
        }
        let mut message = json!({"role": role, "content": texts.join("\n\n")});
        if let (false, Some(message)) = (images.is_empty(), message.as_object_mut()) {
            message.insert("images".into(), images.into());
        }
        self.messages.push(message);
        Ok(())
    }

    fn user(&mut self, turn: &Turn) -> Result<(), BadRequest> {
        let mut moved = Vec::new();
        for block in &turn.blocks {
            if let What::ToolResult(result) = &block.what {
                moved.extend(self.result(result)?);
            }
        }
        let said = turn.blocks.iter().filter(|block| !matches!(block.what, What::ToolResult(_)));
        self.say("user", moved.into_iter().chain(said))
    }

    /// A result's texts; what else it holds is for the person's message after it.
    fn result<'b>(&mut self, result: &'b ToolResult) -> Result<Vec<&'b Block>, BadRequest> {
        let (mut texts, mut moved) = (Vec::new(), Vec::new());
        for block in &result.content {
            match &block.what {
                What::Text(text) => texts.push(text.as_str()),
                What::Media(_) => moved.push(block),
                _ => return Err(cannot("tool_result.content")),
            }
        }
        let text = texts.join("\n\n");
        // There is no field for it, and the model must know.
        let text = if result.is_error { format!("Error: {text}") } else { text };
        let called = self.names.iter().rev().find(|(id, _)| *id == result.id).map(|(_, name)| name);
        let name = result.name.as_ref().or(called);
        let mut message = json!({"role": "tool", "content": text, "tool_call_id": result.id});
        if let (Some(name), Some(message)) = (name, message.as_object_mut()) {
            message.insert("tool_name".into(), name.as_str().into());
        }
        self.messages.push(message);
        Ok(moved)
    }

    fn assistant(&mut self, turn: &Turn) -> Result<(), BadRequest> {
        let (mut texts, mut thoughts, mut calls) = (Vec::new(), Vec::new(), Vec::new());
        for block in &turn.blocks {
            match &block.what {
                What::Text(text) | What::Refusal(text) => texts.push(text.as_str()),
                What::Reasoning(thought) if thought.text.is_empty() => self.losses.dropped("thinking.signature"),
                What::Reasoning(thought) => thoughts.push(thought.text.as_str()),
                What::ToolUse(call) => {
                    self.names.push((call.id.clone(), call.name.clone()));
                    let function = json!({"name": call.name, "arguments": call.object()});
                    calls.push(json!({"id": call.id, "function": function}));
                }
                What::Opaque(opaque) => return Err(cannot(&format!("content of type {}", opaque.kind))),
                What::Media(_) | What::ToolResult(_) => return Err(cannot("messages.content")),
            }
        }
        if texts.is_empty() && calls.is_empty() {
            return Ok(());
        }
        let mut message = Map::new();
        message.insert("role".into(), "assistant".into());
        message.insert("content".into(), texts.join("\n\n").into());
        if !thoughts.is_empty() {
            message.insert("thinking".into(), thoughts.join("\n\n").into());
        }
        if !calls.is_empty() {
            message.insert("tool_calls".into(), calls.into());
        }
        self.messages.push(message.into());
        Ok(())
    }
}

fn image(media: &Media) -> Result<Value, BadRequest> {
    match (media.kind, &media.source) {
        (MediaKind::Image, Source::Inline { data, .. }) => Ok(data.as_str().into()),
        (MediaKind::Image, Source::Url { .. }) => Err(cannot("image.source.url")),
        (MediaKind::Image, _) => Err(cannot("image.source.file_id")),
        (MediaKind::Document, _) => Err(cannot("document.source")),
        (MediaKind::Audio, _) => Err(cannot("audio.source")),
        (MediaKind::Video, _) => Err(cannot("video.source")),
    }
}
