//! Carries a stream from upstream to caller, metering on the way, and settles it before its end is sent.

use crate::{
    frames::FrameSink,
    held::{self, Ending, Held},
    meter::Meter,
    patience,
    plan::Planned,
    recorded::Recorded,
    relay::Relay,
    stream_start::StartedStream,
    upstream::Upstream,
};
use bytes::Bytes;
use domain::{
    ports::{Catalog, Ledger},
    record::EndState,
    refusal::{Code, Refusal},
};
use http_body_util::BodyExt;
use protocol::stream::{Event, Kind, StreamTap};
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, timeout_at},
};

/// How long to wait for the connection's end after the terminal event, so that it can be used again.
const TAIL_TIMEOUT: Duration = Duration::from_secs(1);

/// Why a stream stops before its terminal event.
enum Stop {
    /// The upstream broke off, was silent for too long, or sent an error.
    Cut,
    /// The answer took longer than any may.
    TooLong,
    /// The caller left and the time or number of drains is used up.
    CallerLeft,
    /// The wallet does not cover more.
    OutOfFunds(Refusal),
    /// The journal failed: nothing can be charged any more.
    Unrecorded,
    /// The relay is shutting down.
    Shutdown,
}

/// A running stream.
pub(crate) struct Pump<L: Ledger, C: Catalog, U: Upstream> {
    relay: Arc<Relay<L, C, U>>,
    held: Held,
    tap: StreamTap,
    body: U::Body,
    meter: Meter,
    recorded: Recorded<L::Written>,
    idle: Duration,
    deadline: Instant,
    draining: Option<Draining>,
}

/// An upstream that is read on although its caller has left: one of a bounded number, until a fixed moment.
struct Draining {
    until: Instant,
    _permit: OwnedSemaphorePermit,
}

impl Draining {
    /// `None` when too many drains run already.
    fn begin(drains: &Arc<Semaphore>, allowed: Duration) -> Option<Self> {
        let permit = drains.clone().try_acquire_owned().ok()?;
        Some(Self { until: Instant::now() + allowed, _permit: permit })
    }
}

impl<L: Ledger, C: Catalog, U: Upstream> Pump<L, C, U> {
    /// Takes over a started stream; what it holds as `first` must be sent by [`Self::run`].
    pub fn new(relay: Arc<Relay<L, C, U>>, held: Held, started: StartedStream<U::Body>) -> (Self, Bytes) {
        let timeouts = held.serving_timeouts();
        let pump = Self {
            meter: Meter::new(&held.planned.head.model, &held.planned.bounds),
            idle: patience::idle(&relay.config, &timeouts),
            deadline: held.deadline(timeouts.total_ms.map_or(relay.config.total_timeout, Duration::from_millis)),
            relay,
            held,
            tap: started.tap,
            body: started.body,
            recorded: Recorded::new(started.events),
            draining: None,
        };
        (pump, started.first)
    }

    /// Carries the stream to its end, whatever that is.
    pub async fn run(mut self, first: Bytes, sink: FrameSink) {
        let mut batch = Batch::new(&first);
        loop {
            if let Some(end) = self.take_events(&mut batch) {
                return self.finish(end, batch, sink).await;
            }
            if let Err(stop) = self.keep_recorded().await {
                return self.stop(stop, batch, sink).await;
            }
            sink.send(batch.take()).await;
            if let Err(stop) = self.keep_covered().await {
                return self.stop(stop, batch, sink).await;
            }
            match self.next_chunk().await {
                Ok(Some(chunk)) => {
                    if self.tap.push(chunk).is_err() {
                        return self.stop(Stop::Cut, batch, sink).await;
                    }
                }
                Ok(None) => {
                    // The last event may lack its blank line; whether the stream is whole is the tap's to say.
                    let whole = self.tap.finish().is_ok();
                    return match self.take_events(&mut batch) {
                        Some(end) if whole => self.finish(end, batch, sink).await,
                        _ => self.stop(Stop::Cut, batch, sink).await,
                    };
                }
                Err(stop) => return self.stop(stop, batch, sink).await,
            }
        }
    }

    /// Moves complete events into the batch; the terminal event or an error ends the stream.
    fn take_events(&mut self, batch: &mut Batch) -> Option<Result<Event, ()>> {
        while let Some(event) = self.tap.next_event() {
            self.recorded.see(1);
            match event.kind {
                Kind::Terminal => return Some(Ok(event)),
                Kind::Error(_) => return Some(Err(())),
                _ if event.hidden => {}
                _ => batch.push(&event.raw),
            }
        }
        self.meter.take_text(&mut self.tap);
        None
    }

    /// The next piece of the answer; `None`: the upstream has ended it.
    async fn next_chunk(&mut self) -> Result<Option<Bytes>, Stop> {
        let relay = self.relay.clone();
        let until = self.deadline.min(Instant::now() + self.idle);
        loop {
            let (presence, draining) = (&self.held.presence, &mut self.draining);
            let caller_left = async {
                presence.left().await;
                if draining.is_none() {
                    *draining = Draining::begin(&relay.drains, relay.config.drain_after_caller_left);
                }
                if let Some(draining) = draining {
                    tokio::time::sleep_until(draining.until).await;
                }
            };
            let frame = tokio::select! {
                biased;
                () = caller_left => return Err(Stop::CallerLeft),
                frame = timeout_at(until, self.body.frame()) => frame,
                () = relay.shutdown.cancelled() => return Err(Stop::Shutdown),
            };
            match frame {
                Ok(Some(Ok(frame))) => {
                    if let Ok(data) = frame.into_data() {
                        return Ok(Some(data));
                    }
                }
                Ok(None) => return Ok(None),
                Err(_) if Instant::now() >= self.deadline => return Err(Stop::TooLong),
                // A broken connection, or silence.
                Ok(Some(Err(_))) | Err(_) => return Err(Stop::Cut),
            }
        }
    }

    /// Queues a checkpoint when one is due, and waits for the disk before the caller gets too far ahead of it.
    async fn keep_recorded(&mut self) -> Result<(), Stop> {
        if self.recorded.is_due() {
            let (usage, _) = self.usage().await;
            let Self { recorded, relay, held, tap, .. } = self;
            let count = held.checkpoint(usage, tap.service_tier());
            let queue = || relay.ledger.checkpoint(&mut held.hold, &count);
            recorded.queue(queue).await.map_err(|_| Stop::Unrecorded)?;
        }
        self.recorded.keep_up().await.map_err(|_| Stop::Unrecorded)
    }

    /// Extends the hold as the answer grows.
    async fn keep_covered(&mut self) -> Result<(), Stop> {
        if let Some(tokens) = self.meter.extension_due() {
            let Planned { sale, bounds, multiplier, .. } = &self.held.planned;
            let more = sale.upper_bound_of_more(bounds.input, tokens, *multiplier);
            match self.relay.ledger.extend(&mut self.held.hold, more).await {
                Ok(()) => self.meter.extended(tokens),
                Err(refused) => {
                    let refusal = held::not_held(&self.relay.notices, &self.held.opened, refused);
                    return Err(Stop::OutOfFunds(refusal));
                }
            }
        }
        Ok(())
    }

    async fn usage(&mut self) -> (domain::usage::Usage, domain::usage::UsageSource) {
        let received = &self.held.planned.received;
        self.meter.usage(&mut self.tap, received.dialect, &received.body, &self.relay.tracker).await
    }

    /// The terminal event, or an error event, has come.
    async fn finish(mut self, end: Result<Event, ()>, mut batch: Batch, sink: FrameSink) {
        let Ok(terminal) = end else { return self.stop(Stop::Cut, batch, sink).await };
        let (usage, source) = self.usage().await;
        let state = if self.held.presence.is_gone() { EndState::ClientGone } else { EndState::Complete };
        let Self { relay, held, mut tap, mut body, .. } = self;
        let (dialect, request) = (held.opened.dialect, held.opened.request);
        let ending = Ending { state, status: 200, error: None, usage, source, service_tier: tap.service_tier() };
        let settled = settle(&relay, held, tap.parts_violations(), ending).await;
        if settled.is_err() {
            sink.send(batch.take()).await;
            sink.send(protocol::error::refusal_event(dialect, &unrecorded(), &request.to_string())).await;
            return;
        }
        batch.push(&terminal.raw);
        batch.push(&tap.close(&usage));
        // What follows the terminal event is passed on, and the connection read to its end so that it can be used again.
        let until = Instant::now() + TAIL_TIMEOUT;
        let mut ended = false;
        loop {
            while let Some(event) = tap.next_event() {
                batch.push(&event.raw);
            }
            sink.send(batch.take()).await;
            if ended {
                return;
            }
            match timeout_at(until, body.frame()).await {
                Ok(Some(Ok(frame))) => ended = frame.into_data().is_ok_and(|data| tap.push(data).is_err()),
                _ => {
                    ended = true;
                    // The answer is whole and settled: bytes that make no event any more are dropped.
                    let _ = tap.finish();
                }
            }
        }
    }

    /// The upstream broke off: that counts against it, whoever is to blame for what it already sent.
    fn note_cut(&self) {
        let Some(candidate) = self.held.candidate() else { return };
        let turn = candidate.slot.cut(Instant::now(), self.relay.dice.share());
        self.relay.turned(&self.held, candidate, turn);
    }

    /// Ends a stream that has no end of its own: settles what was seen, then sends the rest of it and says why it ends.
    async fn stop(mut self, stop: Stop, mut batch: Batch, sink: FrameSink) {
        let (usage, source) = self.usage().await;
        let gone = self.held.presence.is_gone();
        let refusal = match &stop {
            Stop::Cut | Stop::CallerLeft => {
                Refusal::new(Code::UpstreamError, "The upstream broke off in the middle of the answer.")
            }
            Stop::TooLong => Refusal::new(Code::UpstreamTimeout, "The answer took longer than an answer may."),
            Stop::OutOfFunds(refusal) => refusal.clone(),
            Stop::Unrecorded => unrecorded(),
            Stop::Shutdown => Refusal::new(Code::Overloaded, "The relay is restarting. Please send the request again."),
        };
        if matches!(stop, Stop::Cut) {
            self.note_cut();
        }
        let state = match refusal.code {
            Code::InsufficientBalance | Code::TenantFrozen => EndState::OutOfFunds,
            _ if gone => EndState::Cancelled,
            _ => EndState::Cut,
        };
        let (dialect, request) = (self.held.opened.dialect, self.held.opened.request);
        let service_tier = self.tap.service_tier();
        let ending = Ending { state, status: 200, error: Some(refusal.code), usage, source, service_tier };
        if settle(&self.relay, self.held, self.tap.parts_violations(), ending).await.is_ok() {
            sink.send(batch.take()).await;
        }
        // The caller gets an error event whether or not the charge could be written; the journal reports its own failure.
        sink.send(protocol::error::refusal_event(dialect, &refusal, &request.to_string())).await;
    }
}

async fn settle<L: Ledger, C: Catalog, U: Upstream>(
    relay: &Relay<L, C, U>,
    held: Held,
    violations: u32,
    ending: Ending,
) -> Result<held::Settled, domain::ports::JournalFailed> {
    if violations > 0 {
        metrics::counter!("turnpike_usage_parts_violations_total").increment(u64::from(violations));
    }
    held.settle(&*relay.ledger, ending).await
}

fn unrecorded() -> Refusal {
    Refusal::new(Code::Internal, "The answer could not be recorded.")
}

/// Bytes on their way to the caller. Copied: an event that waits for a slow caller would otherwise keep the whole buffer it
/// was read into, and a caller who stalls has a dozen events waiting.
struct Batch(Vec<u8>);

impl Batch {
    fn new(first: &[u8]) -> Self {
        Self(first.to_vec())
    }

    fn push(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    fn take(&mut self) -> Bytes {
        std::mem::take(&mut self.0).into()
    }
}

#[cfg(test)]
mod tests {
    use super::Batch;

    #[test]
    fn a_batch_keeps_order_and_starts_afresh_after_take() {
        let mut batch = Batch::new(b"a");
        for part in [b"b", b"c"] {
            batch.push(part);
        }
        assert_eq!(batch.take(), "abc");
        batch.push(b"d");
        assert_eq!(batch.take(), "d");
        assert!(batch.take().is_empty());
    }
}
