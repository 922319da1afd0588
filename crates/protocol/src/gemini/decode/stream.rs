//! A streamed answer. Parts have no numbers: text that goes on in the next event is the same text. Calls come whole, on
//! Vertex in parts of their arguments too, which are put together before they are told.

use super::answer::{is_blocked, stop_of};
use crate::{
    form::{
        answer::Stop,
        document::{self, items, text},
        piece::{Begin, Decode, Piece, Slot},
        request::Opaque,
        signature::{Maker, Signature},
    },
    gemini::sealed,
    stream::SseEvent,
};
use serde_json::{Map, Value};

/// Where the stream is.
#[derive(Debug)]
pub(in crate::gemini) struct Decoder {
    seed: String,
    slots: Slot,
    calls: u32,
    /// The text or the thought that may go on.
    prose: Option<(bool, Slot)>,
    /// A call whose arguments come in parts.
    growing: Option<Growing>,
    stopped: bool,
}

#[derive(Debug)]
struct Growing {
    begin: Begin,
    arguments: Value,
}

impl Decode for Decoder {
    fn event(&mut self, event: &SseEvent<'_>, pieces: &mut Vec<Piece>) {
        if let Some(document) = event.data.as_deref().and_then(document::parse) {
            self.document(&document, pieces);
        }
    }
}

impl Decoder {
    /// The text makes ids of calls that have none.
    pub(in crate::gemini) fn new(seed: &str) -> Self {
        Self { seed: seed.to_owned(), slots: 0, calls: 0, prose: None, growing: None, stopped: false }
    }

    /// What one document says. Only the first of several answers is told.
    pub(super) fn document(&mut self, document: &Value, pieces: &mut Vec<Piece>) {
        let is_first = |it: &&Value| it.get("index").and_then(Value::as_u64).unwrap_or(0) == 0;
        for candidate in items(document, "candidates").iter().filter(is_first) {
            if let Some(content) = candidate.get("content") {
                for part in items(content, "parts") {
                    self.part(part, pieces);
                }
            }
            self.stop(stop_of(text(candidate, "finishReason")), pieces);
        }
        if is_blocked(document) {
            self.stop(Stop::Filtered, pieces);
        }
    }

    fn slot(&mut self) -> Slot {
        self.slots += 1;
        self.slots
    }

    fn part(&mut self, part: &Value, pieces: &mut Vec<Piece>) {
        let signature = sealed::read(text(part, "thoughtSignature"));
        if let Some(call) = part.get("functionCall").filter(|call| call.is_object()) {
            return self.call(call, signature, pieces);
        }
        for kind in ["executableCode", "codeExecutionResult", "inlineData", "fileData"] {
            if let Some(value) = part.get(kind).filter(|value| value.is_object()) {
                self.prose = None;
                let slot = self.slot();
                let opaque = Opaque { maker: Maker::Google, kind: kind.to_owned(), value: value.clone() };
                pieces.push(Piece::Begin(slot, Begin::Opaque(opaque)));
            }
        }
        let is_thought = part.get("thought").and_then(Value::as_bool) == Some(true);
        self.prose(is_thought, text(part, "text"), signature, pieces);
    }

    /// A thought's signature is its own; a text's stands for the thinking before it, as a thought of no words.
    fn prose(&mut self, is_thought: bool, more: &str, signature: Option<Signature>, pieces: &mut Vec<Piece>) {
        if !more.is_empty() {
            let slot = self.open(is_thought, pieces);
            pieces.push(Piece::Text(slot, more.to_owned()));
        }
        let Some(signature) = signature else { return };
        if !is_thought {
            self.prose = None;
        }
        let slot = self.open(true, pieces);
        pieces.push(Piece::Sign(slot, signature));
        self.prose = None;
    }

    fn open(&mut self, is_thought: bool, pieces: &mut Vec<Piece>) -> Slot {
        match self.prose {
            Some((thought, slot)) if thought == is_thought => slot,
            _ => {
                let slot = self.slot();
                self.prose = Some((is_thought, slot));
                pieces.push(Piece::Begin(slot, if is_thought { Begin::Reasoning(None) } else { Begin::Text }));
                slot
            }
        }
    }

    fn call(&mut self, call: &Value, signature: Option<Signature>, pieces: &mut Vec<Piece>) {
        self.prose = None;
        let name = text(call, "name");
        if !name.is_empty() {
            self.calls += 1;
            let id = match text(call, "id") {
                "" => format!("call_{}_{}", self.seed, self.calls),
                id => id.to_owned(),
            };
            let begin = Begin::ToolUse { id, name: name.to_owned(), custom: false, signature };
            let arguments = call.get("args").cloned().unwrap_or_else(|| Value::Object(Map::new()));
            self.growing = Some(Growing { begin, arguments });
        }
        if let Some(growing) = &mut self.growing {
            for part in items(call, "partialArgs") {
                add(&mut growing.arguments, part);
            }
        }
        if call.get("willContinue").and_then(Value::as_bool) != Some(true) {
            self.tell_call(pieces);
        }
    }

    fn tell_call(&mut self, pieces: &mut Vec<Piece>) {
        let Some(Growing { begin, arguments }) = self.growing.take() else { return };
        let slot = self.slot();
        pieces.extend([Piece::Begin(slot, begin), Piece::Arguments(slot, arguments.to_string()), Piece::End(slot)]);
    }

    fn stop(&mut self, stop: Stop, pieces: &mut Vec<Piece>) {
        if self.stopped || stop == Stop::Unknown(String::new()) {
            return;
        }
        self.stopped = true;
        self.tell_call(pieces);
        pieces.push(Piece::Stop(match stop {
            Stop::End if self.calls > 0 => Stop::ToolUse,
            stop => stop,
        }));
    }
}

/// Arguments are not nested deeper; a hostile path must not make them so.
const MAX_STEPS: usize = 64;
/// No list in them is longer.
const MAX_INDEX: usize = 10_000;

/// Adds a part of the arguments where its path says: `$.ingredients[0].name`. Texts go on.
/// <https://cloud.google.com/vertex-ai/generative-ai/docs/multimodal/function-calling#streaming-fc>
fn add(arguments: &mut Value, part: &Value) {
    let Some(path) = text(part, "jsonPath").strip_prefix('$') else { return };
    let steps = path.split(['.', '[']).filter(|step| !step.is_empty());
    if steps.clone().nth(MAX_STEPS).is_some() {
        return;
    }
    let mut place = arguments;
    for step in steps {
        let step = step.trim_end_matches(']').trim_matches('\'').trim_matches('"');
        let found = match step.parse::<usize>() {
            Ok(index) if index > MAX_INDEX => return,
            Ok(index) if !place.is_object() => {
                if !place.is_array() {
                    *place = Value::Array(Vec::new());
                }
                let Some(all) = place.as_array_mut() else { return };
                if all.len() <= index {
                    all.resize(index + 1, Value::Null);
                }
                all.get_mut(index)
            }
            _ => {
                if !place.is_object() {
                    *place = Value::Object(Map::new());
                }
                place.as_object_mut().map(|object| object.entry(step).or_insert(Value::Null))
            }
        };
        let Some(found) = found else { return };
        place = found;
    }
    if let Some(more) = part.get("stringValue").and_then(Value::as_str) {
        match place {
            Value::String(text) => text.push_str(more),
            other => *other = more.into(),
        }
    } else if let Some(value) = ["numberValue", "boolValue"].iter().find_map(|name| part.get(*name)) {
        *place = value.clone();
    } else if part.get("nullValue").is_some() {
        *place = Value::Null;
    }
}
