//! A streamed answer. Blocks are numbered and tell their beginning and end.

use super::answer::{opaque, redacted, stop_of};
use crate::{
    form::{
        document::{self, text},
        piece::{Begin, Decode, Piece, Slot},
        signature::{Maker, Signature},
    },
    stream::SseEvent,
};
use serde_json::Value;

/// Where the stream is.
#[derive(Debug, Default)]
pub(in crate::anthropic) struct Decoder {
    /// Signatures in parts, by slot: as a rule they come whole.
    sealed: Vec<(Slot, String)>,
}

impl Decode for Decoder {
    fn event(&mut self, event: &SseEvent<'_>, pieces: &mut Vec<Piece>) {
        let Some(document) = event.data.as_deref().and_then(document::parse) else {
            return;
        };
        let slot = document.get("index").and_then(Value::as_u64).and_then(|at| Slot::try_from(at).ok()).unwrap_or(0);
        match text(&document, "type") {
            "content_block_start" => {
                if let Some(block) = document.get("content_block") {
                    begin(slot, block, pieces);
                }
            }
            "content_block_delta" => {
                if let Some(delta) = document.get("delta") {
                    self.delta(slot, delta, pieces);
                }
            }
            "content_block_stop" => self.end(slot, pieces),
            "message_delta" => stop(&document, pieces),
            _ => {}
        }
    }
}

impl Decoder {
    fn delta(&mut self, slot: Slot, delta: &Value, pieces: &mut Vec<Piece>) {
        let more = |name| text(delta, name).to_owned();
        match text(delta, "type") {
            "text_delta" => pieces.push(Piece::Text(slot, more("text"))),
            "thinking_delta" => pieces.push(Piece::Text(slot, more("thinking"))),
            "input_json_delta" if !text(delta, "partial_json").is_empty() => {
                pieces.push(Piece::Arguments(slot, more("partial_json")));
            }
            "signature_delta" => match self.sealed.iter_mut().find(|(known, _)| *known == slot) {
                Some((_, sealed)) => sealed.push_str(text(delta, "signature")),
                None => self.sealed.push((slot, more("signature"))),
            },
            _ => {}
        }
    }

    fn end(&mut self, slot: Slot, pieces: &mut Vec<Piece>) {
        if let Some(at) = self.sealed.iter().position(|(known, _)| *known == slot) {
            let (_, sealed) = self.sealed.swap_remove(at);
            pieces.extend(Signature::from_field_of(Maker::Anthropic, &sealed).map(|sign| Piece::Sign(slot, sign)));
        }
        pieces.push(Piece::End(slot));
    }
}

fn begin(slot: Slot, block: &Value, pieces: &mut Vec<Piece>) {
    match text(block, "type") {
        "text" => {
            pieces.push(Piece::Begin(slot, Begin::Text));
            more(slot, text(block, "text"), pieces);
        }
        "thinking" => {
            pieces.push(Piece::Begin(slot, Begin::Reasoning(None)));
            more(slot, text(block, "thinking"), pieces);
        }
        "redacted_thinking" => {
            pieces.push(Piece::Begin(slot, Begin::Reasoning(None)));
            pieces.extend(redacted(block).map(|sign| Piece::Sign(slot, sign)));
        }
        "tool_use" => {
            let (id, name) = (text(block, "id").to_owned(), text(block, "name").to_owned());
            pieces.push(Piece::Begin(slot, Begin::ToolUse { id, name, custom: false, signature: None }));
        }
        kind => pieces.push(Piece::Begin(slot, Begin::Opaque(opaque(kind, block)))),
    }
}

fn more(slot: Slot, more: &str, pieces: &mut Vec<Piece>) {
    if !more.is_empty() {
        pieces.push(Piece::Text(slot, more.to_owned()));
    }
}

fn stop(document: &Value, pieces: &mut Vec<Piece>) {
    let Some(delta) = document.get("delta") else { return };
    let reason = text(delta, "stop_reason");
    if !reason.is_empty() {
        let sequence = delta.get("stop_sequence").and_then(Value::as_str).map(str::to_owned);
        pieces.push(Piece::Stop(stop_of(reason, sequence)));
    }
}
