//! A response body that is sent the way its model says: at once, at a pace, cut off, or never ending.
//!
//! A stream is made of what comes before the content, one event a piece of content, and what comes after. Every event is a
//! frame and so an HTTP chunk of its own. Content events differ only in their piece, so they are written as prefix, piece
//! as JSON, suffix.

use crate::{
    flushes::Flushes,
    reply::{Ending, Manner},
    vocabulary::Pieces,
};
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use std::{
    collections::VecDeque,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};
use tokio::time::{Instant, Sleep, sleep_until};

/// The error with which a body makes hyper drop the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the sandbox was asked to drop the connection")]
pub struct Dropped;

/// The body of an answer.
#[derive(Debug)]
pub(crate) enum AnswerBody {
    /// One buffer, sent at once.
    Whole(Option<Bytes>),
    /// The first part of a buffer, then a drop.
    Torn { first: Option<Bytes>, promised: u64, dropping: Dropping },
    /// Events.
    Events(Box<Events>),
}

/// A stream's bytes, in no dialect.
#[derive(Debug)]
pub(crate) struct Frames {
    /// Events before the content.
    pub(crate) before: VecDeque<Bytes>,
    /// The bytes of a content event before and after its piece.
    pub(crate) around: (Vec<u8>, Vec<u8>),
    /// The pieces.
    pub(crate) pieces: Pieces,
    /// Events after the content.
    pub(crate) after: VecDeque<Bytes>,
    /// Whether every event ends with its number in the stream.
    pub(crate) numbered: bool,
}

/// A stream under way.
#[derive(Debug)]
pub(crate) struct Events {
    frames: Frames,
    manner: Manner,
    /// When the next content event is due, and the timer for it; `None` if it is due at once.
    due: Option<(Instant, Pin<Box<Sleep>>)>,
    content_done: bool,
    sent: u64,
    dropping: Dropping,
}

/// What a drop waits for: one flush after all frames were handed over.
#[derive(Debug)]
pub(crate) struct Dropping {
    flushes: Flushes,
    since: Option<u64>,
}

impl AnswerBody {
    /// One buffer, sent at once.
    pub(crate) fn whole(bytes: impl Into<Bytes>) -> Self {
        Self::Whole(Some(bytes.into()))
    }

    /// Half of a buffer whose whole length was promised.
    pub(crate) fn torn(bytes: Vec<u8>, flushes: Flushes) -> Self {
        let whole = Bytes::from(bytes);
        let first = Some(whole.slice(..whole.len() / 2));
        Self::Torn { promised: whole.len() as u64, first, dropping: Dropping { flushes, since: None } }
    }

    /// Events, sent in this manner.
    pub(crate) fn events(frames: Frames, manner: Manner, flushes: Flushes) -> Self {
        let due = if manner.delay.is_zero() && manner.interval.is_zero() {
            None
        } else {
            let first = Instant::now() + manner.delay;
            Some((first, Box::pin(sleep_until(first))))
        };
        let dropping = Dropping { flushes, since: None };
        Self::Events(Box::new(Events { frames, manner, due, content_done: false, sent: 0, dropping }))
    }
}

impl Dropping {
    /// Fails the body, but only once all that came before is out.
    fn poll(&mut self, cx: &Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Dropped>>> {
        self.flushes.poll_next(&mut self.since, cx).map(|()| Some(Err(Dropped)))
    }
}

impl Events {
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Dropped>>> {
        if let Some(event) = self.frames.before.pop_front() {
            return self.send(event);
        }
        if !self.content_done {
            if let Some((at, timer)) = &mut self.due {
                if timer.as_mut().poll(cx).is_pending() {
                    return Poll::Pending;
                }
                if self.manner.interval.is_zero() {
                    self.due = None;
                } else {
                    // Due times come from the first one and not from now, so that a late timer does not slow the pace.
                    *at += self.manner.interval;
                    timer.as_mut().reset(*at);
                }
            }
            if let Some(piece) = self.frames.pieces.next_piece() {
                let event = content_event(&self.frames.around, piece);
                self.content_done = self.frames.pieces.is_done();
                return self.send(event);
            }
            self.content_done = true;
        }
        match self.manner.ending {
            Ending::Whole => match self.frames.after.pop_front() {
                Some(event) => self.send(event),
                None => Poll::Ready(None),
            },
            Ending::Dropped => self.dropping.poll(cx),
            // No waker: only the peer's leaving, which hyper sees, ends this.
            Ending::Silent => Poll::Pending,
        }
    }

    fn send(&mut self, event: Bytes) -> Poll<Option<Result<Frame<Bytes>, Dropped>>> {
        let event = if self.frames.numbered { numbered(&event, self.sent) } else { event };
        self.sent += 1;
        Poll::Ready(Some(Ok(Frame::data(event))))
    }
}

/// An event whose JSON tells its number last.
fn numbered(event: &[u8], number: u64) -> Bytes {
    const END: &[u8] = b"}\n\n";
    let mut out = event.strip_suffix(END).unwrap_or(event).to_vec();
    out.extend_from_slice(format!(",\"sequence_number\":{number}").as_bytes());
    out.extend_from_slice(END);
    out.into()
}

fn content_event((prefix, suffix): &(Vec<u8>, Vec<u8>), piece: &str) -> Bytes {
    let mut event = Vec::with_capacity(prefix.len() + piece.len() + suffix.len() + 8);
    event.extend_from_slice(prefix);
    push_json(&mut event, piece);
    event.extend_from_slice(suffix);
    event.into()
}

/// Appends a text as a JSON string.
pub(crate) fn push_json(out: &mut Vec<u8>, text: &str) {
    // Writing a string to a vector cannot fail.
    let _ = serde_json::to_writer(out, text);
}

impl Body for AnswerBody {
    type Data = Bytes;
    type Error = Dropped;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        match &mut *self {
            Self::Whole(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            Self::Torn { first, dropping, .. } => match first.take() {
                Some(bytes) => Poll::Ready(Some(Ok(Frame::data(bytes)))),
                None => dropping.poll(cx),
            },
            Self::Events(events) => events.poll_next(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Self::Whole(None))
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64)),
            Self::Torn { promised, .. } => SizeHint::with_exact(*promised),
            Self::Events(_) => SizeHint::default(),
        }
    }
}
