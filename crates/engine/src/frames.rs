//! A streamed answer's body: the pump runs inside the body's own polling, so that a frame costs no task switch and a slow
//! caller holds back the upstream by itself. At most one frame is buffered.
//!
//! When the caller leaves, the pump goes on in the task tracker and its frames are dropped.

use crate::presence::Presence;
use bytes::Bytes;
use http_body::{Body, Frame};
use parking_lot::Mutex;
use std::{
    convert::Infallible,
    future::{Future, poll_fn},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};
use tokio_util::task::TaskTracker;

/// The pump's end: where it puts what goes to the caller.
#[derive(Debug, Clone)]
pub struct FrameSink {
    slot: Arc<Mutex<Option<Bytes>>>,
    presence: Presence,
}

impl FrameSink {
    /// Puts a frame once the one before was taken. Returns at once, dropping it, when the caller has left.
    pub async fn send(&self, frame: Bytes) {
        if frame.is_empty() {
            return;
        }
        let mut frame = Some(frame);
        // No waker: the body polls the pump again after it took a frame.
        poll_fn(|_| {
            if self.presence.is_gone() {
                return Poll::Ready(());
            }
            let mut slot = self.slot.lock();
            if slot.is_some() {
                return Poll::Pending;
            }
            *slot = frame.take();
            Poll::Ready(())
        })
        .await;
    }
}

/// The body a server sends.
pub struct Frames {
    slot: Arc<Mutex<Option<Bytes>>>,
    pump: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
    presence: Presence,
    tracker: TaskTracker,
}

impl Frames {
    /// A body fed by the pump that `start` makes of its sink.
    pub fn new<F>(presence: Presence, tracker: TaskTracker, start: impl FnOnce(FrameSink) -> F) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let slot = Arc::new(Mutex::new(None));
        let pump = start(FrameSink { slot: slot.clone(), presence: presence.clone() });
        Self { slot, pump: Some(Box::pin(pump)), presence, tracker }
    }
}

impl Body for Frames {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        loop {
            let waiting = self.slot.lock().take();
            if let Some(frame) = waiting {
                return Poll::Ready(Some(Ok(Frame::data(frame))));
            }
            let Some(pump) = self.pump.as_mut() else { return Poll::Ready(None) };
            match pump.as_mut().poll(cx) {
                Poll::Ready(()) => self.pump = None,
                Poll::Pending if self.slot.lock().is_none() => return Poll::Pending,
                Poll::Pending => {}
            }
        }
    }
}

impl Drop for Frames {
    fn drop(&mut self) {
        if let Some(pump) = self.pump.take() {
            self.presence.leave();
            self.tracker.spawn(pump);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt;
    use tokio::sync::oneshot;

    #[tokio::test]
    async fn frames_come_in_order_and_end_with_the_pump() {
        let frames = Frames::new(Presence::default(), TaskTracker::new(), |sink| async move {
            for part in ["a", "b", "", "c"] {
                sink.send(Bytes::from_static(part.as_bytes())).await;
            }
        });
        assert_eq!(frames.collect().await.unwrap().to_bytes(), "abc");
    }

    #[tokio::test]
    async fn the_pump_runs_to_its_end_after_the_caller_left() {
        let (ended, end) = oneshot::channel();
        let (tracker, presence) = (TaskTracker::new(), Presence::default());
        let seen = presence.clone();
        let mut frames = Frames::new(presence, tracker.clone(), |sink| async move {
            for _ in 0..100 {
                sink.send(Bytes::from_static(b"x")).await;
            }
            ended.send(seen.is_gone()).unwrap();
        });
        assert!(frames.frame().await.is_some());
        drop(frames);
        assert!(end.await.unwrap(), "the pump saw that the caller had left");
        tracker.close();
        tracker.wait().await;
    }
}
