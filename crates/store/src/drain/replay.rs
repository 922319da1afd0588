//! Reads a node's segments in order: which requests ended, which still run, and where a replay would have to begin.
//!
//! The same reading serves the drain and, read-only, the reconciliation.

use crate::journal::{record::Record, record::Settled, segment::Segment};
use domain::{
    ids::RequestId,
    money::NanoUsd,
    record::{Checkpoint, EndState, Opened, Settlement},
    usage::{Usage, UsageSource},
};
use std::collections::HashMap;

/// The code of a request that ended with its node.
const INTERRUPTED: &str = "interrupted";

/// A place in a segment: its number among those read, and the record's first byte.
pub type Place = (usize, u64);

/// A request without an end so far.
#[derive(Debug)]
pub struct Running {
    /// The epoch it was admitted in.
    pub epoch: u64,
    opened: Opened,
    checkpoint: Option<Checkpoint>,
    opened_at: Place,
    checkpoint_at: Place,
}

/// The requests that run, as far as the journal was read.
#[derive(Debug, Default)]
pub struct Replay {
    running: HashMap<RequestId, Running>,
}

impl Replay {
    /// Takes a record in; an end comes back.
    pub fn take(&mut self, segment: &Segment, place: Place, record: Record) -> Option<Box<Settled>> {
        match record {
            Record::Open(opened) => {
                let epoch = segment.header.epoch;
                let request = opened.request;
                let running = Running { epoch, opened, checkpoint: None, opened_at: place, checkpoint_at: place };
                self.running.insert(request, running);
                None
            }
            Record::Checkpoint(checkpoint) => {
                if let Some(running) = self.running.get_mut(&checkpoint.request) {
                    running.checkpoint = Some(checkpoint);
                    running.checkpoint_at = place;
                }
                None
            }
            Record::Settled(end) => {
                self.running.remove(&end.opened.request);
                Some(end)
            }
            Record::Abandoned(abandoned) => {
                let mut end = interrupted(&self.running.remove(&abandoned.request)?);
                (end.opened.hold, end.covered) = (abandoned.hold, abandoned.covered);
                Some(Box::new(end))
            }
        }
    }

    /// Where a replay of segment number `segment`, read up to `read_to`, would have to begin.
    pub fn low_water(&self, segment: usize, read_to: u64) -> u64 {
        let places = self.running.values().flat_map(|running| [running.opened_at, running.checkpoint_at]);
        places.filter(|(number, _)| *number == segment).map(|(_, at)| at).fold(read_to, u64::min)
    }

    /// At most `limit` requests admitted in the oldest epoch before `epoch` that has any: their node died, and this is
    /// their end. They are all known when every segment of those epochs was read.
    pub fn interrupted(&self, epoch: u64, limit: usize) -> (u64, Vec<Settled>) {
        let oldest = self.running.values().map(|running| running.epoch).filter(|e| *e < epoch).min().unwrap_or(epoch);
        let dead = self.running.values().filter(|running| running.epoch == oldest && oldest < epoch);
        let mut ends: Vec<_> = dead.map(interrupted).collect();
        ends.sort_by_key(|end| end.opened.request);
        ends.truncate(limit);
        (oldest, ends)
    }

    /// The ends of requests that were admitted in one of these segments and have none.
    pub fn dead_in(&self, segments: &[usize]) -> Vec<Settled> {
        self.running.values().filter(|running| segments.contains(&running.opened_at.0)).map(interrupted).collect()
    }

    /// These were posted.
    pub fn forget(&mut self, ends: &[Settled]) {
        for end in ends {
            self.running.remove(&end.opened.request);
        }
    }
}

/// The end of a request whose node died: charged at its last checkpoint, nothing without one.
fn interrupted(running: &Running) -> Settled {
    let last = running.checkpoint.as_ref();
    let sale = last.map_or(NanoUsd::ZERO, |c| c.sale);
    let mut opened = running.opened.clone();
    // Extensions are not written down; a checkpoint within them proves them.
    opened.hold = opened.hold.max(sale);
    let settlement = Settlement {
        end_state: EndState::Interrupted,
        status: 0,
        error_code: INTERRUPTED.to_owned(),
        channel: last.and_then(|c| c.channel),
        credential: last.and_then(|c| c.credential),
        cost_price: last.and_then(|c| c.cost_price),
        usage: last.map_or_else(Usage::default, |c| c.usage),
        usage_source: UsageSource::Checkpoint,
        sale,
        cost: last.map_or(NanoUsd::ZERO, |c| c.cost),
        latency_us: 0,
        ttft_us: None,
        overhead_us: 0,
        attempts: Vec::new(),
        decision: String::new(),
        client_request_id: None,
        unit_prices: last.and_then(|c| c.unit_prices.clone()),
    };
    Settled { opened, settlement, covered: sale }
}
