//! A limit in one minute as a leaky bucket (GCRA): the whole minute's quota may be used at once and comes back evenly.
//! What is only known afterwards (output tokens) is a debt, paid before anything else is let in.

use domain::limits::Left;
use governor::{
    Quota, RateLimiter,
    clock::Clock,
    middleware::StateInformationMiddleware,
    nanos::Nanos,
    state::{InMemoryState, NotKeyed},
};
use parking_lot::Mutex;
use std::{num::NonZeroU32, time::Duration};
use tokio::time::Instant;

/// Tokio's clock, which tests can pause, for `governor`.
#[derive(Debug, Clone, Copy)]
pub(super) struct TokioClock(Instant);

impl Clock for TokioClock {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        Nanos::from(Instant::now().saturating_duration_since(self.0))
    }
}

type Limiter = RateLimiter<NotKeyed, InMemoryState, TokioClock, StateInformationMiddleware>;

/// See the module.
#[derive(Debug)]
pub(super) struct Bucket {
    limit: NonZeroU32,
    clock: TokioClock,
    limiter: Limiter,
    /// Held while it is paid, so that it is paid once.
    debt: Mutex<u64>,
}

/// There is not enough left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Short {
    /// There is, after this; `None`: never, it is more than the whole limit.
    pub wait: Option<Duration>,
}

impl Bucket {
    pub fn new(limit: NonZeroU32) -> Self {
        let clock = TokioClock(Instant::now());
        let limiter = RateLimiter::direct_with_clock(Quota::per_minute(limit), clock);
        Self { limit, clock, limiter: limiter.with_middleware(), debt: Mutex::new(0) }
    }

    /// Takes so many.
    pub fn take(&self, count: u32) -> Result<Left, Short> {
        self.pay(&mut self.debt.lock())?;
        let Some(count) = NonZeroU32::new(count) else { return Ok(self.left(self.limit.get())) };
        match self.limiter.check_n(count) {
            Ok(Ok(state)) => Ok(self.left(state.remaining_burst_capacity())),
            Ok(Err(not_yet)) => Err(Short { wait: Some(not_yet.wait_time_from(self.clock.now())) }),
            Err(_) => Err(Short { wait: None }),
        }
    }

    /// Takes so many that have been used already.
    pub fn owe(&self, count: u64) {
        let mut debt = self.debt.lock();
        *debt = debt.saturating_add(count);
        let _ = self.pay(&mut debt);
    }

    /// Pays what is owed, as much at a time as fits into the bucket.
    fn pay(&self, debt: &mut u64) -> Result<(), Short> {
        loop {
            let part = u32::try_from(*debt).unwrap_or(u32::MAX).min(self.limit.get());
            let Some(part) = NonZeroU32::new(part) else { return Ok(()) };
            match self.limiter.check_n(part) {
                Ok(Ok(_)) => *debt = debt.saturating_sub(u64::from(part.get())),
                Ok(Err(not_yet)) => return Err(Short { wait: Some(not_yet.wait_time_from(self.clock.now())) }),
                Err(_) => return Err(Short { wait: None }),
            }
        }
    }

    fn left(&self, remaining: u32) -> Left {
        let used = u64::from(self.limit.get().saturating_sub(remaining));
        let reset = Duration::from_millis(60_000 * used / u64::from(self.limit.get()));
        Left { limit: self.limit.get(), remaining, reset }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bucket(limit: u32) -> Bucket {
        Bucket::new(NonZeroU32::new(limit).unwrap())
    }

    #[tokio::test(start_paused = true)]
    async fn a_minutes_quota_may_be_used_at_once_and_comes_back_evenly() {
        let bucket = bucket(60);
        let left = bucket.take(59).unwrap();
        assert_eq!((left.limit, left.remaining, left.reset), (60, 1, Duration::from_secs(59)));
        bucket.take(1).unwrap();
        let short = bucket.take(1).unwrap_err();
        assert_eq!(short.wait, Some(Duration::from_secs(1)));
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(bucket.take(1).is_ok() && bucket.take(1).is_err());
        assert_eq!(bucket.take(61).unwrap_err().wait, None, "more than a minute's quota never fits");
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_used_already_is_paid_first() {
        let bucket = bucket(60);
        bucket.owe(150);
        // 60 were paid at once; 90 are owed, of which 60 need a minute.
        assert_eq!(bucket.take(1).unwrap_err().wait, Some(Duration::from_secs(60)));
        tokio::time::advance(Duration::from_secs(60)).await;
        assert_eq!(bucket.take(1).unwrap_err().wait, Some(Duration::from_secs(30)));
        tokio::time::advance(Duration::from_secs(31)).await;
        assert!(bucket.take(1).is_ok());
    }
}
