//! A socket that may not dawdle: a caller that leaves a full socket unread for too long is cut off, so that it holds back
//! neither memory nor an upstream; and one that sends no whole head in time is closed, also when it sends nothing at all
//! (hyper's header timeout begins with the first byte only).

use std::{
    future::Future,
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Sleep, sleep},
};

/// Whether a request of the connection is being answered; shared between the socket and its service.
#[derive(Debug, Clone, Default)]
pub struct Busy(Arc<AtomicBool>);

impl Busy {
    /// A whole head has come.
    pub fn begin(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// The answer's head is ready; the next request may begin.
    pub fn end(&self) {
        self.0.store(false, Ordering::Relaxed);
    }

    fn is(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Fails a write that has waited for `write`, and ends the input when no head has come within `head`.
pub struct StallGuard<IO> {
    io: IO,
    write: Duration,
    head: Duration,
    busy: Busy,
    stalled: Option<Pin<Box<Sleep>>>,
    waiting: Option<Pin<Box<Sleep>>>,
}

impl<IO> StallGuard<IO> {
    /// Guards `io`.
    pub fn new(io: IO, write: Duration, head: Duration, busy: Busy) -> Self {
        Self { io, write, head, busy, stalled: None, waiting: None }
    }

    fn watch<T>(&mut self, cx: &mut Context<'_>, progress: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if progress.is_ready() {
            self.stalled = None;
            return progress;
        }
        let limit = self.write;
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(sleep(limit)));
        if stalled.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the caller does not read")));
        }
        Poll::Pending
    }
}

impl<IO: AsyncRead + Unpin> AsyncRead for StallGuard<IO> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let read = Pin::new(&mut self.io).poll_read(cx, buf);
        if read.is_ready() || self.busy.is() || self.stalled.is_some() {
            self.waiting = None;
            return read;
        }
        let head = self.head;
        let waiting = self.waiting.get_or_insert_with(|| Box::pin(sleep(head)));
        // Nothing more comes, as far as the connection is told: it closes in order.
        waiting.as_mut().poll(cx).map(|()| Ok(()))
    }
}

impl<IO: AsyncWrite + Unpin> AsyncWrite for StallGuard<IO> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let progress = Pin::new(&mut self.io).poll_write(cx, buf);
        self.watch(cx, progress)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let progress = Pin::new(&mut self.io).poll_write_vectored(cx, bufs);
        self.watch(cx, progress)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let progress = Pin::new(&mut self.io).poll_flush(cx);
        self.watch(cx, progress)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let progress = Pin::new(&mut self.io).poll_shutdown(cx);
        self.watch(cx, progress)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    #[tokio::test(start_paused = true)]
    async fn a_caller_that_sends_nothing_is_closed_and_one_that_waits_for_its_answer_is_not() {
        let (ours, theirs) = tokio::io::duplex(4);
        let busy = Busy::default();
        let mut guarded = StallGuard::new(ours, Duration::from_secs(60), Duration::from_secs(10), busy.clone());
        busy.begin();
        let waiting = tokio::time::timeout(Duration::from_secs(3_600), guarded.read(&mut [0; 4])).await;
        assert!(waiting.is_err(), "its request is being answered");
        busy.end();
        assert_eq!(guarded.read(&mut [0; 4]).await.unwrap(), 0);
        drop(theirs);
    }

    #[tokio::test(start_paused = true)]
    async fn a_reader_that_stalls_is_cut_off_and_one_that_reads_is_not() {
        let (ours, theirs) = tokio::io::duplex(4);
        let mut guarded = StallGuard::new(ours, Duration::from_secs(60), Duration::from_secs(10), Busy::default());
        guarded.write_all(b"1234").await.unwrap();
        let error = guarded.write_all(b"5").await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        drop(theirs);
    }
}
