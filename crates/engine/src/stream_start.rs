//! The beginning of a stream: events are held back until the first meaningful one, so that a failure before it is still
//! retried elsewhere and the caller's 200 is only sent for an answer.

use crate::{
    attempt::{AttemptFailed, Told, content_type},
    config::RelayConfig,
};
use bytes::{Bytes, BytesMut};
use http::HeaderValue;
use http_body::Body;
use http_body_util::BodyExt;
use protocol::stream::{Kind, StreamTap};
use tokio::time::{Instant, timeout_at};

const EVENTS: &str = "text/event-stream";

/// A stream that has begun to mean something.
pub(crate) struct StartedStream<B> {
    pub content_type: HeaderValue,
    /// Everything up to and including the first meaningful event.
    pub first: Bytes,
    /// How many events that is.
    pub events: u64,
    /// Decoder of the rest; events after the first meaningful one wait in it.
    pub tap: StreamTap,
    pub body: B,
}

/// Reads up to the first meaningful event.
pub(crate) async fn read<B>(
    mut tap: StreamTap,
    response: http::Response<B>,
    config: &RelayConfig,
    deadline: Instant,
) -> Result<StartedStream<B>, AttemptFailed>
where
    B: Body<Data = Bytes, Error: std::fmt::Display> + Unpin,
{
    let (head, mut body) = response.into_parts();
    let content_type = content_type(&head.headers, EVENTS);
    let usual = tap.content_type();
    if !content_type.as_bytes().starts_with(usual.as_bytes()) {
        let other = AttemptFailed::transient("a stream was asked for and something else came");
        return Err(other.within(head.status, None));
    }
    // What is translated from documents goes on as events.
    let content_type = if usual == EVENTS { content_type } else { HeaderValue::from_static(EVENTS) };
    let mut held = Held::default();
    match begin(&mut tap, &mut body, &mut held, config, deadline).await {
        Ok(first) => Ok(StartedStream { content_type, first, events: held.events, tap, body }),
        Err(failed) => Err(failed.within(head.status, Told::of(tap.reported(), tap.service_tier()))),
    }
}

/// Everything up to and including the first meaningful event.
async fn begin<B>(
    tap: &mut StreamTap,
    body: &mut B,
    held: &mut Held,
    config: &RelayConfig,
    deadline: Instant,
) -> Result<Bytes, AttemptFailed>
where
    B: Body<Data = Bytes, Error: std::fmt::Display> + Unpin,
{
    loop {
        if let Some(first) = held.take_events(tap)? {
            return Ok(first);
        }
        if held.events > config.max_held_events || held.bytes.len() > config.max_held_bytes {
            return Ok(std::mem::take(&mut held.bytes).freeze());
        }
        let frame =
            timeout_at(deadline, body.frame()).await.map_err(|_| AttemptFailed::timeout("no first token in time"))?;
        match frame {
            Some(Ok(frame)) => {
                if let Ok(data) = frame.into_data() {
                    tap.push(data).map_err(|fault| AttemptFailed::transient(fault.to_string()))?;
                }
            }
            Some(Err(error)) => return Err(AttemptFailed::transient(error.to_string())),
            None => {
                // Whether it is whole is the pump's question; here only whether it began.
                let _ = tap.finish();
                let first = held.take_events(tap)?;
                return first.ok_or_else(|| AttemptFailed::transient("the stream ended before it began"));
            }
        }
    }
}

#[derive(Default)]
struct Held {
    bytes: BytesMut,
    events: u64,
}

impl Held {
    /// Takes events until a meaningful one; then everything held is due.
    fn take_events(&mut self, tap: &mut StreamTap) -> Result<Option<Bytes>, AttemptFailed> {
        while let Some(event) = tap.next_event() {
            self.events += 1;
            match event.kind {
                Kind::Error(error) => return Err(AttemptFailed::in_answer(error)),
                Kind::Terminal => return Err(AttemptFailed::transient("an empty answer")),
                Kind::Content if self.bytes.is_empty() => return Ok(Some(event.raw)),
                Kind::Content => {
                    self.bytes.extend_from_slice(&event.raw);
                    return Ok(Some(std::mem::take(&mut self.bytes).freeze()));
                }
                Kind::Start | Kind::Usage | Kind::Other => {
                    if !event.hidden {
                        self.bytes.extend_from_slice(&event.raw);
                    }
                }
            }
        }
        Ok(None)
    }
}
