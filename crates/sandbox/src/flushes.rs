//! Counts how often a connection has been flushed, so that a drop comes after every byte before it and not sooner.
//!
//! Hyper asks a body for more while earlier frames still wait for a slow peer, and a body's error throws those away. It
//! flushes the stream below only once all that was written before is out; counting that here makes `cut-<n>` exact.

use futures::task::AtomicWaker;
use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll},
};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// How often one connection has been flushed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Flushes(Arc<Counter>);

#[derive(Debug, Default)]
struct Counter {
    done: AtomicU64,
    waiting: AtomicWaker,
}

impl Flushes {
    /// Waits for one more flush after the first call; `since` keeps the count between calls.
    pub(crate) fn poll_next(&self, since: &mut Option<u64>, cx: &Context<'_>) -> Poll<()> {
        let done = self.0.done.load(Ordering::Acquire);
        match *since {
            Some(then) if done > then => return Poll::Ready(()),
            Some(_) => {}
            None => *since = Some(done),
        }
        self.0.waiting.register(cx.waker());
        Poll::Pending
    }
}

/// A byte stream whose flushes are counted.
#[derive(Debug)]
pub(crate) struct Counted<IO> {
    io: IO,
    flushes: Flushes,
}

impl<IO> Counted<IO> {
    /// Counts the flushes of `io` into `flushes`.
    pub(crate) fn new(io: IO, flushes: Flushes) -> Self {
        Self { io, flushes }
    }
}

impl<IO: AsyncRead + Unpin> AsyncRead for Counted<IO> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(cx, buf)
    }
}

impl<IO: AsyncWrite + Unpin> AsyncWrite for Counted<IO> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(cx, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.io).poll_flush(cx);
        if flushed.is_ready() {
            self.flushes.0.done.fetch_add(1, Ordering::Release);
            self.flushes.0.waiting.wake();
        }
        flushed
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}
