//! Taps a streamed answer: its bytes go to the caller as they came, cut at events, while a copy is read for usage, text,
//! errors and the end. Sans-IO: bytes are pushed in, events are taken out, any split of the bytes gives the same events.

mod array;
mod framer;
mod line;
mod sse;

pub use array::ArrayOfEvents;
pub(crate) use line::on_a_line;
pub(crate) use sse::SseEvent;

use crate::{
    dialects::{Cells, cells},
    error::{self, UpstreamError},
    translate::{StreamTranslator, Translation},
    usage::Report,
};
use bytes::Bytes;
use domain::{dialect::Dialect, price::TierName, usage::Usage};
use framer::Framer;
use std::collections::VecDeque;

/// An event may not be larger than this.
pub const MAX_EVENT: usize = 1 << 20;

/// What an upstream sent cannot be an answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// An event is larger than [`MAX_EVENT`].
    #[error("an event of the stream is larger than {MAX_EVENT} bytes")]
    EventTooLarge,
    /// The stream begins like a JSON document or a web page.
    #[error("the answer is not an event stream")]
    NotAnEventStream,
    /// The stream ended without its dialect's terminal event.
    #[error("the stream ended before its terminal event")]
    Truncated,
    /// A whole answer is no JSON, or not of its dialect's outline.
    #[error("the answer is not a document of its dialect")]
    Malformed,
    /// A whole answer is an error, in spite of its status.
    #[error("the answer is an error: {0}")]
    UpstreamError(UpstreamError),
}

/// What an event means to the relay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// The answer is about to begin: nothing that the model has written.
    Start,
    /// Text, reasoning, a refusal, a tool call, or the reason of the end: an answer.
    Content,
    /// Usage and nothing else.
    Usage,
    /// A comment, or something the relay does not know.
    Other,
    /// The end, as the dialect writes it.
    Terminal,
    /// The upstream gave up in the middle of the stream.
    Error(UpstreamError),
}

/// One event of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its exact bytes, comments and blank line included: all events' bytes in order are the bytes pushed. In a stream that is
    /// translated, what it is in the caller's dialect, which may be nothing.
    pub raw: Bytes,
    /// What it means.
    pub kind: Kind,
    /// It exists only because the relay asked for usage; the caller did not.
    pub hidden: bool,
}

/// What has been learned from a stream so far; filled by the dialects.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    /// Text since it was last taken.
    pub text: String,
    /// All reports of usage, merged.
    pub report: Report,
    /// Whether the reports cover the whole answer.
    pub report_is_final: bool,
    /// The terminal event has come.
    pub ended: bool,
    /// Reports whose parts exceeded their totals.
    pub violations: u32,
    /// The reason of the end has come, in a dialect whose streams end with the connection.
    pub complete: bool,
    /// Choices that have begun (bits by index) and those that have ended.
    pub begun: u128,
    pub finished: u128,
}

impl Progress {
    /// Takes a report of usage.
    pub fn reported(&mut self, report: Report, cells: &Cells) {
        self.violations = self.violations.saturating_add(u32::from(report.usage(cells.input_count).1));
        self.report = self.report.merge(report, cells.input_count);
    }
}

/// Decoder of one streamed answer.
#[derive(Debug)]
pub struct StreamTap {
    cells: &'static Cells,
    hide_usage: bool,
    framer: Framer,
    progress: Progress,
    translator: Option<StreamTranslator>,
    /// In a dialect whose streams end with the connection: what may be the last event.
    last: Option<Event>,
    /// Events that are due, after the connection's end.
    due: VecDeque<Event>,
}

/// Reads an event, or a document that is a line of its own, and hands it to `then`.
fn read_event<'a, T>(cells: &Cells, raw: &'a [u8], then: impl FnOnce(&SseEvent<'a>) -> T) -> T {
    if cells.lines { then(&SseEvent::of_line(raw)) } else { SseEvent::read(raw, then) }
}

impl std::fmt::Debug for Cells {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cells").field("path", &self.path).finish_non_exhaustive()
    }
}

impl StreamTap {
    /// For one answer. `hide_usage`: the caller did not ask for the chunk that tells only usage.
    pub fn new(dialect: Dialect, hide_usage: bool) -> Self {
        Self::over(dialect, hide_usage, None)
    }

    /// For an answer that is to be told in the caller's dialect.
    pub fn translating(translation: Translation) -> Self {
        Self::over(translation.upstream(), false, translation.into_stream())
    }

    fn over(dialect: Dialect, hide_usage: bool, translator: Option<StreamTranslator>) -> Self {
        Self {
            cells: cells(dialect),
            hide_usage,
            framer: Framer::of(cells(dialect).lines),
            progress: Progress::default(),
            translator,
            last: None,
            due: VecDeque::new(),
        }
    }

    /// The type of what the upstream sends.
    pub fn content_type(&self) -> &'static str {
        if self.cells.lines { "application/x-ndjson" } else { "text/event-stream" }
    }

    /// Takes bytes of the stream.
    ///
    /// # Errors
    /// [`Fault::EventTooLarge`], [`Fault::NotAnEventStream`]; nothing more can be read then.
    pub fn push(&mut self, chunk: Bytes) -> Result<(), Fault> {
        self.framer.push(chunk)
    }

    /// The next complete event, if there is one.
    pub fn next_event(&mut self) -> Option<Event> {
        if let Some(due) = self.due.pop_front() {
            return Some(due);
        }
        loop {
            let raw = self.framer.next_frame()?;
            let event = self.read(raw);
            if !(self.cells.ends_with_connection && self.progress.complete) {
                return Some(event);
            }
            // Whether this is the last one shows when the next comes, or none.
            if let Some(earlier) = self.last.replace(event) {
                return Some(earlier);
            }
        }
    }

    fn read(&mut self, raw: Bytes) -> Event {
        let Self { cells, progress, translator, .. } = self;
        let ended = progress.ended;
        let (kind, raw) = read_event(cells, &raw, |event| {
            let kind = match (cells.read_event)(progress, event) {
                // The official clients fall over it; what it should have said is lost.
                Kind::Other if event.is_broken() => Kind::Error(error::not_json()),
                kind => kind,
            };
            let told = match translator {
                None => raw.clone(),
                // After its terminal event a stream has nothing more to say.
                Some(_) if ended => Bytes::new(),
                Some(translator) => translator.event(event, kind == Kind::Terminal),
            };
            (kind, told)
        });
        match kind {
            _ if ended => return Event { raw, kind: Kind::Other, hidden: false },
            Kind::Terminal => progress.ended = true,
            _ => {}
        }
        let hidden = self.hide_usage && kind == Kind::Usage;
        Event { raw, kind, hidden }
    }

    /// What is to be sent after the terminal event, once the whole answer's usage is known: the caller's dialect's own end
    /// in a stream that is translated, else nothing.
    pub fn close(&mut self, usage: &Usage) -> Bytes {
        self.translator.as_mut().map(|translator| translator.close(usage)).unwrap_or_default()
    }

    /// The upstream has closed the stream. Events may be left to be taken: a terminal event whose blank line never came
    /// counts as complete.
    ///
    /// # Errors
    /// [`Fault::Truncated`] if there was no terminal event.
    pub fn finish(&mut self) -> Result<(), Fault> {
        if self.cells.ends_with_connection {
            return self.finish_connection();
        }
        let cells = self.cells;
        let is_end = |raw: &[u8]| {
            let mut scratch = Progress::default();
            read_event(cells, raw, |event| (cells.read_event)(&mut scratch, event)) == Kind::Terminal
        };
        if self.progress.ended || self.framer.frames().any(|frame| is_end(frame)) || is_end(self.framer.tail()) {
            self.framer.release_tail();
            return Ok(());
        }
        Err(Fault::Truncated)
    }

    /// The connection's end is the stream's, if the reason of the end has come.
    fn finish_connection(&mut self) -> Result<(), Fault> {
        self.framer.release_tail();
        while let Some(raw) = self.framer.next_frame() {
            let event = self.read(raw);
            self.due.extend(self.last.take());
            self.due.push_back(event);
        }
        self.due.extend(self.last.take());
        if !self.progress.complete {
            return Err(Fault::Truncated);
        }
        self.progress.ended = true;
        self.progress.report_is_final = true;
        let raw = self.translator.as_mut().map(StreamTranslator::stop).unwrap_or_default();
        self.due.push_back(Event { raw, kind: Kind::Terminal, hidden: false });
        Ok(())
    }

    /// What the provider has reported so far, the larger of every count, parts cut to their totals. While
    /// [`Self::reported_is_final`] is false the output may be a beginning only, and nothing may have been said of a side.
    pub fn reported(&self) -> Option<Usage> {
        let said = self.progress.report.input.is_some() || self.progress.report.output.is_some();
        said.then(|| self.progress.report.usage(self.cells.input_count).0)
    }

    /// The service tier that serves it, where the stream has said so.
    pub fn service_tier(&self) -> Option<TierName> {
        self.progress.report.service_tier
    }

    /// Whether [`Self::reported`] is the whole answer's usage.
    pub fn reported_is_final(&self) -> bool {
        self.progress.report_is_final && self.progress.report.is_complete()
    }

    /// What the model has written since the last call: text, reasoning, arguments of tool calls.
    pub fn take_output_text(&mut self) -> String {
        std::mem::take(&mut self.progress.text)
    }

    /// How many reports had parts larger than their totals.
    pub fn parts_violations(&self) -> u32 {
        self.progress.violations
    }
}
