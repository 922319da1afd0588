//! The conversation. Answers to calls name the function; signatures go back where they came from.

use super::thinking::version;
use crate::{
    form::{
        loss::{Losses, cannot},
        request::{Block, Media, Reasoning, Request, Role, Source, ToolResult, ToolUse, What},
        signature::{Maker, Signature},
        target::Target,
    },
    request::BadRequest,
};
use serde_json::{Map, Value, json};

/// What Google asks for in place of the signature of a call that another model made: from 3 on a call of the current turn
/// without one is refused. <https://ai.google.dev/gemini-api/docs/thought-signatures>
pub(in crate::gemini) const UNSIGNED_CALL: &str = "skip_thought_signature_validator";

/// Whether the model refuses a call without a signature.
pub(in crate::gemini) fn wants_signed_calls(model: &str) -> bool {
    version(model).is_some_and(|version| version >= (3, 0))
}

/// The system prompts before the conversation.
pub(super) fn system(request: &Request) -> Result<Option<Value>, BadRequest> {
    let (system, _) = request.split_system();
    let mut parts = Vec::new();
    for block in system {
        match &block.what {
            What::Text(text) => parts.push(json!({ "text": text })),
            _ => return Err(cannot("system")),
        }
    }
    Ok((!parts.is_empty()).then(|| json!({ "parts": parts })))
}

/// The turns, those of one role that follow each other as one.
pub(super) fn all(request: &Request, target: &Target<'_>, losses: &mut Losses) -> Result<Value, BadRequest> {
    let (_, turns) = request.split_system();
    let mut writer = Writer { names: Vec::new(), signs_calls: wants_signed_calls(target.model), losses };
    let mut contents: Vec<(&str, Vec<Value>)> = Vec::new();
    for turn in turns {
        let role = match turn.role {
            Role::User => "user",
            Role::Assistant => "model",
            Role::System => {
                writer.losses.note("messages", "a system prompt amid the conversation is told as the user's words");
                "user"
            }
        };
        let parts = writer.turn(&turn.blocks)?;
        match contents.last_mut() {
            Some((last, all)) if *last == role => all.extend(parts),
            _ => contents.push((role, parts)),
        }
    }
    contents.retain(|(_, parts)| !parts.is_empty());
    if contents.is_empty() {
        contents.push(("user", vec![json!({"text": "(no content)"})]));
    }
    Ok(contents.into_iter().map(|(role, parts)| json!({"role": role, "parts": parts})).collect())
}

struct Writer<'l> {
    /// Ids of calls, and what they called.
    names: Vec<(String, String)>,
    signs_calls: bool,
    losses: &'l mut Losses,
}

impl Writer<'_> {
    fn turn(&mut self, blocks: &[Block]) -> Result<Vec<Value>, BadRequest> {
        let mut parts = Vec::new();
        let mut first_call = true;
        for block in blocks {
            match &block.what {
                What::Text(text) | What::Refusal(text) if text.is_empty() => {}
                What::Text(text) | What::Refusal(text) => parts.push(json!({ "text": text })),
                What::Media(media) => parts.push(self::media(media)?),
                What::Reasoning(thought) => parts.extend(self.thought(thought)),
                What::ToolUse(call) => {
                    parts.push(self.call(call, first_call));
                    first_call = false;
                }
                What::ToolResult(result) => self.result(result, &mut parts)?,
                What::Opaque(opaque) if opaque.maker == Maker::Google => {
                    parts.push(json!({ opaque.kind.as_str(): opaque.value }));
                }
                What::Opaque(opaque) => return Err(cannot(&format!("content of type {}", opaque.kind))),
            }
        }
        Ok(parts)
    }

    fn thought(&mut self, thought: &Reasoning) -> Option<Value> {
        let own = thought.signature.as_ref().filter(|signature| signature.maker == Maker::Google);
        let Some(signature) = own else {
            self.losses.note("thinking", "thoughts of another maker were left out");
            return None;
        };
        Some(if thought.text.is_empty() {
            json!({"text": "", "thoughtSignature": signature.data})
        } else {
            json!({"text": thought.text, "thought": true, "thoughtSignature": signature.data})
        })
    }

    fn call(&mut self, call: &ToolUse, is_first: bool) -> Value {
        let (id, in_id) = Signature::from_id(&call.id);
        self.names.push((id.to_owned(), call.name.clone()));
        let mut part = Map::new();
        part.insert("functionCall".into(), json!({"id": id, "name": call.name, "args": call.object()}));
        let signature = call.signature.clone().or(in_id).filter(|signature| signature.maker == Maker::Google);
        // Of calls made at once only the first is signed.
        let stands_in = (self.signs_calls && is_first).then(|| UNSIGNED_CALL.to_owned());
        if let Some(data) = signature.map(|signature| signature.data).or(stands_in) {
            part.insert("thoughtSignature".into(), data.into());
        }
        Value::Object(part)
    }

    /// Texts are the function's answer; media stand beside it.
    fn result(&self, result: &ToolResult, parts: &mut Vec<Value>) -> Result<(), BadRequest> {
        let (id, _) = Signature::from_id(&result.id);
        let called = self.names.iter().rev().find(|(call, _)| call == id).map(|(_, name)| name);
        let Some(name) = result.name.as_ref().or(called) else {
            return Err(BadRequest::new(format!("The tool result `{id}` belongs to no call in this conversation.")));
        };
        let (mut texts, mut beside) = (Vec::new(), Vec::new());
        for inner in &result.content {
            match &inner.what {
                What::Text(text) => texts.push(text.as_str()),
                What::Media(media) => beside.push(self::media(media)?),
                _ => return Err(cannot("tool_result.content")),
            }
        }
        let response = said(&texts.join("\n\n"), result.is_error);
        parts.push(json!({"functionResponse": {"id": id, "name": name, "response": response}}));
        parts.extend(beside);
        Ok(())
    }
}

/// An object as it is, unless it would read as something else; any other text under the name that Google asks for.
fn said(text: &str, is_error: bool) -> Value {
    if is_error {
        return json!({ "error": text });
    }
    match serde_json::from_str(text) {
        Ok(Value::Object(object))
            if !object.is_empty() && !["output", "result", "error"].iter().any(|it| object.contains_key(*it)) =>
        {
            Value::Object(object)
        }
        _ => json!({ "output": text }),
    }
}

fn media(media: &Media) -> Result<Value, BadRequest> {
    match &media.source {
        Source::Inline { mime, data } => Ok(json!({"inlineData": {"mimeType": mime, "data": data}})),
        Source::Url { url, mime } => {
            let mime = mime.clone().or_else(|| mime_of(url).map(str::to_owned));
            Ok(json!({"fileData": {"fileUri": url, "mimeType": mime}}))
        }
        Source::Plain(text) => Ok(json!({ "text": text })),
        // A file is known only where it was uploaded.
        Source::File { .. } => Err(cannot("content.file_id")),
    }
}

/// Google wants the type of what it fetches; the address's ending tells it.
fn mime_of(url: &str) -> Option<&'static str> {
    let path = url.split(['?', '#']).next().unwrap_or_default().to_ascii_lowercase();
    let (_, ending) = path.rsplit_once('.')?;
    Some(match ending {
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "gif" => "image/gif",
        "heic" => "image/heic",
        "pdf" => "application/pdf",
        "mp3" => "audio/mpeg",
        "wav" => "audio/wav",
        "mp4" => "video/mp4",
        "webm" => "video/webm",
        "txt" => "text/plain",
        _ => return None,
    })
}
