//! The books of a run: what was held, tried, settled and seen, and what must be true of it.

use domain::{
    ids::{ChannelId, RequestId},
    record::{EndState, Settlement},
};
use parking_lot::Mutex;
use std::collections::{HashMap, HashSet};

#[derive(Debug, Default)]
pub struct Book {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    held: HashSet<RequestId>,
    settled: HashMap<RequestId, Settlement>,
    /// By marker.
    attempts: HashMap<String, Vec<ChannelId>>,
    /// Markers whose caller was sent something that means something.
    committed: HashSet<String>,
    requests: HashMap<String, RequestId>,
}

impl Book {
    /// A request is sent, by this marker.
    pub fn asks(&self, marker: &str, request: RequestId) {
        self.state.lock().requests.insert(marker.to_owned(), request);
    }

    pub fn held(&self, request: RequestId) {
        assert!(self.state.lock().held.insert(request), "held once");
    }

    /// An upstream is asked.
    pub fn attempt(&self, marker: &str, channel: ChannelId) {
        let mut state = self.state.lock();
        let request = state.requests[marker];
        assert!(state.held.contains(&request), "{marker} goes upstream without a hold");
        assert!(!state.settled.contains_key(&request), "{marker} goes upstream after its end");
        assert!(!state.committed.contains(marker), "{marker} is tried again after its caller was sent something");
        let attempts = state.attempts.entry(marker.to_owned()).or_default();
        attempts.push(channel);
        assert!(attempts.len() <= 3, "{marker} is tried {} times", attempts.len());
    }

    /// A caller was sent something that means something.
    pub fn committed(&self, marker: &str) {
        self.state.lock().committed.insert(marker.to_owned());
    }

    pub fn settled(&self, request: RequestId, settlement: &Settlement) {
        let failed = settlement.end_state == EndState::Failed;
        assert!(!failed || settlement.sale.0 == 0, "a failed request is charged");
        assert!(self.state.lock().settled.insert(request, settlement.clone()).is_none(), "settled once");
    }

    /// The caller has seen the end of a whole answer.
    pub fn seen_end(&self, marker: &str) {
        let state = self.state.lock();
        let settlement = state.settled.get(&state.requests[marker]);
        assert!(settlement.is_some(), "{marker} ended before its charge was written");
        assert!(settlement.is_some_and(|it| it.sale.0 > 0), "{marker} was delivered for nothing");
    }

    /// After everything has ended.
    pub fn close(&self) -> Summary {
        let state = self.state.lock();
        assert_eq!(state.held.len(), state.settled.len(), "every hold ends once");
        let of = |end: EndState| state.settled.values().filter(|it| it.end_state == end).count();
        Summary {
            requests: state.requests.len(),
            attempts: state.attempts.values().map(Vec::len).sum(),
            failovers: state
                .settled
                .values()
                .filter(|it| it.attempts.len() > 1 && it.end_state == EndState::Complete)
                .count(),
            complete: of(EndState::Complete),
            failed: of(EndState::Failed),
            cut: of(EndState::Cut),
            left: of(EndState::ClientGone) + of(EndState::Cancelled),
            charged: state.settled.values().map(|it| it.sale.0).sum(),
        }
    }
}

/// What a run came to.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Summary {
    pub requests: usize,
    pub attempts: usize,
    pub failovers: usize,
    pub complete: usize,
    pub failed: usize,
    pub cut: usize,
    pub left: usize,
    pub charged: i64,
}

impl Summary {
    pub fn add(&mut self, other: &Self) {
        self.requests += other.requests;
        self.attempts += other.attempts;
        self.failovers += other.failovers;
        self.complete += other.complete;
        self.failed += other.failed;
        self.cut += other.cut;
        self.left += other.left;
        self.charged += other.charged;
    }

    /// Whether everything that can happen did.
    pub fn is_lively(&self) -> bool {
        [self.failovers, self.complete, self.failed, self.cut, self.left].iter().all(|count| *count > 50)
    }
}
