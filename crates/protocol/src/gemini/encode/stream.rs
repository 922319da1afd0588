//! A streamed answer: every event has the shape of a whole answer, with what is new in it. Calls are told whole. The last
//! one tells why it ended, and the usage.

use super::answer::{call, document, thought};
use crate::{
    form::{
        answer::{Asked, Stop},
        piece::{Begin, Encode, Step},
        request::{Reasoning, ToolUse},
    },
    gemini::sealed::Riders,
    stream::on_a_line,
};
use serde_json::{Value, json};

/// Where the stream is.
#[derive(Debug)]
pub(in crate::gemini) struct Encoder {
    asked: Asked,
    block: Block,
    riders: Riders,
    stop: Option<Stop>,
}

#[derive(Debug)]
enum Block {
    /// Nothing is open, or what this dialect has no place for.
    None,
    Text,
    Thought(Reasoning),
    Call(ToolUse),
}

impl Encoder {
    pub(in crate::gemini) fn new(asked: Asked) -> Self {
        Self { asked, block: Block::None, riders: Riders::default(), stop: None }
    }

    fn send(&mut self, mut part: Value, out: &mut Vec<u8>) {
        self.riders.ride(&mut part);
        self.send_thought(part, out);
    }

    fn send_thought(&self, part: Value, out: &mut Vec<u8>) {
        event(&document(vec![part], None, None, &self.asked), out);
    }

    fn end(&mut self, out: &mut Vec<u8>) {
        match std::mem::replace(&mut self.block, Block::None) {
            Block::None | Block::Text => {}
            Block::Thought(whole) => {
                let own = self.riders.board(whole).and_then(|own| own.signature);
                if let Some(part) = thought("", own.as_ref()) {
                    self.send_thought(part, out);
                }
            }
            Block::Call(whole) => self.send(call(&whole), out),
        }
    }
}

impl Encode for Encoder {
    fn step(&mut self, step: Step, out: &mut Vec<u8>) {
        match step {
            Step::Begin(begin) => {
                self.block = match begin {
                    Begin::Text | Begin::Refusal => Block::Text,
                    Begin::Reasoning(_) => Block::Thought(Reasoning::default()),
                    Begin::ToolUse { id, name, custom, signature } => {
                        Block::Call(ToolUse { id, name, arguments: String::new(), signature, custom })
                    }
                    Begin::Opaque(_) => Block::None,
                };
            }
            Step::Text(more) => match &mut self.block {
                Block::Text => self.send(json!({ "text": more }), out),
                Block::Thought(whole) => {
                    whole.text.push_str(&more);
                    self.send_thought(json!({"text": more, "thought": true}), out);
                }
                Block::None | Block::Call(_) => {}
            },
            Step::Arguments(more) => {
                if let Block::Call(call) = &mut self.block {
                    call.arguments.push_str(&more);
                }
            }
            Step::Sign(signature) => {
                if let Block::Thought(whole) = &mut self.block {
                    whole.signature = Some(signature);
                }
            }
            Step::End => self.end(out),
            Step::Stop(stop) => self.stop = Some(stop),
            Step::Over(usage) => {
                let stop = self.stop.take().unwrap_or(Stop::Unknown(String::new()));
                let mut last = json!({"text": ""});
                self.riders.ride(&mut last);
                event(&document(vec![last], Some(&stop), Some(&usage), &self.asked), out);
            }
        }
    }
}

/// Google ends its lines with both.
fn event(document: &Value, out: &mut Vec<u8>) {
    out.extend_from_slice(format!("data: {}\r\n\r\n", on_a_line(document)).as_bytes());
}
