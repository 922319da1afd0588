//! A streamed answer. Items are numbered; a message's parts and a thought's are numbered in them.

use super::answer::{call, item_id, opaque, sealed, stop_of};
use crate::{
    form::{
        document::{self, text},
        piece::{Begin, Decode, Piece, Slot},
        request::ToolUse,
    },
    stream::SseEvent,
};
use serde_json::Value;

/// Where the stream is.
#[derive(Debug, Default)]
pub(in crate::openai_responses) struct Decoder {
    slots: Slot,
    /// Open blocks by item and part.
    open: Vec<Open>,
    calls: bool,
    refused: bool,
}

#[derive(Debug)]
struct Open {
    item: u64,
    part: u64,
    slot: Slot,
    /// Whether anything was told of it.
    told: bool,
}

impl Decode for Decoder {
    fn event(&mut self, event: &SseEvent<'_>, pieces: &mut Vec<Piece>) {
        let Some(document) = event.data.as_deref().and_then(document::parse) else { return };
        let number = |name: &str| document.get(name).and_then(Value::as_u64).unwrap_or(0);
        let (item, part) = (number("output_index"), number("content_index"));
        let delta = text(&document, "delta");
        match text(&document, "type") {
            "response.output_item.added" => {
                if let Some(added) = document.get("item") {
                    self.begin_item(item, added, pieces);
                }
            }
            "response.output_text.delta" => self.prose(item, part, Begin::Text, delta, pieces),
            "response.refusal.delta" => {
                self.refused = true;
                self.prose(item, part, Begin::Refusal, delta, pieces);
            }
            "response.reasoning_summary_part.added" => self.next_thought(item, number("summary_index"), pieces),
            "response.reasoning_summary_text.delta" | "response.reasoning_text.delta" => self.more(item, delta, pieces),
            "response.function_call_arguments.delta" | "response.custom_tool_call_input.delta" => {
                if let Some(open) = self.open.iter_mut().find(|open| open.item == item) {
                    open.told |= !delta.is_empty();
                    pieces.push(Piece::Arguments(open.slot, delta.to_owned()));
                }
            }
            "response.output_item.done" => {
                if let Some(done) = document.get("item") {
                    self.end_item(item, done, pieces);
                }
            }
            "response.completed" | "response.incomplete" => {
                let response = document.get("response").unwrap_or(&Value::Null);
                pieces.push(Piece::Stop(stop_of(response, self.calls, self.refused)));
            }
            _ => {}
        }
    }
}

impl Decoder {
    fn open(&mut self, item: u64, part: u64, begin: Begin, pieces: &mut Vec<Piece>) -> Slot {
        self.slots += 1;
        self.open.push(Open { item, part, slot: self.slots, told: false });
        pieces.push(Piece::Begin(self.slots, begin));
        self.slots
    }

    fn begin_item(&mut self, item: u64, added: &Value, pieces: &mut Vec<Piece>) {
        match text(added, "type") {
            // Its parts begin with their first text.
            "message" => {}
            "reasoning" => {
                self.open(item, 0, Begin::Reasoning(item_id(added)), pieces);
            }
            "function_call" => self.begin_call(item, call(added, "arguments", false), pieces),
            "custom_tool_call" => self.begin_call(item, call(added, "input", true), pieces),
            _ => {}
        }
    }

    fn begin_call(&mut self, item: u64, call: ToolUse, pieces: &mut Vec<Piece>) {
        self.calls = true;
        let ToolUse { id, name, custom, arguments, signature } = call;
        let slot = self.open(item, 0, Begin::ToolUse { id, name, custom, signature }, pieces);
        if !arguments.is_empty() {
            self.mark_told(slot);
            pieces.push(Piece::Arguments(slot, arguments));
        }
    }

    fn mark_told(&mut self, slot: Slot) {
        if let Some(open) = self.open.iter_mut().find(|open| open.slot == slot) {
            open.told = true;
        }
    }

    fn prose(&mut self, item: u64, part: u64, begin: Begin, delta: &str, pieces: &mut Vec<Piece>) {
        if delta.is_empty() {
            return;
        }
        let known = self.open.iter().find(|open| open.item == item && open.part == part).map(|open| open.slot);
        let slot = known.unwrap_or_else(|| self.open(item, part, begin, pieces));
        pieces.push(Piece::Text(slot, delta.to_owned()));
    }

    /// The parts of a summary are one text, set apart.
    fn next_thought(&mut self, item: u64, index: u64, pieces: &mut Vec<Piece>) {
        if index > 0 {
            self.more(item, "\n\n", pieces);
        }
    }

    fn more(&mut self, item: u64, delta: &str, pieces: &mut Vec<Piece>) {
        if let Some(open) = self.open.iter_mut().find(|open| open.item == item)
            && !delta.is_empty()
        {
            open.told = true;
            pieces.push(Piece::Text(open.slot, delta.to_owned()));
        }
    }

    fn end_item(&mut self, item: u64, done: &Value, pieces: &mut Vec<Piece>) {
        let kind = text(done, "type");
        let known = matches!(kind, "message" | "reasoning" | "function_call" | "custom_tool_call");
        if !known {
            let slot = self.open(item, 0, Begin::Opaque(opaque(done)), pieces);
            pieces.push(Piece::End(slot));
        }
        for open in self.open.extract_if(.., |open| open.item == item) {
            match kind {
                "reasoning" => pieces.extend(sealed(done).map(|sign| Piece::Sign(open.slot, sign))),
                // Some servers send no deltas.
                "function_call" if !open.told => {
                    pieces.push(Piece::Arguments(open.slot, text(done, "arguments").to_owned()));
                }
                "custom_tool_call" if !open.told => {
                    pieces.push(Piece::Arguments(open.slot, text(done, "input").to_owned()));
                }
                _ => {}
            }
            if known {
                pieces.push(Piece::End(open.slot));
            }
        }
    }
}
