//! A streamed answer. Source: <https://platform.openai.com/docs/api-reference/chat-streaming>.

use super::answer::{call_id, extra, finish, id, signed, usage};
use crate::{
    form::{
        answer::{Asked, Stop},
        piece::{Begin, Encode, Step},
    },
    stream::on_a_line,
};
use domain::usage::Usage;
use serde_json::{Value, json};

/// Where the stream is.
#[derive(Debug)]
pub(in crate::openai_chat) struct Encoder {
    asked: Asked,
    id: String,
    /// The first chunk tells the role.
    begun: bool,
    block: Block,
    /// Calls and signatures so far: their numbers.
    calls: usize,
    details: usize,
}

/// The block that is open.
#[derive(Debug)]
enum Block {
    None,
    Text,
    Refusal,
    /// With what was thought, which its signature repeats, and the item's id.
    Reasoning {
        text: String,
        id: Option<String>,
    },
    Call {
        custom: bool,
        empty: bool,
    },
    /// One this dialect has no place for.
    Silent,
}

impl Encoder {
    pub(in crate::openai_chat) fn new(asked: Asked) -> Self {
        let id = id(&asked);
        Self { asked, id, begun: false, block: Block::None, calls: 0, details: 0 }
    }

    fn chunk(&mut self, mut delta: Value, finish: Option<&str>, out: &mut Vec<u8>) {
        if !std::mem::replace(&mut self.begun, true)
            && let Some(delta) = delta.as_object_mut()
        {
            delta.insert("role".into(), "assistant".into());
            delta.entry("content").or_insert_with(|| "".into());
        }
        let choice = json!([{"index": 0, "delta": delta, "logprobs": null, "finish_reason": finish}]);
        self.send(choice, None, out);
    }

    fn send(&self, choices: Value, usage: Option<Value>, out: &mut Vec<u8>) {
        let Asked { created, model, .. } = &self.asked;
        let mut chunk = json!({
            "id": self.id, "object": "chat.completion.chunk", "created": created, "model": model, "choices": choices,
        });
        if let (true, Some(chunk)) = (self.asked.include_usage, chunk.as_object_mut()) {
            chunk.insert("usage".into(), usage.unwrap_or_default());
        }
        out.extend_from_slice(format!("data: {}\n\n", on_a_line(&chunk)).as_bytes());
    }

    fn begin(&mut self, begin: Begin, out: &mut Vec<u8>) {
        self.block = match begin {
            Begin::Text => Block::Text,
            Begin::Refusal => Block::Refusal,
            Begin::Reasoning(id) => Block::Reasoning { text: String::new(), id },
            Begin::Opaque(_) => Block::Silent,
            Begin::ToolUse { id, name, custom, signature } => {
                let index = self.calls;
                self.calls += 1;
                let id = call_id(&id, signature.as_ref());
                let mut call = if custom {
                    json!({"index": index, "id": id, "type": "custom", "custom": {"name": name, "input": ""}})
                } else {
                    json!({"index": index, "id": id, "type": "function", "function": {"name": name, "arguments": ""}})
                };
                if let (Some(signature), Some(call)) = (&signature, call.as_object_mut()) {
                    call.insert("extra_content".into(), extra(signature));
                }
                self.chunk(json!({"tool_calls": [call]}), None, out);
                Block::Call { custom, empty: true }
            }
        };
    }

    fn text(&mut self, more: String, out: &mut Vec<u8>) {
        let field = match &mut self.block {
            Block::Text => "content",
            Block::Refusal => "refusal",
            Block::Reasoning { text, .. } => {
                text.push_str(&more);
                "reasoning_content"
            }
            Block::Call { .. } | Block::Silent | Block::None => return,
        };
        self.chunk(json!({ field: more }), None, out);
    }

    fn arguments(&mut self, more: String, out: &mut Vec<u8>) {
        let Block::Call { custom, empty } = &mut self.block else { return };
        *empty = false;
        let (kind, field) = if *custom { ("custom", "input") } else { ("function", "arguments") };
        let index = self.calls.saturating_sub(1);
        self.chunk(json!({"tool_calls": [{"index": index, kind: {field: more}}]}), None, out);
    }

    fn end(&mut self, out: &mut Vec<u8>) {
        // A call without arguments is an empty object, not an empty text.
        if let Block::Call { custom: false, empty: true } = self.block {
            self.arguments("{}".to_owned(), out);
        }
        self.block = Block::None;
    }

    fn over(&self, all: &Usage, out: &mut Vec<u8>) {
        if self.asked.include_usage {
            self.send(json!([]), Some(usage(all)), out);
        }
        out.extend_from_slice(b"data: [DONE]\n\n");
    }

    fn stop(&mut self, stop: &Stop, out: &mut Vec<u8>) {
        self.chunk(json!({}), Some(finish(stop)), out);
    }
}

impl Encode for Encoder {
    fn step(&mut self, step: Step, out: &mut Vec<u8>) {
        match step {
            Step::Begin(begin) => self.begin(begin, out),
            Step::Text(more) => self.text(more, out),
            Step::Arguments(more) => self.arguments(more, out),
            Step::Sign(signature) => {
                if let Block::Reasoning { text, id } = &self.block {
                    let detail = signed(&signature, text, id.as_deref(), self.details);
                    self.details += 1;
                    self.chunk(json!({"reasoning_details": [detail]}), None, out);
                }
            }
            Step::End => self.end(out),
            Step::Stop(stop) => self.stop(&stop, out),
            Step::Over(usage) => self.over(&usage, out),
        }
    }
}
