//! A streamed answer. Chunks tell neither where a block begins nor where it ends: it begins when something first comes for
//! it. Calls are numbered by `index`; servers that number none, or all alike, are told apart by the call's id.

use crate::{
    form::{
        answer::Stop,
        document::{self, items, text},
        piece::{Begin, Decode, Piece, Slot},
        signature::{Maker, Signature},
    },
    stream::SseEvent,
};
use serde_json::Value;

/// Where the stream is.
#[derive(Debug, Default)]
pub(in crate::openai_chat) struct Decoder {
    slots: Slot,
    /// The text, reasoning or refusal that was last added to.
    prose: Option<(Prose, Slot)>,
    calls: Vec<Call>,
    stopped: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Prose {
    Text,
    Reasoning,
    Refusal,
}

#[derive(Debug)]
struct Call {
    index: Option<u64>,
    id: String,
    slot: Slot,
}

impl Decode for Decoder {
    fn event(&mut self, event: &SseEvent<'_>, pieces: &mut Vec<Piece>) {
        let Some(chunk) = event.data.as_deref().and_then(document::parse) else {
            return;
        };
        let first = |choice: &&Value| choice.get("index").and_then(Value::as_u64).unwrap_or(0) == 0;
        for choice in items(&chunk, "choices").iter().filter(first) {
            // Some servers repeat the whole message with the last chunk.
            if let Some(delta) = choice.get("delta") {
                self.delta(delta, pieces);
            }
            self.stop(text(choice, "finish_reason"), pieces);
        }
    }
}

impl Decoder {
    fn delta(&mut self, delta: &Value, pieces: &mut Vec<Piece>) {
        self.prose(Prose::Reasoning, &thought_of(delta), pieces);
        match delta.get("content") {
            Some(Value::String(text)) => self.prose(Prose::Text, text, pieces),
            Some(Value::Array(parts)) => {
                for part in parts {
                    for inner in items(part, "thinking") {
                        self.prose(Prose::Reasoning, text(inner, "text"), pieces);
                    }
                    self.prose(Prose::Text, text(part, "text"), pieces);
                }
            }
            _ => {}
        }
        self.prose(Prose::Refusal, text(delta, "refusal"), pieces);
        for call in items(delta, "tool_calls") {
            self.call(call, pieces);
        }
        if let Some(function) = delta.get("function_call").filter(|call| call.is_object()) {
            self.call(&serde_json::json!({"index": 0, "id": function.get("name"), "function": function}), pieces);
        }
    }

    fn next_slot(&mut self) -> Slot {
        self.slots += 1;
        self.slots
    }

    fn prose(&mut self, kind: Prose, more: &str, pieces: &mut Vec<Piece>) {
        if more.is_empty() {
            return;
        }
        let slot = match self.prose {
            Some((open, slot)) if open == kind => slot,
            _ => {
                let slot = self.next_slot();
                self.prose = Some((kind, slot));
                pieces.push(Piece::Begin(
                    slot,
                    match kind {
                        Prose::Text => Begin::Text,
                        Prose::Reasoning => Begin::Reasoning(None),
                        Prose::Refusal => Begin::Refusal,
                    },
                ));
                slot
            }
        };
        pieces.push(Piece::Text(slot, more.to_owned()));
    }

    fn call(&mut self, call: &Value, pieces: &mut Vec<Piece>) {
        let index = call.get("index").and_then(Value::as_u64);
        let id = text(call, "id");
        let custom = text(call, "type") == "custom" || call.get("custom").is_some_and(Value::is_object);
        let inner = call.get(if custom { "custom" } else { "function" }).unwrap_or(&Value::Null);
        let known = self.calls.iter().rev().find(|known| {
            let same_index = index.is_none() || known.index == index;
            let same_id = id.is_empty() || known.id == id;
            same_index && same_id
        });
        let slot = match known {
            Some(known) => known.slot,
            None => {
                let slot = self.next_slot();
                // A text that goes on after a call is a new one.
                self.prose = None;
                self.calls.push(Call { index, id: id.to_owned(), slot });
                let sealed = call.pointer("/extra_content/google/thought_signature").and_then(Value::as_str);
                let signature = sealed.and_then(|data| Signature::from_field_of(Maker::Google, data));
                let (id, name) = (id.to_owned(), text(inner, "name").to_owned());
                pieces.push(Piece::Begin(slot, Begin::ToolUse { id, name, custom, signature }));
                slot
            }
        };
        let more = match inner.get(if custom { "input" } else { "arguments" }) {
            Some(Value::String(text)) => text.clone(),
            Some(object @ Value::Object(_)) => object.to_string(),
            _ => String::new(),
        };
        if !more.is_empty() {
            pieces.push(Piece::Arguments(slot, more));
        }
    }

    fn stop(&mut self, word: &str, pieces: &mut Vec<Piece>) {
        if word.is_empty() || self.stopped {
            return;
        }
        self.stopped = true;
        pieces.push(Piece::Stop(match stop_of(word) {
            Stop::End if !self.calls.is_empty() => Stop::ToolUse,
            stop => stop,
        }));
    }
}

/// Thoughts, under either of the two names that servers give them; told under both they are one text.
pub(super) fn thought_of(delta: &Value) -> String {
    let named = |name| text(delta, name);
    let thought = if named("reasoning_content").is_empty() { named("reasoning") } else { named("reasoning_content") };
    thought.to_owned()
}

/// Why it ended, by the word for it.
pub(super) fn stop_of(word: &str) -> Stop {
    match word {
        "stop" | "eos" | "end_turn" => Stop::End,
        "length" | "max_tokens" | "model_length" => Stop::MaxTokens,
        "tool_calls" | "function_call" => Stop::ToolUse,
        "content_filter" | "sensitive" => Stop::Filtered,
        other => Stop::Unknown(other.to_owned()),
    }
}
