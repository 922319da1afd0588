//! What a model answers to a request, before any dialect: the content, why it ended, the exact usage, and the manner in
//! which it is sent. A pure function of the request, so that the same request always gets the same bytes.

use crate::{
    arguments,
    fault::Fault,
    model::Model,
    thought::{self, Returned, Thought},
    vocabulary::{self, Pieces},
};
use serde_json::{Map, Value};
use std::time::Duration;

/// Words of an answer whose length the request leaves open.
const DEFAULT_WORDS: u64 = 16;
/// The longest answer, in words: the sandbox's context window.
pub(crate) const MAX_WORDS: u64 = 1_000_000;

/// A request, understood, in no dialect.
#[derive(Debug)]
pub(crate) struct Prompt {
    /// The name as the caller wrote it, for the answer.
    pub(crate) model_name: String,
    pub(crate) model: Model,
    pub(crate) stream: bool,
    /// OpenAI's `stream_options.include_usage`.
    pub(crate) include_usage: bool,
    pub(crate) max_tokens: Option<u64>,
    pub(crate) stop: Vec<String>,
    /// Words of all text of the system prompt and the messages.
    pub(crate) input_tokens: u64,
    pub(crate) user_text: String,
    /// The text of the tool results, if the last message is one.
    pub(crate) tool_result: Option<String>,
    /// The tool to call: the one that the caller forces, else the first.
    pub(crate) tool: Option<Tool>,
    /// A number made from the body, of which ids are made.
    pub(crate) seed: u64,
    /// The schema that the answer's text must have.
    pub(crate) form: Option<Value>,
    /// Thoughts' signatures that came back; `None` in a dialect without any.
    pub(crate) returned: Option<Vec<Returned>>,
    /// Whether a tool's result must come with the thought that led to it.
    pub(crate) wants_thoughts: bool,
    /// Fields that the answer repeats (Responses).
    pub(crate) echo: Map<String, Value>,
}

/// A tool that a request offers.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tool {
    pub(crate) name: String,
    pub(crate) schema: Option<Value>,
}

/// An answer and how it is sent.
#[derive(Debug, PartialEq)]
pub(crate) struct Reply {
    /// What was thought before it.
    pub(crate) thought: Option<Thought>,
    pub(crate) content: Content,
    pub(crate) finish: Finish,
    /// With the thought's.
    pub(crate) output_tokens: u64,
    /// Of those, the thought's.
    pub(crate) reasoning_tokens: u64,
    pub(crate) manner: Manner,
}

/// What an answer says.
#[derive(Debug, PartialEq)]
pub(crate) enum Content {
    /// A text.
    Text(String),
    /// So many words of the fixed text, made only as they are sent.
    Lorem(u64),
    /// One tool call; the arguments are a JSON object as text.
    Call { name: String, arguments: String },
}

/// Why an answer ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Finish {
    Complete,
    Length,
    /// At this stop sequence.
    Stop(String),
    ToolCall,
}

/// How an answer is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Manner {
    /// Before the first token.
    pub(crate) delay: Duration,
    /// Between the words of a stream.
    pub(crate) interval: Duration,
    pub(crate) ending: Ending,
}

/// How the sending ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// As the dialect says.
    Whole,
    /// The connection drops after the content.
    Dropped,
    /// Nothing more ever comes after the content.
    Silent,
}

const AT_ONCE: Manner = Manner { delay: Duration::ZERO, interval: Duration::ZERO, ending: Ending::Whole };

impl Prompt {
    /// Why the model refuses to answer.
    ///
    /// # Errors
    /// [`Fault::Malformed`] for thoughts that did not come back as they were given.
    pub(crate) fn check(&self) -> Result<(), Fault> {
        match (self.model, &self.returned) {
            (Model::Think, Some(returned)) => {
                thought::check(returned, self.wants_thoughts && self.tool_result.is_some())
            }
            _ => Ok(()),
        }
    }

    /// The answer. [`Model::Fail`] has none and echoes; the service refuses before it asks.
    pub(crate) fn reply(&mut self) -> Reply {
        let thought = (self.model == Model::Think).then(|| Thought::about(vocabulary::count(&self.user_text)));
        let (content, finish, manner) = match self.model {
            Model::Echo | Model::Fail(_) => self.said(Model::Echo, AT_ONCE),
            Model::Slow(delay) => self.said(Model::Echo, Manner { delay, ..AT_ONCE }),
            Model::Tools | Model::Think => self.said(self.model, AT_ONCE),
            Model::Lorem(pace) => self.fixed_text(None, paced(pace)),
            Model::Cut(events) => self.fixed_text(Some(events), Manner { ending: Ending::Dropped, ..AT_ONCE }),
            Model::Stall(events) => self.fixed_text(Some(events), Manner { ending: Ending::Silent, ..AT_ONCE }),
        };
        let (content, finish) = self.stopped(content, finish);
        let words = match &content {
            Content::Text(text) => vocabulary::count(text),
            Content::Lorem(words) => *words,
            Content::Call { arguments, .. } => vocabulary::count(arguments),
        };
        let reasoning_tokens = thought.as_ref().map_or(0, |thought| vocabulary::count(&thought.text));
        Reply { thought, content, finish, output_tokens: words.max(1) + reasoning_tokens, reasoning_tokens, manner }
    }

    /// A tool call, a tool's result, or the user's text, cut to `max_tokens`. A call's arguments are never cut.
    fn said(&mut self, model: Model, manner: Manner) -> (Content, Finish, Manner) {
        let mut text = std::mem::take(&mut self.user_text);
        if model.calls() {
            match (self.tool_result.take(), self.tool.take()) {
                (Some(result), _) => text = result,
                (None, Some(Tool { name, schema })) => {
                    let arguments = arguments::from_schema(schema.as_ref()).to_string();
                    return (Content::Call { name, arguments }, Finish::ToolCall, manner);
                }
                (None, None) => {}
            }
        }
        if let Some(form) = self.form.take() {
            text = arguments::from_schema(Some(&form)).to_string();
        }
        let (kept, cut) = vocabulary::first_words(&text, self.max_tokens.unwrap_or(u64::MAX));
        let (length, finish) = (kept.len(), if cut { Finish::Length } else { Finish::Complete });
        text.truncate(length);
        (Content::Text(text), finish, manner)
    }

    /// The fixed text goes on for ever, so `max_tokens` always cuts it.
    fn fixed_text(&self, events: Option<u64>, manner: Manner) -> (Content, Finish, Manner) {
        let finish = if self.max_tokens.is_some() { Finish::Length } else { Finish::Complete };
        let words = match (self.max_tokens, events) {
            (Some(words), Some(events)) => words.min(events),
            (words, events) => words.or(events).unwrap_or(DEFAULT_WORDS),
        };
        (Content::Lorem(words), finish, manner)
    }

    /// The content up to the first stop sequence in it.
    fn stopped(&self, content: Content, finish: Finish) -> (Content, Finish) {
        if self.stop.is_empty() {
            return (content, finish);
        }
        let mut text = match content {
            Content::Text(text) => text,
            Content::Lorem(words) => vocabulary::lorem(words),
            call @ Content::Call { .. } => return (call, finish),
        };
        let found = self.stop.iter().filter_map(|stop| text.find(stop.as_str()).map(|at| (at, stop))).min();
        match found {
            None => (Content::Text(text), finish),
            Some((at, stop)) => {
                text.truncate(at);
                (Content::Text(text), Finish::Stop(stop.clone()))
            }
        }
    }
}

fn paced(words_per_s: u64) -> Manner {
    let interval = 1_000_000_u64.checked_div(words_per_s).map_or(Duration::ZERO, Duration::from_micros);
    Manner { interval, ..AT_ONCE }
}

impl Content {
    /// The content piece by piece.
    pub(crate) fn into_pieces(self) -> Pieces {
        match self {
            Self::Text(text) => Pieces::words(text),
            Self::Lorem(words) => Pieces::lorem(words),
            Self::Call { arguments, .. } => Pieces::fragments(arguments),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prompt(model: &str, max_tokens: Option<u64>) -> Prompt {
        Prompt {
            model_name: model.to_owned(),
            model: Model::parse(model).unwrap(),
            stream: false,
            include_usage: false,
            max_tokens,
            stop: Vec::new(),
            input_tokens: 3,
            user_text: "one two  three".to_owned(),
            tool_result: None,
            tool: None,
            seed: 0,
            form: None,
            returned: None,
            wants_thoughts: true,
            echo: Map::new(),
        }
    }

    #[test]
    fn echo_says_the_user_text_within_max_tokens() {
        let whole = prompt("sandbox/echo", Some(3)).reply();
        assert_eq!((whole.content, whole.finish), (Content::Text("one two  three".to_owned()), Finish::Complete));
        let cut = prompt("sandbox/echo", Some(2)).reply();
        assert_eq!((cut.content, cut.finish), (Content::Text("one two".to_owned()), Finish::Length));
        assert_eq!((whole.output_tokens, cut.output_tokens), (3, 2));
    }

    #[test]
    fn lorem_says_exactly_max_tokens_words_and_was_cut() {
        let reply = prompt("sandbox/lorem", Some(40)).reply();
        assert_eq!((reply.content, reply.finish, reply.output_tokens), (Content::Lorem(40), Finish::Length, 40));
        assert_eq!(reply.manner.interval, Duration::from_millis(1));
        let reply = prompt("sandbox/lorem-0", None).reply();
        assert_eq!((reply.content, reply.finish), (Content::Lorem(DEFAULT_WORDS), Finish::Complete));
        assert_eq!(reply.manner, AT_ONCE);
    }

    #[test]
    fn an_empty_answer_is_one_token() {
        let mut empty = prompt("sandbox/echo", None);
        empty.user_text.clear();
        assert_eq!(empty.reply().output_tokens, 1);
    }

    #[test]
    fn the_earliest_stop_sequence_ends_the_text() {
        let mut stopped = prompt("sandbox/echo", None);
        stopped.stop = vec!["three".to_owned(), "two".to_owned()];
        let reply = stopped.reply();
        assert_eq!((reply.content, reply.finish), (Content::Text("one ".to_owned()), Finish::Stop("two".to_owned())));
        assert_eq!(reply.output_tokens, 1);
    }

    #[test]
    fn tools_calls_its_tool_once_and_then_says_the_result() {
        let mut first = prompt("sandbox/tools", Some(1));
        first.tool = Some(Tool { name: "look".to_owned(), schema: None });
        let reply = first.reply();
        assert_eq!(reply.content, Content::Call { name: "look".to_owned(), arguments: "{}".to_owned() });
        assert_eq!((reply.finish, reply.output_tokens), (Finish::ToolCall, 1));
        let mut second = prompt("sandbox/tools", None);
        second.tool_result = Some("21 degrees".to_owned());
        assert_eq!(second.reply().content, Content::Text("21 degrees".to_owned()));
        assert_eq!(prompt("sandbox/tools", None).reply().content, Content::Text("one two  three".to_owned()));
    }

    #[test]
    fn think_thinks_first_and_a_schema_is_answered_with_its_document() {
        let mut prompt = prompt("sandbox/think", None);
        let reply = prompt.reply();
        assert_eq!(reply.thought, Some(Thought::about(3)));
        assert_eq!((reply.output_tokens, reply.reasoning_tokens), (3 + 10, 10));
        prompt.form = Some(serde_json::json!({"properties": {"city": {"type": "string"}}, "required": ["city"]}));
        assert_eq!(prompt.reply().content, Content::Text(r#"{"city":"city"}"#.to_owned()));
        prompt.returned = Some(Vec::new());
        assert_eq!(prompt.check(), Ok(()));
        prompt.tool_result = Some("21 degrees".to_owned());
        assert!(prompt.check().is_err());
    }
}
