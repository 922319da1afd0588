//! How far a running stream's journal may lag behind what its caller was sent.
//!
//! A checkpoint is queued long before it must be there, so that a stream hardly ever waits for the disk; when the disk is
//! slow all the same, the stream waits for it rather than run ahead. A crash so loses at most [`BOUND`] events of a
//! charge and no event that was sent [`LATE`] before the last, whatever the disk and the scheduler do.

use domain::ports::JournalFailed;
use std::{
    pin::Pin,
    task::{Context, Poll, Waker},
    time::Duration,
};
use tokio::time::Instant;

/// A checkpoint is queued after this many events …
const EVENTS: u64 = 32;
/// … or this long after the last, whichever comes first.
const AGE: Duration = Duration::from_millis(500);
/// So many events at most are sent beyond the last checkpoint that is written.
const BOUND: u64 = 64;
/// And none this long after one that is not.
const LATE: Duration = Duration::from_secs(1);

/// What of one stream is recorded. `W` resolves when a queued checkpoint is written.
#[derive(Debug)]
pub(crate) struct Recorded<W> {
    /// Events sent, or about to be.
    seen: u64,
    /// Of these, how many the last queued checkpoint covers.
    queued: u64,
    /// And how many the last one that is known to be written.
    written: u64,
    pending: Option<W>,
    /// When the last checkpoint was queued …
    last: Instant,
    /// … and the last one that is known to be written.
    covered: Instant,
}

impl<W: Future<Output = Result<(), JournalFailed>> + Unpin> Recorded<W> {
    /// A stream whose first `seen` events are about to be sent.
    pub fn new(seen: u64) -> Self {
        let now = Instant::now();
        Self { seen, queued: 0, written: 0, pending: None, last: now, covered: now }
    }

    /// So many more events are about to be sent.
    pub fn see(&mut self, events: u64) {
        self.seen += events;
    }

    /// Whether a checkpoint of what was seen should be queued now.
    pub fn is_due(&self) -> bool {
        let since = self.seen - self.queued;
        since >= EVENTS || (since > 0 && self.last.elapsed() >= AGE)
    }

    /// A checkpoint that covers all that was seen is queued. The one before is written by then, or is waited for: a stream
    /// has one in the queue at most.
    pub async fn queue(&mut self, queue: impl FnOnce() -> W) -> Result<(), JournalFailed> {
        self.wait().await?;
        self.pending = Some(queue());
        self.queued = self.seen;
        self.last = Instant::now();
        Ok(())
    }

    /// Waits for the disk if what was seen would otherwise run too far ahead of it. A journal that failed is noticed with
    /// the next event, not with the next checkpoint: a slow stream would run ahead of it for a second more.
    pub async fn keep_up(&mut self) -> Result<(), JournalFailed> {
        self.look()?;
        let late = self.seen > self.written && self.covered.elapsed() >= LATE;
        if late || self.seen - self.written > BOUND { self.wait().await } else { Ok(()) }
    }

    async fn wait(&mut self) -> Result<(), JournalFailed> {
        match self.pending.as_mut() {
            Some(pending) => {
                let written = pending.await;
                self.written(written)
            }
            None => Ok(()),
        }
    }

    /// Takes in what is known of the queued checkpoint, without waiting.
    fn look(&mut self) -> Result<(), JournalFailed> {
        let now = &mut Context::from_waker(Waker::noop());
        match self.pending.as_mut().map(|pending| Pin::new(pending).poll(now)) {
            Some(Poll::Ready(written)) => self.written(written),
            Some(Poll::Pending) | None => Ok(()),
        }
    }

    fn written(&mut self, written: Result<(), JournalFailed>) -> Result<(), JournalFailed> {
        self.pending = None;
        written?;
        (self.written, self.covered) = (self.queued, self.last);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt as _;
    use tokio::sync::oneshot;

    type Written = futures::future::BoxFuture<'static, Result<(), JournalFailed>>;

    /// A checkpoint in the queue, and what writes it.
    fn queued() -> (oneshot::Sender<()>, impl FnOnce() -> Written) {
        let (write, written) = oneshot::channel::<()>();
        (write, || written.map(|written| written.map_err(|_| JournalFailed)).boxed())
    }

    #[tokio::test(start_paused = true)]
    async fn a_checkpoint_is_due_after_32_events_or_half_a_second() {
        let mut recorded = Recorded::<Written>::new(1);
        assert!(!recorded.is_due());
        recorded.see(30);
        assert!(!recorded.is_due());
        recorded.see(1);
        assert!(recorded.is_due());
        let (_write, queue) = queued();
        recorded.queue(queue).await.unwrap();
        assert!(!recorded.is_due());
        tokio::time::advance(AGE).await;
        assert!(!recorded.is_due(), "nothing came since");
        recorded.see(1);
        assert!(recorded.is_due());
    }

    #[tokio::test]
    async fn nothing_waits_until_the_64th_event_beyond_what_is_written() {
        let mut recorded = Recorded::<Written>::new(32);
        let (write, queue) = queued();
        recorded.queue(queue).await.unwrap();
        recorded.see(32);
        assert_eq!(recorded.keep_up().now_or_never(), Some(Ok(())), "64 events may be unrecorded");
        recorded.see(1);
        assert_eq!(recorded.keep_up().now_or_never(), None, "65 may not");
        write.send(()).unwrap();
        assert_eq!(recorded.keep_up().now_or_never(), Some(Ok(())));
        assert_eq!((recorded.seen, recorded.written), (65, 32));
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_is_sent_a_second_after_what_is_not_written() {
        let mut recorded = Recorded::<Written>::new(1);
        tokio::time::advance(AGE).await;
        let (write, queue) = queued();
        recorded.queue(queue).await.unwrap();
        recorded.see(1);
        assert_eq!(recorded.keep_up().now_or_never(), Some(Ok(())), "the first was seen half a second ago");
        tokio::time::advance(LATE - AGE).await;
        assert_eq!(recorded.keep_up().now_or_never(), None, "a second ago");
        write.send(()).unwrap();
        assert_eq!(recorded.keep_up().now_or_never(), Some(Ok(())), "the second, half a second ago");
    }

    #[tokio::test]
    async fn a_second_checkpoint_waits_for_the_first() {
        let mut recorded = Recorded::<Written>::new(40);
        let (write, queue) = queued();
        recorded.queue(queue).await.unwrap();
        recorded.see(20);
        let (_later, next) = queued();
        assert!(recorded.queue(next).now_or_never().is_none());
        write.send(()).unwrap();
        let (_later, next) = queued();
        assert_eq!(recorded.queue(next).now_or_never(), Some(Ok(())));
        assert_eq!(recorded.written, 40);
    }

    #[tokio::test]
    async fn a_failed_journal_ends_the_stream() {
        let mut recorded = Recorded::<Written>::new(100);
        let (write, queue) = queued();
        recorded.queue(queue).await.unwrap();
        drop(write);
        assert_eq!(recorded.keep_up().await, Err(JournalFailed));
    }

    #[tokio::test]
    async fn a_slow_stream_notices_a_failed_journal_with_its_next_event() {
        let mut recorded = Recorded::<Written>::new(10);
        let (write, queue) = queued();
        recorded.queue(queue).await.unwrap();
        recorded.see(1);
        assert_eq!(recorded.keep_up().now_or_never(), Some(Ok(())), "it is not written yet, which is well");
        drop(write);
        recorded.see(1);
        assert_eq!(recorded.keep_up().now_or_never(), Some(Err(JournalFailed)));
    }
}
