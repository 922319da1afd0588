//! The conversation. Anthropic refuses empty texts, thoughts that it has not signed, ids with odd letters, and more than
//! four cache marks; what would be refused for its form alone is mended here.

use crate::{
    form::{
        loss::{Losses, cannot},
        request::{Block, CacheMark, Media, MediaKind, Reasoning, Request, Role, Source, ToolResult, What},
        signature::Maker,
    },
    request::BadRequest,
};
use serde_json::{Map, Value, json};

/// <https://docs.anthropic.com/en/docs/build-with-claude/prompt-caching>
const MAX_MARKS: usize = 4;

/// Which of the cache marks are written: the last four.
#[derive(Debug)]
pub(super) struct Marks {
    skip: usize,
    pub dropped: bool,
}

impl Marks {
    /// Of a request, in the order tools, system, messages.
    pub fn of(request: &Request) -> Self {
        fn in_block(block: &Block) -> usize {
            let inside = match &block.what {
                What::ToolResult(result) => result.content.iter().filter(|inner| inner.cache.is_some()).count().min(1),
                _ => 0,
            };
            usize::from(block.cache.is_some()).max(inside)
        }
        let tools = request.tools.iter().filter(|tool| tool.cache.is_some()).count();
        let all = tools + request.turns.iter().flat_map(|turn| &turn.blocks).map(in_block).sum::<usize>();
        Self { skip: all.saturating_sub(MAX_MARKS), dropped: all > MAX_MARKS }
    }

    /// Writes a mark, unless it is one of those left out.
    pub fn put(&mut self, mark: Option<CacheMark>, entry: &mut Map<String, Value>) {
        let Some(mark) = mark else { return };
        if self.skip > 0 {
            self.skip -= 1;
            return;
        }
        let control = match mark {
            CacheMark::FiveMinutes => json!({"type": "ephemeral"}),
            CacheMark::OneHour => json!({"type": "ephemeral", "ttl": "1h"}),
        };
        entry.insert("cache_control".into(), control);
    }
}

/// The system prompts before the conversation.
pub(super) fn system(request: &Request, marks: &mut Marks) -> Result<Vec<Value>, BadRequest> {
    let (system, _) = request.split_system();
    let blocks = system.into_iter().filter(|block| !is_empty(block));
    let text = |block: &Block| match &block.what {
        What::Text(_) => block_of(block, marks),
        _ => Err(cannot("system")),
    };
    blocks.map(text).collect()
}

/// The turns, those of one role that follow each other as one.
pub(super) fn all(request: &Request, marks: &mut Marks, losses: &mut Losses) -> Result<Value, BadRequest> {
    let (_, turns) = request.split_system();
    let mut messages: Vec<(&str, Vec<Value>)> = Vec::new();
    for turn in turns {
        let role = match turn.role {
            Role::User => "user",
            Role::Assistant => "assistant",
            Role::System => {
                losses.note("messages", "a system prompt amid the conversation is told as the user's words");
                "user"
            }
        };
        let mut blocks = Vec::new();
        for block in &turn.blocks {
            if is_empty(block) || !passes(block, losses) {
                continue;
            }
            blocks.push(block_of(block, marks)?);
        }
        // Results come first, or Anthropic does not find them.
        blocks.sort_by_key(|block| block.get("type").and_then(Value::as_str) != Some("tool_result"));
        match messages.last_mut() {
            Some((last, all)) if *last == role => all.extend(blocks),
            _ if blocks.is_empty() && role == "assistant" => {}
            _ => messages.push((role, blocks)),
        }
    }
    let nothing = || vec![json!({"type": "text", "text": "(no content)"})];
    if messages.first().is_none_or(|(role, _)| *role != "user") {
        messages.insert(0, ("user", nothing()));
    }
    let all = messages.into_iter().map(|(role, blocks)| {
        let blocks = if blocks.is_empty() { nothing() } else { blocks };
        json!({"role": role, "content": blocks})
    });
    Ok(all.collect())
}

/// Whether a block is a text of nothing.
fn is_empty(block: &Block) -> bool {
    matches!(&block.what, What::Text(text) | What::Refusal(text) if text.trim().is_empty())
}

/// Thoughts go back to Claude only if it has signed them.
fn passes(block: &Block, losses: &mut Losses) -> bool {
    let What::Reasoning(reasoning) = &block.what else { return true };
    let own = reasoning.signature.as_ref().is_some_and(|signature| signature.maker == Maker::Anthropic);
    if !own {
        losses.note("thinking", "thoughts of another maker were left out");
    }
    own
}

fn block_of(block: &Block, marks: &mut Marks) -> Result<Value, BadRequest> {
    let mut mark = block.cache;
    let value = match &block.what {
        What::Text(text) | What::Refusal(text) => json!({"type": "text", "text": text}),
        What::Media(media) => self::media(media)?,
        What::Reasoning(reasoning) => thought(reasoning),
        What::ToolUse(call) => {
            json!({"type": "tool_use", "id": safe_id(&call.id), "name": call.name, "input": call.object()})
        }
        What::ToolResult(result) => {
            // A mark inside a result is the result's.
            mark = mark.or(result.content.iter().rev().find_map(|inner| inner.cache));
            tool_result(result)?
        }
        What::Opaque(opaque) if opaque.maker == Maker::Anthropic => opaque.value.clone(),
        What::Opaque(opaque) => return Err(cannot(&format!("content of type {}", opaque.kind))),
    };
    let Value::Object(mut entry) = value else { return Err(cannot("content")) };
    marks.put(mark, &mut entry);
    Ok(Value::Object(entry))
}

fn thought(reasoning: &Reasoning) -> Value {
    let signature = reasoning.signature.as_ref();
    match signature {
        Some(signature) if signature.redacted => json!({"type": "redacted_thinking", "data": signature.data}),
        _ => {
            let data = signature.map(|signature| signature.data.as_str());
            json!({"type": "thinking", "thinking": reasoning.text, "signature": data})
        }
    }
}

fn tool_result(result: &ToolResult) -> Result<Value, BadRequest> {
    let mut content = Vec::new();
    for inner in result.content.iter().filter(|inner| !is_empty(inner)) {
        content.push(match &inner.what {
            What::Text(text) => json!({"type": "text", "text": text}),
            What::Media(media) => self::media(media)?,
            What::Opaque(opaque) if opaque.maker == Maker::Anthropic => opaque.value.clone(),
            _ => return Err(cannot("tool_result.content")),
        });
    }
    let mut entry = json!({"type": "tool_result", "tool_use_id": safe_id(&result.id), "content": content});
    if let (true, Some(entry)) = (result.is_error, entry.as_object_mut()) {
        entry.insert("is_error".into(), true.into());
    }
    Ok(entry)
}

fn media(media: &Media) -> Result<Value, BadRequest> {
    let kind = match media.kind {
        MediaKind::Image => "image",
        MediaKind::Document => "document",
        MediaKind::Audio => return Err(cannot("content of type audio")),
        MediaKind::Video => return Err(cannot("content of type video")),
    };
    let source = match &media.source {
        Source::Inline { mime, data } => json!({"type": "base64", "media_type": mime, "data": data}),
        Source::Url { url, .. } => json!({"type": "url", "url": url}),
        Source::Plain(text) => json!({"type": "text", "media_type": "text/plain", "data": text}),
        // A file is known only where it was uploaded.
        Source::File { .. } => return Err(cannot("content.file_id")),
    };
    let mut entry = json!({"type": kind, "source": source});
    if let (Some(title), MediaKind::Document, Some(entry)) = (&media.title, media.kind, entry.as_object_mut()) {
        entry.insert("title".into(), title.as_str().into());
    }
    Ok(entry)
}

/// Ids hold letters, digits, `_` and `-`. The same id becomes the same everywhere in a request.
fn safe_id(id: &str) -> String {
    let safe = |c: char| if c.is_ascii_alphanumeric() || c == '_' || c == '-' { c } else { '_' };
    id.chars().map(safe).collect()
}
