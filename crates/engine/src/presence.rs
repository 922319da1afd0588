//! Whether the caller is still there. A caller who leaves is a state, not an exception: the work goes on, within bounds,
//! to learn the usage.
//!
//! The server drops a request's future (or its answer's body) when the caller's connection ends. Both are wrapped so that
//! dropping them marks the caller as gone and hands the unfinished work to the task tracker.

use std::{
    future::{Future, poll_fn},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};
use tokio_util::task::TaskTracker;

/// Shared between the caller's side and the work done for it.
#[derive(Debug, Clone, Default)]
pub struct Presence(Arc<AtomicBool>);

impl Presence {
    /// Whether the caller has left.
    pub fn is_gone(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }

    pub(crate) fn leave(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// Ends once the caller has left. Needs no waker: leaving hands the work to a new task, which polls everything again.
    pub async fn left(&self) {
        poll_fn(|_: &mut Context<'_>| if self.is_gone() { Poll::Ready(()) } else { Poll::Pending }).await;
    }

    /// Ends `grace` after the caller has left.
    pub async fn left_for(&self, grace: Duration) {
        self.left().await;
        tokio::time::sleep(grace).await;
    }
}

/// Work that outlives its caller.
pub struct Survive<T: 'static> {
    work: Option<Pin<Box<dyn Future<Output = T> + Send>>>,
    presence: Presence,
    tracker: TaskTracker,
}

impl<T: Send + 'static> Survive<T> {
    /// Runs `work` in the caller's own task, and in the tracker's if the caller leaves.
    pub fn new(work: impl Future<Output = T> + Send + 'static, presence: Presence, tracker: TaskTracker) -> Self {
        Self { work: Some(Box::pin(work)), presence, tracker }
    }
}

impl<T: Send + 'static> Future for Survive<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        let Some(work) = self.work.as_mut() else { return Poll::Pending };
        let output = std::task::ready!(work.as_mut().poll(cx));
        self.work = None;
        Poll::Ready(output)
    }
}

impl<T: 'static> Drop for Survive<T> {
    fn drop(&mut self) {
        if let Some(work) = self.work.take() {
            self.presence.leave();
            self.tracker.spawn(async move {
                drop(work.await);
            });
        }
    }
}
