//! A stream that is kept at its end: its events go through as they come, those that hold the response say the relay's
//! word of its state, and the last one is sent once it is kept.
//!
//! A caller who leaves earlier never saw the end, and nothing is kept.

use super::Turn;
use axum::body::Body;
use bytes::{Bytes, BytesMut};
use domain::dialect::Dialect;
use engine::frames::Frames;
use futures::stream::unfold;
use http_body_util::BodyExt;
use protocol::{
    responses::edit_event,
    stream::{Event, Kind, StreamTap},
};
use std::convert::Infallible;

/// The body of a stream that this turn keeps.
pub(super) fn keeping(turn: Turn, frames: Frames) -> Body {
    let keeping = Keeping { turn, frames, tap: StreamTap::new(Dialect::OpenaiResponses, false), ended: false };
    Body::from_stream(unfold(keeping, async |mut keeping| {
        keeping.next().await.map(|bytes| (Ok::<_, Infallible>(bytes), keeping))
    }))
}

struct Keeping {
    turn: Turn,
    frames: Frames,
    tap: StreamTap,
    ended: bool,
}

impl Keeping {
    /// What goes to the caller next.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            let mut batch = BytesMut::new();
            while let Some(event) = self.tap.next_event() {
                batch.extend_from_slice(&told(&self.turn, event).await);
            }
            if !batch.is_empty() {
                return Some(batch.freeze());
            }
            if self.ended {
                return None;
            }
            match self.frames.frame().await {
                Some(Ok(frame)) => {
                    // The relay has cut it at events already, so none is too large.
                    self.ended = frame.into_data().is_ok_and(|data| self.tap.push(data).is_err());
                }
                None => {
                    self.ended = true;
                    // A stream that ends in an error has no other end.
                    let _ = self.tap.finish();
                }
                Some(Err(never)) => match never {},
            }
        }
    }
}

/// An event as the caller gets it; the last one once the response is kept.
async fn told(turn: &Turn, event: Event) -> Bytes {
    let of_failure = matches!(event.kind, Kind::Error(_));
    let Some((raw, response)) = edit_event(&event.raw, turn.told(turn.keep && !of_failure)) else {
        return event.raw;
    };
    if event.kind != Kind::Terminal || !turn.keep || turn.keep(&response).await {
        return raw;
    }
    edit_event(&event.raw, turn.told(false)).map_or(event.raw, |(raw, _)| raw)
}
