//! How many retries may run at once: a fifth of the requests that wait for an upstream, and always three. When everything
//! fails, retries so stay few; a try somewhere that is known to be well is no retry in this sense and is not counted.

use std::sync::atomic::{AtomicU32, Ordering};

/// So many may always run.
const FLOOR: u32 = 3;
/// One for so many requests.
const ONE_IN: u32 = 5;

/// See the module.
#[derive(Debug, Default)]
pub struct Retries {
    live: AtomicU32,
    retrying: AtomicU32,
}

impl Retries {
    /// A request begins to wait for an upstream.
    pub(crate) fn enter(&self) -> Counted<'_> {
        Counted::new(&self.live)
    }

    /// A retry, if there is room for it.
    pub(crate) fn retry(&self) -> Option<Counted<'_>> {
        let most = FLOOR.max(self.live.load(Ordering::Relaxed) / ONE_IN);
        let counted = Counted::new(&self.retrying);
        (self.retrying.load(Ordering::Relaxed) <= most).then_some(counted)
    }
}

/// Counted until dropped.
#[derive(Debug)]
pub(crate) struct Counted<'a>(&'a AtomicU32);

impl<'a> Counted<'a> {
    fn new(count: &'a AtomicU32) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_retries_may_always_run_and_one_for_every_five_requests() {
        let retries = Retries::default();
        let three: Vec<_> = (0..3).map(|_| retries.retry()).collect();
        assert!(three.iter().all(Option::is_some) && retries.retry().is_none());
        let live: Vec<_> = (0..25).map(|_| retries.enter()).collect();
        let two: Vec<_> = (0..2).map(|_| retries.retry()).collect();
        assert!(two.iter().all(Option::is_some) && retries.retry().is_none());
        drop((live, two));
        assert!(retries.retry().is_none());
        drop(three);
        assert!(retries.retry().is_some());
    }
}
