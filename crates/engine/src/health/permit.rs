//! An attempt's place in a slot.

use super::{Slot, Turn};
use protocol::error::Class;
use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};
use tokio::time::Instant;

/// A place taken in a slot; given back when dropped, whatever became of the attempt.
#[derive(Debug)]
pub struct Permit {
    slot: Arc<Slot>,
    attempt: u64,
    /// Whether it was let through to see if the slot is well again.
    probe: bool,
    told: bool,
}

impl Permit {
    pub(super) fn new(slot: Arc<Slot>, attempt: u64, probe: bool) -> Self {
        Self { slot, attempt, probe, told: false }
    }

    /// Whose it is.
    pub fn slot(&self) -> &Arc<Slot> {
        &self.slot
    }

    /// The attempt served.
    pub fn served(&mut self, ttft: Duration, whole: bool) -> Option<Turn> {
        self.answered();
        self.slot.serves(ttft, whole, self.probe, Instant::now())
    }

    /// The attempt failed.
    pub fn failed(&mut self, class: Class, retry_after: Option<Duration>, jitter: f64) -> Option<Turn> {
        self.answered();
        self.slot.fails(class, retry_after, self.probe, Instant::now(), jitter)
    }
}

impl Permit {
    fn answered(&mut self) {
        self.told = true;
        self.slot.state.lock().answered(self.attempt);
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.slot.in_flight.fetch_sub(1, Ordering::Relaxed);
        self.slot.account.in_flight.fetch_sub(1, Ordering::Relaxed);
        if !self.told {
            let mut state = self.slot.state.lock();
            state.answered(self.attempt);
            if self.probe {
                state.given_up(&self.slot.account, Instant::now());
            }
        }
    }
}
