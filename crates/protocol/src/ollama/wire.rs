//! What it answers: a document, whole or as the last of a stream, with the counts of tokens.

use crate::{
    answer::Answer,
    error,
    lenient::{Count, List, Maybe, Text, parse},
    stream::{Fault, Kind, Progress, SseEvent},
    usage::Report,
};
use domain::dialect::Dialect;
use serde::Deserialize;
use serde_json::{Value, value::RawValue};

#[derive(Default, Deserialize)]
#[serde(default)]
struct Document<'a> {
    #[serde(borrow)]
    message: Maybe<Message<'a>>,
    done: bool,
    /// Left out where the whole prompt was kept from the request before: then it is counted here.
    prompt_eval_count: Count,
    eval_count: Count,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Message<'a> {
    #[serde(borrow)]
    content: Text<'a>,
    #[serde(borrow)]
    thinking: Text<'a>,
    #[serde(borrow)]
    tool_calls: List<Call<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Call<'a> {
    #[serde(borrow)]
    function: Maybe<Function<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Function<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    arguments: Option<Value>,
}

impl Message<'_> {
    fn says_something(&self) -> bool {
        !self.content.is_empty() || !self.thinking.is_empty() || !self.tool_calls.is_empty()
    }

    fn add_text(&self, all: &mut String) {
        self.thinking.add_to(all);
        self.content.add_to(all);
        for function in self.tool_calls.iter().filter_map(|call| call.function.0.as_ref()) {
            function.name.add_to(all);
            all.extend(function.arguments.as_ref().map(Value::to_string));
        }
    }
}

impl Document<'_> {
    fn has_failed(&self) -> bool {
        self.error.is_some_and(|error| error.get() != "null")
    }

    fn report(&self) -> Report {
        Report { input: self.prompt_eval_count.0, output: self.eval_count.0, ..Report::default() }
    }
}

pub(super) fn read(body: &[u8]) -> Result<Answer, Fault> {
    let answer = parse::<Document<'_>>(body).ok_or(Fault::Malformed)?;
    if answer.has_failed() {
        return Err(Fault::UpstreamError(error::in_answer(Dialect::Ollama, body)));
    }
    let message = answer.message.0.as_ref().ok_or(Fault::Malformed)?;
    let empty = !message.says_something() && !answer.done;
    let report = Some(answer.report()).filter(Report::is_complete);
    Ok(Answer::new(report, super::CELLS.input_count, empty, || {
        let mut text = String::new();
        message.add_text(&mut text);
        text
    }))
}

pub(super) fn read_event(progress: &mut Progress, event: &SseEvent<'_>) -> Kind {
    let Some(document) = event.data.as_deref().and_then(parse::<Document<'_>>) else { return Kind::Other };
    if document.has_failed() {
        return Kind::Error(error::in_answer(Dialect::Ollama, event.data.as_deref().unwrap_or_default()));
    }
    let message = document.message.0.as_ref();
    if let Some(message) = message {
        message.add_text(&mut progress.text);
    }
    if document.done {
        progress.reported(document.report(), &super::CELLS);
        progress.report_is_final = true;
        return Kind::Terminal;
    }
    if message.is_some_and(Message::says_something) { Kind::Content } else { Kind::Start }
}
