//! A streamed answer: chunks have the shape of a whole answer.

use super::answer::{choice, document};
use crate::{
    form::{
        answer::{Asked, Stop},
        piece::{Begin, Encode, Step},
    },
    openai_chat,
    stream::on_a_line,
};
use serde_json::{Value, json};

/// Where the stream is.
#[derive(Debug)]
pub(super) struct Encoder {
    asked: Asked,
    /// A text is open: anything else has no place here.
    in_text: bool,
}

impl Encoder {
    pub fn new(asked: Asked) -> Self {
        Self { asked, in_text: false }
    }

    fn send(&self, choices: Value, usage: Value, out: &mut Vec<u8>) {
        let usage = self.asked.include_usage.then_some(usage);
        let chunk = document(choices, usage, &self.asked);
        out.extend_from_slice(format!("data: {}\n\n", on_a_line(&chunk)).as_bytes());
    }

    fn tell(&self, text: &str, stop: Option<&Stop>, out: &mut Vec<u8>) {
        self.send(json!([choice(text, stop)]), Value::Null, out);
    }
}

impl Encode for Encoder {
    fn step(&mut self, step: Step, out: &mut Vec<u8>) {
        match step {
            Step::Begin(begin) => self.in_text = matches!(begin, Begin::Text | Begin::Refusal),
            Step::Text(more) if self.in_text => self.tell(&more, None, out),
            Step::Text(_) | Step::Arguments(_) | Step::Sign(_) => {}
            Step::End => self.in_text = false,
            Step::Stop(stop) => self.tell("", Some(&stop), out),
            Step::Over(usage) => {
                if self.asked.include_usage {
                    self.send(json!([]), openai_chat::usage(&usage), out);
                }
                out.extend_from_slice(b"data: [DONE]\n\n");
            }
        }
    }
}
