//! A streamed body for callers of Google's dialect who did not ask for events: one JSON array, told as it comes.

use bytes::Bytes;
use engine::frames::Frames;
use http_body::{Body, Frame};
use protocol::stream::ArrayOfEvents;
use std::{
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll, ready},
};

/// The body. It ends where the stream does, whatever ended it: an error is the array's last element, as at Google.
pub struct InArray {
    frames: Frames,
    array: Option<ArrayOfEvents>,
}

impl InArray {
    /// Of a stream's frames.
    pub fn new(frames: Frames) -> Self {
        Self { frames, array: Some(ArrayOfEvents::default()) }
    }
}

impl Body for InArray {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        while let Some(mut array) = self.array.take() {
            let polled = Pin::new(&mut self.frames).poll_frame(cx);
            if polled.is_pending() {
                self.array = Some(array);
                return Poll::Pending;
            }
            let frame = ready!(polled).and_then(Result::ok).and_then(|frame| frame.into_data().ok());
            // The relay writes no stream that is none; if it did, its end is told.
            let told = match frame.map(|bytes| array.push(bytes)) {
                Some(Ok(told)) => {
                    self.array = Some(array);
                    told
                }
                Some(Err(_)) | None => array.end(),
            };
            if !told.is_empty() {
                return Poll::Ready(Some(Ok(Frame::data(told))));
            }
        }
        Poll::Ready(None)
    }
}
