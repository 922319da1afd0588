//! The conversation as items. Calls, their outputs and thoughts stand beside messages, in the order of the turns.

use crate::{
    form::{
        loss::{Losses, cannot},
        request::{Block, Media, MediaKind, Reasoning, Request, Role, Source, ToolResult, ToolUse, Turn, What},
        signature::{Maker, Signature},
    },
    request::BadRequest,
};
use serde_json::{Map, Value, json};

/// The instructions, and everything after them.
pub(super) fn all(request: &Request, losses: &mut Losses) -> Result<(Option<Value>, Value), BadRequest> {
    let (system, turns) = request.split_system();
    let mut instructions = Vec::new();
    for block in system {
        match &block.what {
            What::Text(text) => instructions.push(text.as_str()),
            _ => return Err(cannot("system")),
        }
    }
    let marked = |turn: &Turn| turn.blocks.iter().any(|block| block.cache.is_some());
    if request.turns.iter().any(marked) || request.tools.iter().any(|tool| tool.cache.is_some()) {
        losses.note("cache_control", "left out; this upstream caches by itself");
    }
    let mut input = Vec::new();
    for turn in turns {
        let mut said = Vec::new();
        for block in &turn.blocks {
            match item(block, request, losses)? {
                Some(items) => {
                    flush(turn.role, &mut said, &mut input);
                    input.extend(items);
                }
                None => said.extend(part(block, turn.role)?),
            }
        }
        flush(turn.role, &mut said, &mut input);
    }
    let instructions = (!instructions.is_empty()).then(|| instructions.join("\n\n").into());
    Ok((instructions, Value::Array(input)))
}

fn flush(role: Role, said: &mut Vec<Value>, input: &mut Vec<Value>) {
    if said.is_empty() {
        return;
    }
    let role = match role {
        Role::System => "developer",
        Role::User => "user",
        Role::Assistant => "assistant",
    };
    input.push(json!({"type": "message", "role": role, "content": std::mem::take(said)}));
}

/// A block that is an item of its own, or nothing where it does not travel; `None` for a part of a message.
fn item(block: &Block, request: &Request, losses: &mut Losses) -> Result<Option<Vec<Value>>, BadRequest> {
    match &block.what {
        What::ToolUse(call) => Ok(Some(vec![self::call(call)])),
        What::ToolResult(result) => Ok(Some(vec![output(result, request)?])),
        What::Reasoning(reasoning) => Ok(Some(thought(reasoning, losses).into_iter().collect())),
        What::Opaque(opaque) if opaque.maker == Maker::Openai => Ok(Some(vec![opaque.value.clone()])),
        What::Opaque(opaque) => Err(cannot(&format!("content of type {}", opaque.kind))),
        What::Text(_) | What::Media(_) | What::Refusal(_) => Ok(None),
    }
}

fn call(call: &ToolUse) -> Value {
    if call.custom {
        return json!({"type": "custom_tool_call", "call_id": call.id, "name": call.name, "input": call.arguments});
    }
    json!({"type": "function_call", "call_id": call.id, "name": call.name, "arguments": call.function_arguments()})
}

fn output(result: &ToolResult, request: &Request) -> Result<Value, BadRequest> {
    let blocks = request.turns.iter().flat_map(|turn| &turn.blocks);
    let custom = blocks.filter_map(Block::as_tool_use).any(|call| call.custom && call.id == result.id);
    let kind = if custom { "custom_tool_call_output" } else { "function_call_output" };
    let only_text = result.content.iter().all(|block| matches!(block.what, What::Text(_)));
    let output = if only_text {
        let texts = result.content.iter().filter_map(|block| match &block.what {
            What::Text(text) => Some(text.as_str()),
            _ => None,
        });
        let text = texts.collect::<Vec<_>>().join("\n\n");
        // There is no field for it, and the model must know.
        let told = result.is_error && !text.to_lowercase().contains("error");
        Value::String(if told { format!("Error: {text}") } else { text })
    } else {
        let parts = result.content.iter().map(|block| part(block, Role::User));
        Value::Array(parts.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
    };
    Ok(json!({"type": kind, "call_id": result.id, "output": output}))
}

/// A thought goes back to OpenAI only if OpenAI has sealed it.
fn thought(reasoning: &Reasoning, losses: &mut Losses) -> Option<Value> {
    let Some(signature) = reasoning.signature.as_ref().filter(|signature| signature.maker == Maker::Openai) else {
        losses.note("thinking", "thoughts of another maker were left out");
        return None;
    };
    let (id, sealed) = taken_apart(signature, reasoning.id.as_deref());
    let summary =
        if reasoning.text.is_empty() { json!([]) } else { json!([{"type": "summary_text", "text": reasoning.text}]) };
    let mut item = json!({"type": "reasoning", "summary": summary, "encrypted_content": sealed});
    if let (Some(id), Some(item)) = (id, item.as_object_mut()) {
        item.insert("id".into(), id.into());
    }
    Some(item)
}

/// The item's id, which may travel in front of what is sealed, and that.
fn taken_apart<'a>(signature: &'a Signature, id: Option<&'a str>) -> (Option<&'a str>, &'a str) {
    match signature.data.split_once('.') {
        Some((id, sealed)) => (Some(id), sealed),
        None => (id, &signature.data),
    }
}

/// A part of a message; nothing for an empty text.
fn part(block: &Block, role: Role) -> Result<Option<Value>, BadRequest> {
    let kind = if role == Role::Assistant { "output_text" } else { "input_text" };
    match &block.what {
        What::Text(text) if text.is_empty() => Ok(None),
        What::Text(text) => Ok(Some(json!({"type": kind, "text": text}))),
        What::Refusal(text) => Ok(Some(json!({"type": "refusal", "refusal": text}))),
        What::Media(media) => self::media(media).map(Some),
        _ => Err(cannot("content")),
    }
}

fn media(media: &Media) -> Result<Value, BadRequest> {
    let inline = |mime: &str, data: &str| format!("data:{mime};base64,{data}");
    let mut entry = Map::new();
    let mut put = |name: &str, value: &str| entry.insert(name.to_owned(), value.into());
    match (media.kind, &media.source) {
        (MediaKind::Image, source) => {
            put("type", "input_image");
            match source {
                Source::Inline { mime, data } => put("image_url", &inline(mime, data)),
                Source::Url { url, .. } => put("image_url", url),
                Source::File { .. } | Source::Plain(_) => return Err(cannot("image.source")),
            };
            put("detail", media.detail.as_deref().unwrap_or("auto"));
        }
        (MediaKind::Document, Source::Plain(text)) => {
            put("type", "input_text");
            put("text", text);
        }
        (MediaKind::Document, source) => {
            put("type", "input_file");
            match source {
                Source::Inline { mime, data } => {
                    put("filename", media.title.as_deref().unwrap_or("document.pdf"));
                    put("file_data", &inline(mime, data))
                }
                Source::Url { url, .. } => put("file_url", url),
                Source::File { .. } | Source::Plain(_) => return Err(cannot("document.source.file_id")),
            };
        }
        (MediaKind::Audio, _) => return Err(cannot("content of type audio")),
        (MediaKind::Video, _) => return Err(cannot("content of type video")),
    }
    Ok(Value::Object(entry))
}
