//! The life of a request, read from the top: received, authenticated, planned, held, attempted, streamed, settled.

use crate::{
    affinity::Affinity,
    answer::{Answer, AnswerBody, COST_USD, OVERHEAD_US},
    attempt::Served,
    authenticate::{Authed, authenticate},
    clock::SystemClock,
    config::RelayConfig,
    dice::Dice,
    failover::{self, NotServed},
    frames::Frames,
    health::Health,
    held::{Ending, Held},
    json_answer::JsonAnswer,
    limits::NodeLimits,
    meter,
    notices::{Kind, Notice, Notices},
    plan::{Desk, Planned, plan},
    presence::{Presence, Survive},
    pump::Pump,
    received::Received,
    retries::Retries,
    stream_start::StartedStream,
    templates::Templates,
    upstream::Upstream,
};
use bytes::Bytes;
use domain::{
    ids::{KeyId, RequestId},
    ports::{Catalog, Ledger},
    record::EndState,
    refusal::{Code, Refusal},
    usage::{Usage, UsageSource},
};
use http::{HeaderValue, StatusCode};
use protocol::count::{Counter, Family};
use quick_cache::sync::Cache;
use std::{net::IpAddr, sync::Arc};
use tokio::sync::Semaphore;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// A picture whose provider counts no tokens is counted as so many, so that a price by the picture can be told: $0.04 each
/// are $40 a million.
const PICTURE_TOKENS: u64 = 1_000;
/// So many pairs of key and address are remembered, so that each is told once.
const ADDRESSES: usize = 65_536;
/// What nginx calls a request whose caller closed the connection before the answer; no registered status says it.
const CLIENT_CLOSED_REQUEST: u16 = 499;

/// The relay and everything it needs.
pub struct Relay<L, C, U> {
    /// Money.
    pub ledger: Arc<L>,
    /// Keys, prices, routes.
    pub catalog: Arc<C>,
    /// The way out.
    pub upstream: Arc<U>,
    /// Limits.
    pub config: RelayConfig,
    /// Where work that outlives its caller runs.
    pub tracker: TaskTracker,
    /// Ends streams that are still running when the drain is over.
    pub shutdown: CancellationToken,
    /// How many streams may be read on after their callers left.
    pub drains: Arc<Semaphore>,
    /// Addresses and headers per credential.
    pub templates: Arc<Templates>,
    /// What is known of the upstreams.
    pub health: Arc<Health>,
    /// Where conversations were answered.
    pub affinity: Affinity,
    /// How much keys, tenants and channels may be given.
    pub limits: NodeLimits,
    /// How many retries may run.
    pub retries: Retries,
    /// Where events go.
    pub notices: Notices,
    /// Where keys were seen, as far as this node remembers.
    addresses: Cache<(KeyId, IpAddr), ()>,
    /// Chance.
    pub dice: Dice,
    in_flight: Arc<Semaphore>,
}

/// What a relay is made of.
pub struct Parts<L, C, U> {
    /// As in [`Relay`].
    pub ledger: Arc<L>,
    /// As in [`Relay`].
    pub catalog: Arc<C>,
    /// As in [`Relay`].
    pub upstream: Arc<U>,
    /// As in [`Relay`].
    pub config: RelayConfig,
    /// As in [`Relay`].
    pub tracker: TaskTracker,
    /// As in [`Relay`].
    pub shutdown: CancellationToken,
    /// As in [`Relay`].
    pub notices: Notices,
    /// As in [`Relay`].
    pub limits: NodeLimits,
}

impl<L: Ledger, C: Catalog, U: Upstream> Relay<L, C, U> {
    /// A relay made of these.
    pub fn new(parts: Parts<L, C, U>) -> Arc<Self> {
        let Parts { ledger, catalog, upstream, config, tracker, shutdown, notices, limits } = parts;
        let drains = Arc::new(Semaphore::new(config.max_drains));
        let dice = Dice::new(config.seed);
        let in_flight = Arc::new(Semaphore::new(config.max_in_flight));
        Arc::new(Self {
            ledger,
            catalog,
            upstream,
            config,
            tracker,
            shutdown,
            drains,
            templates: Arc::default(),
            health: Arc::default(),
            affinity: Affinity::default(),
            limits,
            retries: Retries::default(),
            notices,
            addresses: Cache::new(ADDRESSES),
            dice,
            in_flight,
        })
    }

    /// Answers a request. If the caller leaves, dropping the future hands the unfinished work to the tracker.
    pub fn answer(self: &Arc<Self>, received: Received) -> Survive<Answer> {
        let presence = Presence::default();
        let work = self.clone().answer_or_refuse(received, presence.clone());
        Survive::new(work, presence, self.tracker.clone())
    }

    async fn answer_or_refuse(self: Arc<Self>, received: Received, presence: Presence) -> Answer {
        let (dialect, request) = (received.dialect, received.id);
        let answer = match self.relay(received, presence).await {
            Ok(answer) => answer,
            Err(refusal) => {
                metrics::counter!("turnpike_refusals_total", "code" => refusal.code.as_str()).increment(1);
                Answer::refused(dialect, request, &refusal)
            }
        };
        metrics::counter!("turnpike_requests_total").increment(1);
        answer
    }

    async fn relay(self: Arc<Self>, received: Received, presence: Presence) -> Result<Answer, Refusal> {
        let Ok(live) = self.in_flight.clone().try_acquire_owned() else { return Err(overloaded()) };
        let authed = authenticate(&*self.catalog, &SystemClock, received).await?;
        let planned = self.plan(authed).await?;
        let mut held = Held::take(&*self.ledger, &self.notices, planned, presence).await?;
        held.live = Some(live);
        match failover::serve(&self, &mut held).await {
            Ok(Served::Json(answer)) => self.deliver_json(held, answer).await,
            Ok(Served::Stream(started)) => Ok(self.deliver_stream(held, *started)),
            Ok(Served::CallerError { status, body }) => self.deliver_error(held, status, body).await,
            Err(NotServed::Refused(refusal)) => self.fail(held, refusal).await,
            Err(NotServed::CallerLeft) => {
                self.fail(held, Refusal::new(Code::UpstreamTimeout, "The caller left before the answer.")).await
            }
        }
    }

    async fn plan(&self, authed: Authed) -> Result<Planned, Refusal> {
        let (tenant, key) = (authed.key.tenant, authed.key.id);
        let peer = authed.received.peer;
        if self.addresses.get(&(key, peer)).is_none() {
            self.addresses.insert((key, peer), ());
            let notice = || Notice::of_caller(Kind::Address, tenant, key, peer.to_canonical().to_string());
            self.notices.tell(notice, Kind::Address);
        }
        let snapshot = self.catalog.snapshot();
        let desk = Desk {
            snapshot: &snapshot,
            health: &self.health,
            affinity: &self.affinity,
            limits: &self.limits,
            dice: &self.dice,
            config: &self.config,
            clock: &SystemClock,
        };
        plan(&desk, authed).await.inspect_err(|refusal| {
            if refusal.code == Code::RateLimitExceeded {
                let notice = || Notice::of_caller(Kind::RateLimited, tenant, key, refusal.message.to_string());
                self.notices.tell(notice, Kind::RateLimited);
            }
        })
    }

    /// A whole answer: settled first, then sent.
    async fn deliver_json(&self, mut held: Held, answer: JsonAnswer) -> Result<Answer, Refusal> {
        let request = held.opened.request;
        held.ttft_us = Some(held.planned.received.elapsed_us());
        if answer.read.violation {
            metrics::counter!("turnpike_usage_parts_violations_total").increment(1);
        }
        let gone = held.presence.is_gone();
        let (usage, source) = self.usage_of(&held, &answer).await;
        let body = match &answer.translation {
            None => Ok(answer.body),
            Some(translation) => translation.answer(&answer.body, &usage),
        };
        let Ok(body) = body else {
            let message = "The upstream's answer could not be told in this API.";
            return self.fail(held, Refusal::new(Code::UpstreamError, message)).await;
        };
        let warnings = std::mem::take(&mut held.warnings);
        let left = held.planned.room.left();
        let ending = Ending {
            state: if gone { EndState::ClientGone } else { EndState::Complete },
            status: if gone { CLIENT_CLOSED_REQUEST } else { StatusCode::OK.as_u16() },
            error: None,
            usage,
            source,
            service_tier: answer.read.service_tier,
        };
        let settled = held.settle(&*self.ledger, ending).await.map_err(|_| unrecorded())?;
        Ok(Answer::new(request, StatusCode::OK, answer.content_type, AnswerBody::Full(body))
            .with_warnings(&warnings)
            .with_left(left)
            .with_text(COST_USD, &settled.sale.to_string())
            .with_text(OVERHEAD_US, &settled.overhead_us.to_string()))
    }

    /// What the provider reported, else a count of both texts.
    async fn usage_of(&self, held: &Held, answer: &JsonAnswer) -> (Usage, UsageSource) {
        if let Some(usage) = answer.read.usage {
            return (usage, UsageSource::Reported);
        }
        let family = Family::of(&held.planned.head.model);
        let mut counter = Counter::new(family.clone());
        counter.push(&answer.read.output_text);
        let received = &held.planned.received;
        let input = meter::count_input(family.clone(), received.dialect, &received.body, &self.tracker).await;
        let pictures = answer.read.pictures.saturating_mul(PICTURE_TOKENS);
        let output = counter.count().saturating_add(pictures);
        let audio_input = if received.dialect.hears() { input } else { 0 };
        (Usage { input, output, audio_input, image_output: pictures, ..Usage::default() }, family.source())
    }

    /// A stream: its pump settles it.
    fn deliver_stream(self: &Arc<Self>, mut held: Held, started: StartedStream<U::Body>) -> Answer {
        held.ttft_us = Some(held.planned.received.elapsed_us());
        let request = held.opened.request;
        let content_type = started.content_type.clone();
        let presence = held.presence.clone();
        let warnings = std::mem::take(&mut held.warnings);
        let left = held.planned.room.left();
        let (pump, first) = Pump::new(self.clone(), held, started);
        let frames = Frames::new(presence, self.tracker.clone(), |sink| pump.run(first, sink));
        let mut answer =
            Answer::new(request, StatusCode::OK, content_type, AnswerBody::Stream(frames)).with_warnings(&warnings);
        answer = answer.with_left(left);
        answer.headers.insert(http::header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        // Asks nginx and its kin not to buffer the stream.
        answer.headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
        answer
    }

    /// An upstream's own refusal of the request: nothing is charged, its words are passed on.
    async fn deliver_error(&self, held: Held, status: u16, body: Bytes) -> Result<Answer, Refusal> {
        let request = held.opened.request;
        let ending = Ending::failed(status, Some(Code::InvalidRequest));
        let settled = held.settle(&*self.ledger, ending).await.map_err(|_| unrecorded())?;
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
        let json = HeaderValue::from_static("application/json");
        Ok(Answer::new(request, status, json, AnswerBody::Full(body)).with_text(COST_USD, &settled.sale.to_string()))
    }

    /// Nobody served: nothing is charged, the hold goes back at once.
    async fn fail(&self, held: Held, refusal: Refusal) -> Result<Answer, Refusal> {
        let gone = held.presence.is_gone();
        let status = if gone { CLIENT_CLOSED_REQUEST } else { refusal.code.status() };
        let mut ending = Ending::failed(status, Some(refusal.code));
        if gone {
            ending.state = EndState::Cancelled;
        }
        let request: RequestId = held.opened.request;
        if held.settle(&*self.ledger, ending).await.is_err() {
            tracing::error!(%request, "the end of a failed request could not be written to the journal");
        }
        Err(refusal)
    }
}

fn overloaded() -> Refusal {
    Refusal::new(Code::Overloaded, "The relay has as much to do as it can.")
        .retry_after(std::time::Duration::from_secs(1))
}

fn unrecorded() -> Refusal {
    Refusal::new(Code::Internal, "The answer could not be recorded, and is withheld. You were not charged.")
}
