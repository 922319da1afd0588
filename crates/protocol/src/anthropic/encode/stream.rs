//! A streamed answer. Source: <https://docs.anthropic.com/en/docs/build-with-claude/streaming>.

use super::answer::{call_id, id, reason, sealed, usage};
use crate::{
    form::{
        answer::{Asked, Stop},
        piece::{Begin, Encode, Step},
        request::CUSTOM_INPUT,
        signature::Signature,
    },
    stream::on_a_line,
};
use domain::usage::Usage;
use serde_json::{Value, json};

/// Where the stream is.
#[derive(Debug)]
pub(in crate::anthropic) struct Encoder {
    asked: Asked,
    begun: bool,
    block: Block,
    /// The number of the open block, or of the next.
    index: u32,
    stop: Option<Stop>,
}

/// The block that is open.
#[derive(Debug)]
enum Block {
    None,
    Text,
    Thinking(Option<Signature>),
    Call,
    /// A call of a tool that takes free text, which is kept to be told as one JSON text.
    Custom(String),
    /// One this dialect has no place for.
    Silent,
}

impl Encoder {
    pub(in crate::anthropic) fn new(asked: Asked) -> Self {
        Self { asked, begun: false, block: Block::None, index: 0, stop: None }
    }

    /// Claude Code shows the input tokens of the first event, so the estimate stands there; the last tells the truth.
    fn start(&mut self, out: &mut Vec<u8>) {
        if std::mem::replace(&mut self.begun, true) {
            return;
        }
        let estimate = Usage { input: self.asked.input_estimate, ..Usage::default() };
        let message = json!({
            "id": id(&self.asked),
            "type": "message",
            "role": "assistant",
            "model": self.asked.model,
            "content": [],
            "stop_reason": null,
            "stop_sequence": null,
            "usage": usage(&estimate),
        });
        send(&json!({"type": "message_start", "message": message}), out);
    }

    fn begin(&mut self, begin: Begin, out: &mut Vec<u8>) {
        let (block, content) = match begin {
            Begin::Text | Begin::Refusal => (Block::Text, json!({"type": "text", "text": "", "citations": null})),
            Begin::Reasoning(_) => {
                (Block::Thinking(None), json!({"type": "thinking", "thinking": "", "signature": ""}))
            }
            Begin::ToolUse { id, name, custom, signature } => {
                let id = call_id(&id, signature.as_ref());
                let block = if custom { Block::Custom(String::new()) } else { Block::Call };
                (block, json!({"type": "tool_use", "id": id, "name": name, "input": {}}))
            }
            Begin::Opaque(_) => {
                self.block = Block::Silent;
                return;
            }
        };
        self.block = block;
        send(&json!({"type": "content_block_start", "index": self.index, "content_block": content}), out);
    }

    fn delta(&self, delta: &Value, out: &mut Vec<u8>) {
        send(&json!({"type": "content_block_delta", "index": self.index, "delta": delta}), out);
    }

    fn text(&self, more: &str, out: &mut Vec<u8>) {
        match self.block {
            Block::Text => self.delta(&json!({"type": "text_delta", "text": more}), out),
            Block::Thinking(_) => self.delta(&json!({"type": "thinking_delta", "thinking": more}), out),
            _ => {}
        }
    }

    fn arguments(&mut self, more: &str, out: &mut Vec<u8>) {
        match &mut self.block {
            Block::Call => self.delta(&json!({"type": "input_json_delta", "partial_json": more}), out),
            Block::Custom(text) => text.push_str(more),
            _ => {}
        }
    }

    fn end(&mut self, out: &mut Vec<u8>) {
        match std::mem::replace(&mut self.block, Block::None) {
            Block::Silent | Block::None => return,
            Block::Text | Block::Call => {}
            Block::Thinking(signature) => {
                let signature = sealed(signature.as_ref());
                self.delta(&json!({"type": "signature_delta", "signature": signature}), out);
            }
            Block::Custom(text) => {
                let whole = json!({ CUSTOM_INPUT: text }).to_string();
                self.delta(&json!({"type": "input_json_delta", "partial_json": whole}), out);
            }
        }
        send(&json!({"type": "content_block_stop", "index": self.index}), out);
        self.index += 1;
    }

    fn over(&mut self, all: &Usage, out: &mut Vec<u8>) {
        let stop = self.stop.take().unwrap_or(Stop::Unknown(String::new()));
        let (reason, sequence) = reason(&stop);
        let delta = json!({"stop_reason": reason, "stop_sequence": sequence});
        send(&json!({"type": "message_delta", "delta": delta, "usage": usage(all)}), out);
        send(&json!({"type": "message_stop"}), out);
    }
}

impl Encode for Encoder {
    fn step(&mut self, step: Step, out: &mut Vec<u8>) {
        self.start(out);
        match step {
            Step::Begin(begin) => self.begin(begin, out),
            Step::Text(more) => self.text(&more, out),
            Step::Arguments(more) => self.arguments(&more, out),
            Step::Sign(signature) => {
                if let Block::Thinking(kept) = &mut self.block {
                    *kept = Some(signature);
                }
            }
            Step::End => self.end(out),
            Step::Stop(stop) => self.stop = Some(stop),
            Step::Over(usage) => self.over(&usage, out),
        }
    }
}

/// An event is named after its type.
fn send(event: &Value, out: &mut Vec<u8>) {
    let name = event.get("type").and_then(Value::as_str).unwrap_or_default();
    out.extend_from_slice(format!("event: {name}\ndata: {}\n\n", on_a_line(event)).as_bytes());
}
