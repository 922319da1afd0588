//! A whole answer. Source: <https://ai.google.dev/api/generate-content#generatecontentresponse>.

use crate::{
    form::{
        answer::{Asked, Message, Stop},
        request::{ToolUse, What},
        signature::Signature,
    },
    gemini::sealed::{self, Riders},
};
use domain::usage::Usage;
use serde_json::{Map, Value, json};

pub(in crate::gemini) fn answer(message: &Message, usage: &Usage, asked: &Asked) -> Value {
    let (mut parts, mut riders) = (Vec::new(), Riders::default());
    for block in &message.blocks {
        parts.extend(part(&block.what, &mut riders));
    }
    let mut last = json!({"text": ""});
    riders.ride(&mut last);
    if last.get("thoughtSignature").is_some() {
        parts.push(last);
    }
    document(parts, Some(&message.stop), Some(usage), asked)
}

/// A whole answer, or one event of a stream.
pub(super) fn document(parts: Vec<Value>, stop: Option<&Stop>, usage: Option<&Usage>, asked: &Asked) -> Value {
    let mut candidate = Map::new();
    candidate.insert("content".into(), json!({"parts": parts, "role": "model"}));
    if let Some(stop) = stop {
        candidate.insert("finishReason".into(), finish(stop).into());
    }
    candidate.insert("index".into(), 0.into());
    let mut document = Map::new();
    document.insert("candidates".into(), json!([candidate]));
    if let Some(usage) = usage {
        document.insert("usageMetadata".into(), self::usage(usage));
    }
    document.insert("modelVersion".into(), asked.model.as_str().into());
    document.insert("responseId".into(), asked.id.as_str().into());
    Value::Object(document)
}

fn part(what: &What, riders: &mut Riders) -> Option<Value> {
    let mut part = match what {
        What::Text(text) | What::Refusal(text) => (!text.is_empty()).then(|| json!({ "text": text }))?,
        What::Reasoning(thought) => {
            let own = riders.board(thought.clone());
            return self::thought(&thought.text, own.and_then(|own| own.signature).as_ref());
        }
        What::ToolUse(call) => self::call(call),
        What::Media(_) | What::ToolResult(_) | What::Opaque(_) => return None,
    };
    riders.ride(&mut part);
    Some(part)
}

/// A thought; `None` if it neither says anything nor carries a signature.
pub(super) fn thought(text: &str, signature: Option<&Signature>) -> Option<Value> {
    let sealed = signature.map(sealed::write);
    match sealed {
        None if text.is_empty() => None,
        None => Some(json!({"text": text, "thought": true})),
        Some(sealed) => Some(json!({"text": text, "thought": true, "thoughtSignature": sealed})),
    }
}

/// A call. A custom tool's text is the one parameter of a function here.
pub(super) fn call(call: &ToolUse) -> Value {
    let mut part = Map::new();
    part.insert("functionCall".into(), json!({"id": call.id, "name": call.name, "args": call.object()}));
    if let Some(signature) = &call.signature {
        part.insert("thoughtSignature".into(), sealed::write(signature).into());
    }
    Value::Object(part)
}

/// Google's word for the end. A word that nobody knows is no normal end.
pub(super) fn finish(stop: &Stop) -> &'static str {
    match stop {
        Stop::End | Stop::ToolUse | Stop::Sequence(_) => "STOP",
        Stop::MaxTokens | Stop::ContextFull => "MAX_TOKENS",
        Stop::Refusal | Stop::Filtered => "SAFETY",
        Stop::Paused | Stop::Unknown(_) => "OTHER",
    }
}

/// The prompt's count includes cached tokens, the candidates' leaves thoughts out.
pub(super) fn usage(usage: &Usage) -> Value {
    let prompt = usage.input.saturating_add(usage.cache_read).saturating_add(usage.cache_write());
    let mut told = Map::new();
    told.insert("promptTokenCount".into(), prompt.into());
    if usage.cache_read > 0 {
        told.insert("cachedContentTokenCount".into(), usage.cache_read.into());
    }
    told.insert("candidatesTokenCount".into(), usage.output.saturating_sub(usage.reasoning).into());
    if usage.reasoning > 0 {
        told.insert("thoughtsTokenCount".into(), usage.reasoning.into());
    }
    told.insert("totalTokenCount".into(), prompt.saturating_add(usage.output).into());
    Value::Object(told)
}
