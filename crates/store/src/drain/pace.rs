//! How much of the core the drain may take: all it needs while the relay leaves some, a tenth while it does not.
//!
//! The relay's load is the process's CPU time less the drain's own, over the cores it may use. Under a burst the backlog
//! grows instead of the latency; over a bound the drain takes what it needs.

use std::time::{Duration, Instant};

/// Over this share of the cores (in percent) taken by the relay, the drain yields.
const BUSY_PERCENT: u128 = 70;
/// While yielding, it pauses so many times as long as it worked.
const PAUSES: u32 = 9;
/// A backlog over so many bytes ends the yielding.
const BACKLOG_LIMIT: u64 = 512 << 20;
/// No pause is longer.
const LONGEST: Duration = Duration::from_millis(200);
const MEASURE_EVERY: Duration = Duration::from_millis(50);

/// Measures and decides.
#[derive(Debug)]
pub struct Pace {
    enabled: bool,
    cores: u128,
    since: Instant,
    cpu: Duration,
    worked: Duration,
    busy: bool,
}

impl Pace {
    /// `enabled`: yields at all.
    pub fn new(enabled: bool) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, |n| n.get() as u128);
        Self { enabled, cores, since: Instant::now(), cpu: cpu_time(), worked: Duration::ZERO, busy: false }
    }

    /// After a batch that took `worked`, with so much left: how long to pause.
    pub fn pause(&mut self, worked: Duration, backlog_bytes: u64) -> Duration {
        self.worked += worked;
        let elapsed = self.since.elapsed();
        if elapsed >= MEASURE_EVERY {
            let cpu = cpu_time();
            let relay = cpu.saturating_sub(self.cpu).saturating_sub(self.worked);
            self.busy = relay.as_nanos() * 100 > elapsed.as_nanos() * self.cores * BUSY_PERCENT;
            (self.since, self.cpu, self.worked) = (Instant::now(), cpu, Duration::ZERO);
        }
        if self.enabled && self.busy && backlog_bytes < BACKLOG_LIMIT {
            (worked * PAUSES).min(LONGEST)
        } else {
            Duration::ZERO
        }
    }
}

/// CPU time of all threads of this process.
fn cpu_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or(0))
}
