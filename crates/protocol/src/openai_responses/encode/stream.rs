//! A streamed answer. Source: <https://platform.openai.com/docs/api-reference/responses-streaming>. Every item is added,
//! filled and told again whole: clients take it from any of these, and OpenAI's own fails where one is missing.

use super::output::{call, ended, event_of, head, item_id, message, refusal_part, summary_part, text_part, thought};
use crate::{
    form::{
        answer::{Asked, Stop},
        piece::{Begin, Encode, Step},
        request::{Reasoning, ToolUse},
    },
    stream::on_a_line,
};
use domain::usage::Usage;
use serde_json::{Map, Value, json};

/// Where the stream is.
#[derive(Debug)]
pub(in crate::openai_responses) struct Encoder {
    asked: Asked,
    begun: bool,
    /// Events so far.
    sequence: u64,
    /// The items that are complete.
    output: Vec<Value>,
    item: Option<Item>,
    stop: Option<Stop>,
}

/// The item that is open.
#[derive(Debug)]
struct Item {
    id: String,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    /// A message of one part, with its text so far.
    Message {
        refusal: bool,
        text: String,
    },
    Thought(Reasoning),
    Call(ToolUse),
    /// One this dialect has no place for.
    Silent,
}

impl Encoder {
    pub(in crate::openai_responses) fn new(asked: Asked) -> Self {
        Self { asked, begun: false, sequence: 0, output: Vec::new(), item: None, stop: None }
    }

    fn send(&mut self, kind: &str, fields: Value, out: &mut Vec<u8>) {
        let mut event = Map::new();
        event.insert("type".into(), kind.into());
        event.insert("sequence_number".into(), self.sequence.into());
        self.sequence += 1;
        if let Value::Object(fields) = fields {
            event.extend(fields);
        }
        out.extend_from_slice(format!("event: {kind}\ndata: {}\n\n", on_a_line(&Value::Object(event))).as_bytes());
    }

    fn start(&mut self, out: &mut Vec<u8>) {
        if std::mem::replace(&mut self.begun, true) {
            return;
        }
        let response = Value::Object(head(&self.asked));
        self.send("response.created", json!({ "response": response }), out);
        self.send("response.in_progress", json!({ "response": response }), out);
    }

    fn begin(&mut self, begin: Begin, out: &mut Vec<u8>) {
        let index = self.output.len();
        let (prefix, kind) = match begin {
            Begin::Text => ("msg", Kind::Message { refusal: false, text: String::new() }),
            Begin::Refusal => ("msg", Kind::Message { refusal: true, text: String::new() }),
            Begin::Reasoning(_) => ("rs", Kind::Thought(Reasoning::default())),
            Begin::ToolUse { id, name, custom, signature } => {
                let arguments = String::new();
                let prefix = if custom { "ctc" } else { "fc" };
                (prefix, Kind::Call(ToolUse { id, name, arguments, signature, custom }))
            }
            Begin::Opaque(_) => ("", Kind::Silent),
        };
        let id = item_id(prefix, &self.asked, index);
        let added = match &kind {
            Kind::Message { .. } => message(&id, "in_progress", Vec::new()),
            Kind::Thought(reasoning) => thought(&id, reasoning),
            Kind::Call(used) => call(&id, "in_progress", used),
            Kind::Silent => Value::Null,
        };
        if !added.is_null() {
            self.send("response.output_item.added", json!({"output_index": index, "item": added}), out);
        }
        let part = match &kind {
            Kind::Message { refusal: false, .. } => {
                Some(("response.content_part.added", "content_index", text_part("")))
            }
            Kind::Message { refusal: true, .. } => {
                Some(("response.content_part.added", "content_index", refusal_part("")))
            }
            _ => None,
        };
        if let Some((event, place, part)) = part {
            self.send(event, json!({"item_id": id, "output_index": index, place: 0, "part": part}), out);
        }
        self.item = Some(Item { id, kind });
    }

    fn text(&mut self, more: &str, out: &mut Vec<u8>) {
        let index = self.output.len();
        let Some(item) = &mut self.item else { return };
        let id = item.id.clone();
        match &mut item.kind {
            Kind::Message { refusal, text } => {
                text.push_str(more);
                let at = json!({"item_id": id, "output_index": index, "content_index": 0, "delta": more});
                if *refusal {
                    self.send("response.refusal.delta", at, out);
                } else {
                    let logprobs = json!([]);
                    self.send("response.output_text.delta", with(at, "logprobs", logprobs), out);
                }
            }
            Kind::Thought(reasoning) => {
                let first = reasoning.text.is_empty();
                reasoning.text.push_str(more);
                let at = json!({"item_id": id, "output_index": index, "summary_index": 0});
                if first {
                    let part = with(at.clone(), "part", summary_part(""));
                    self.send("response.reasoning_summary_part.added", part, out);
                }
                self.send("response.reasoning_summary_text.delta", with(at, "delta", more.into()), out);
            }
            Kind::Call(_) | Kind::Silent => {}
        }
    }

    fn arguments(&mut self, more: &str, out: &mut Vec<u8>) {
        let index = self.output.len();
        let Some(Item { id, kind: Kind::Call(used) }) = &mut self.item else { return };
        used.arguments.push_str(more);
        let event = if used.custom {
            "response.custom_tool_call_input.delta"
        } else {
            "response.function_call_arguments.delta"
        };
        let fields = json!({"item_id": id, "output_index": index, "delta": more});
        self.send(event, fields, out);
    }

    fn end(&mut self, out: &mut Vec<u8>) {
        // A call without arguments is an empty object, not an empty text.
        if matches!(&self.item, Some(Item { kind: Kind::Call(used), .. }) if !used.custom && used.arguments.is_empty())
        {
            self.arguments("{}", out);
        }
        let Some(Item { id, kind }) = self.item.take() else { return };
        let index = self.output.len();
        let at = |place: &str| json!({"item_id": id, "output_index": index, place: 0});
        let whole = match kind {
            Kind::Silent => return,
            Kind::Message { refusal, text } => {
                let part = if refusal {
                    self.send("response.refusal.done", with(at("content_index"), "refusal", text.as_str().into()), out);
                    refusal_part(&text)
                } else {
                    let done = with(at("content_index"), "text", text.as_str().into());
                    self.send("response.output_text.done", with(done, "logprobs", json!([])), out);
                    text_part(&text)
                };
                self.send("response.content_part.done", with(at("content_index"), "part", part.clone()), out);
                message(&id, "completed", vec![part])
            }
            Kind::Thought(reasoning) => {
                if !reasoning.text.is_empty() {
                    let text = with(at("summary_index"), "text", reasoning.text.as_str().into());
                    self.send("response.reasoning_summary_text.done", text, out);
                    let part = with(at("summary_index"), "part", summary_part(&reasoning.text));
                    self.send("response.reasoning_summary_part.done", part, out);
                }
                thought(&id, &reasoning)
            }
            Kind::Call(used) => {
                let fields = json!({"item_id": id, "output_index": index});
                if used.custom {
                    let done = with(fields, "input", used.arguments.as_str().into());
                    self.send("response.custom_tool_call_input.done", done, out);
                } else {
                    let done = with(fields, "arguments", used.arguments.as_str().into());
                    let done = with(done, "name", used.name.as_str().into());
                    self.send("response.function_call_arguments.done", done, out);
                }
                call(&id, "completed", &used)
            }
        };
        self.send("response.output_item.done", json!({"output_index": index, "item": whole}), out);
        self.output.push(whole);
    }

    fn over(&mut self, usage: &Usage, out: &mut Vec<u8>) {
        let stop = self.stop.take().unwrap_or(Stop::Unknown(String::new()));
        let response = ended(head(&self.asked), &stop, std::mem::take(&mut self.output), usage);
        self.send(event_of(&response), json!({ "response": response }), out);
    }
}

/// Fields with one more.
fn with(mut fields: Value, name: &str, value: Value) -> Value {
    if let Some(fields) = fields.as_object_mut() {
        fields.insert(name.to_owned(), value);
    }
    fields
}

impl Encode for Encoder {
    fn step(&mut self, step: Step, out: &mut Vec<u8>) {
        self.start(out);
        match step {
            Step::Begin(begin) => self.begin(begin, out),
            Step::Text(more) => self.text(&more, out),
            Step::Arguments(more) => self.arguments(&more, out),
            Step::Sign(signature) => {
                if let Some(Item { kind: Kind::Thought(reasoning), .. }) = &mut self.item {
                    reasoning.signature = Some(signature);
                }
            }
            Step::End => self.end(out),
            Step::Stop(stop) => self.stop = Some(stop),
            Step::Over(usage) => self.over(&usage, out),
        }
    }
}
