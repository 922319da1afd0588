//! What an answer says. A stream's documents have the shape of a whole answer; calls come whole.

use crate::{
    form::{
        answer::{Message, Stop},
        document::{self, items, text},
        piece::{Begin, Decode, Piece, Slot},
        request::{Block, Reasoning, ToolUse, What},
    },
    stream::{Fault, SseEvent},
};
use serde_json::Value;

/// Where the stream is.
#[derive(Debug)]
pub(super) struct Decoder {
    seed: String,
    slots: Slot,
    calls: u32,
    /// Whether a thought is open, and where.
    prose: Option<(bool, Slot)>,
}

impl Decoder {
    pub fn new(seed: &str) -> Self {
        Self { seed: seed.to_owned(), slots: 0, calls: 0, prose: None }
    }

    fn slot(&mut self) -> Slot {
        self.slots += 1;
        self.slots
    }

    fn prose(&mut self, is_thought: bool, more: &str, pieces: &mut Vec<Piece>) {
        if more.is_empty() {
            return;
        }
        let slot = match self.prose {
            Some((open, slot)) if open == is_thought => slot,
            _ => {
                let slot = self.slot();
                self.prose = Some((is_thought, slot));
                pieces.push(Piece::Begin(slot, if is_thought { Begin::Reasoning(None) } else { Begin::Text }));
                slot
            }
        };
        pieces.push(Piece::Text(slot, more.to_owned()));
    }

    fn call(&mut self, call: &Value, pieces: &mut Vec<Piece>) {
        let function = call.get("function").unwrap_or(&Value::Null);
        self.prose = None;
        self.calls += 1;
        // Older servers give calls no ids.
        let id = match text(call, "id") {
            "" => format!("call_{}_{}", self.seed, self.calls),
            id => id.to_owned(),
        };
        let arguments = match function.get("arguments") {
            Some(Value::String(text)) => text.clone(),
            Some(object) if !object.is_null() => object.to_string(),
            _ => "{}".to_owned(),
        };
        let slot = self.slot();
        let name = text(function, "name").to_owned();
        let begin = Begin::ToolUse { id, name, custom: false, signature: None };
        pieces.extend([Piece::Begin(slot, begin), Piece::Arguments(slot, arguments), Piece::End(slot)]);
    }

    fn document(&mut self, document: &Value, pieces: &mut Vec<Piece>) {
        if let Some(message) = document.get("message") {
            self.prose(true, text(message, "thinking"), pieces);
            self.prose(false, text(message, "content"), pieces);
            for call in items(message, "tool_calls") {
                self.call(call, pieces);
            }
        }
        if document.get("done").and_then(Value::as_bool) == Some(true) {
            pieces.push(Piece::Stop(match stop_of(text(document, "done_reason")) {
                Stop::End if self.calls > 0 => Stop::ToolUse,
                stop => stop,
            }));
        }
    }
}

impl Decode for Decoder {
    fn event(&mut self, event: &SseEvent<'_>, pieces: &mut Vec<Piece>) {
        if let Some(document) = event.data.as_deref().and_then(document::parse) {
            self.document(&document, pieces);
        }
    }
}

/// Servers before 0.1.45 tell no reason.
fn stop_of(word: &str) -> Stop {
    match word {
        "stop" | "" => Stop::End,
        "length" => Stop::MaxTokens,
        other => Stop::Unknown(other.to_owned()),
    }
}

/// A whole answer is read as a stream of one document.
pub(super) fn answer(document: &Value, seed: &str) -> Result<Message, Fault> {
    if document.get("message").is_none() {
        return Err(Fault::Malformed);
    }
    let (mut pieces, mut blocks) = (Vec::new(), Vec::<Block>::new());
    Decoder::new(seed).document(document, &mut pieces);
    let mut stop = Stop::Unknown(String::new());
    for piece in pieces {
        match (piece, blocks.last_mut().map(|block| &mut block.what)) {
            (Piece::Begin(_, Begin::Text), _) => blocks.push(Block::text("")),
            (Piece::Begin(_, Begin::Reasoning(_)), _) => blocks.push(What::Reasoning(Reasoning::default()).into()),
            (Piece::Begin(_, Begin::ToolUse { id, name, .. }), _) => {
                blocks.push(What::ToolUse(ToolUse { id, name, ..ToolUse::default() }).into());
            }
            (Piece::Text(_, more), Some(What::Text(text))) => text.push_str(&more),
            (Piece::Text(_, more), Some(What::Reasoning(thought))) => thought.text.push_str(&more),
            (Piece::Arguments(_, more), Some(What::ToolUse(call))) => call.arguments.push_str(&more),
            (Piece::Stop(told), _) => stop = told,
            _ => {}
        }
    }
    Ok(Message { blocks, stop })
}
