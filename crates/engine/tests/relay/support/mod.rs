//! A relay over a scripted upstream and a ledger that remembers what it was told. Time is paused.

use bytes::Bytes;
use domain::{
    budget::Budgets,
    channel::{Channel, ChannelSettings, Credential, Limits, Model, Offer, Snapshot, Timeouts},
    dialect::{Dialect, Provider},
    ids::{ChannelId, CredentialId, KeyId, PriceId, TenantId},
    key::KeyRecord,
    money::{NanoUsd, PicoPerUnit},
    ports::{Abandoned, Catalog, Hold, HoldRefused, JournalFailed, Ledger, Unavailable},
    price::{Price, Rates, Schedule},
    record::{Checkpoint, Opened, Settlement},
    secret::{CredentialSecret, SecretHash},
};
use engine::{
    answer::{Answer, AnswerBody},
    config::RelayConfig,
    limits::NodeLimits,
    notices::Notices,
    received::{Received, new_request_id},
    relay::{Parts, Relay},
    upstream::{SendFailed, Upstream},
};
use http::{HeaderMap, StatusCode};
use http_body_util::{BodyExt, combinators::UnsyncBoxBody};
use parking_lot::Mutex;
use protocol::upstream::UpstreamHead;
use std::{
    collections::{HashMap, VecDeque},
    convert::Infallible,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub const KEY: &str = "sk-tp-test";
pub static LEAKED: AtomicUsize = AtomicUsize::new(0);

/// One thing an upstream does while it answers.
#[derive(Debug, Clone)]
pub enum Step {
    Send(&'static str),
    Wait(Duration),
    Forever,
    Break,
}

/// One answer of an upstream.
#[derive(Debug, Clone)]
pub enum Script {
    Refuse,
    Hang,
    Answer(u16, &'static str, Vec<Step>),
    /// A JSON answer with one more header.
    WithHeader(u16, &'static str, &'static str, &'static str),
}

pub fn json(body: &'static str) -> Script {
    Script::Answer(200, "application/json", vec![Step::Send(body)])
}

pub fn error(status: u16, body: &'static str) -> Script {
    Script::Answer(status, "application/json", vec![Step::Send(body)])
}

pub fn stream(steps: Vec<Step>) -> Script {
    Script::Answer(200, "text/event-stream", steps)
}

/// Answers by the channel's script, or by script in the order of calls; the last script repeats.
#[derive(Default)]
pub struct Scripted {
    pub by_channel: Mutex<HashMap<ChannelId, Script>>,
    pub scripts: Mutex<VecDeque<Script>>,
    pub calls: Mutex<Vec<(ChannelId, Bytes)>>,
}

pub struct ScriptBody {
    steps: VecDeque<Step>,
    waiting: Option<Pin<Box<tokio::time::Sleep>>>,
}

impl http_body::Body for ScriptBody {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, std::io::Error>>> {
        loop {
            if let Some(waiting) = self.waiting.as_mut() {
                std::task::ready!(waiting.as_mut().poll(cx));
                self.waiting = None;
            }
            match self.steps.pop_front() {
                None => return Poll::Ready(None),
                Some(Step::Send(text)) => {
                    return Poll::Ready(Some(Ok(http_body::Frame::data(Bytes::from_static(text.as_bytes())))));
                }
                Some(Step::Wait(time)) => self.waiting = Some(Box::pin(tokio::time::sleep(time))),
                Some(Step::Forever) => self.waiting = Some(Box::pin(tokio::time::sleep(Duration::from_secs(1 << 30)))),
                Some(Step::Break) => return Poll::Ready(Some(Err(std::io::Error::other("reset")))),
            }
        }
    }
}

impl Upstream for Scripted {
    type Body = UnsyncBoxBody<Bytes, std::io::Error>;

    async fn send(
        &self,
        channel: &Arc<Channel>,
        _: UpstreamHead,
        body: Bytes,
        _: Duration,
    ) -> Result<http::Response<Self::Body>, SendFailed> {
        self.calls.lock().push((channel.id, body));
        let of_channel = self.by_channel.lock().get(&channel.id).cloned();
        let script = if let Some(script) = of_channel {
            script
        } else {
            let mut scripts = self.scripts.lock();
            let next = scripts.pop_front().expect("a script for every call");
            if scripts.is_empty() {
                scripts.push_back(next.clone());
            }
            next
        };
        let (script, header) = match script {
            Script::WithHeader(status, name, value, body) => (error(status, body), Some((name, value))),
            script => (script, None),
        };
        match script {
            Script::WithHeader(..) | Script::Refuse => {
                Err(SendFailed { what: "connection refused".into(), refused: false })
            }
            Script::Hang => std::future::pending().await,
            Script::Answer(status, content_type, steps) => {
                let body = ScriptBody { steps: steps.into(), waiting: None };
                let mut response = http::Response::new(BodyExt::boxed_unsync(body));
                *response.status_mut() = StatusCode::from_u16(status).unwrap();
                response.headers_mut().insert("content-type", content_type.parse().unwrap());
                if let Some((name, value)) = header {
                    response.headers_mut().insert(name, value.parse().unwrap());
                }
                Ok(response)
            }
        }
    }
}

/// A wallet in memory.
pub struct Wallet {
    pub available: AtomicI64,
    pub fail_settle: bool,
    pub fail_checkpoint: bool,
    pub settled: Mutex<Vec<(Opened, Settlement)>>,
    pub checkpoints: Mutex<Vec<Checkpoint>>,
}

#[derive(Debug)]
struct Leaks;

impl Abandoned for Leaks {
    fn abandoned(&self, _: &Hold) {
        LEAKED.fetch_add(1, Ordering::SeqCst);
    }
}

impl Wallet {
    fn take(&self, amount: NanoUsd) -> Result<(), HoldRefused> {
        let enough = |left: i64| (left >= amount.0).then_some(left - amount.0);
        let taken = self.available.fetch_update(Ordering::SeqCst, Ordering::SeqCst, enough);
        taken.map(drop).map_err(|_| HoldRefused::Insufficient { needed: amount })
    }
}

impl Ledger for Wallet {
    type Written = std::future::Ready<Result<(), JournalFailed>>;

    async fn hold(&self, opened: &Opened, _: &Budgets) -> Result<Hold, HoldRefused> {
        self.take(opened.hold)?;
        Ok(Hold::new(opened.request, opened.tenant, opened.hold, Arc::new(Leaks)))
    }

    async fn extend(&self, hold: &mut Hold, more: NanoUsd) -> Result<(), HoldRefused> {
        self.take(more)?;
        hold.grow(more);
        Ok(())
    }

    fn checkpoint(&self, _: &mut Hold, checkpoint: &Checkpoint) -> Self::Written {
        self.checkpoints.lock().push(checkpoint.clone());
        std::future::ready(if self.fail_checkpoint { Err(JournalFailed) } else { Ok(()) })
    }

    async fn settle(&self, hold: Hold, opened: Opened, settlement: Settlement) -> Result<(), JournalFailed> {
        let (held, _) = hold.end();
        self.available.fetch_add(held.0 - settlement.sale.0, Ordering::SeqCst);
        self.settled.lock().push((opened, settlement));
        if self.fail_settle { Err(JournalFailed) } else { Ok(()) }
    }
}

pub struct Memory(pub Arc<Snapshot>, pub Arc<KeyRecord>);

impl Catalog for Memory {
    fn snapshot(&self) -> Arc<Snapshot> {
        self.0.clone()
    }

    async fn key(&self, hash: SecretHash) -> Result<Option<Arc<KeyRecord>>, Unavailable> {
        Ok((hash == SecretHash::of(KEY)).then(|| self.1.clone()))
    }
}

pub struct Bed {
    pub relay: Arc<Relay<Wallet, Memory, Scripted>>,
    pub wallet: Arc<Wallet>,
    pub upstream: Arc<Scripted>,
    pub tracker: TaskTracker,
    pub shutdown: CancellationToken,
}

/// $1 per million input tokens, $2 per million output tokens.
pub const RATES: (i64, i64) = (1_000_000, 2_000_000);
pub const START: i64 = 1_000_000_000;

pub struct Setup {
    pub scripts: Vec<Script>,
    pub channels: i64,
    pub balance: i64,
    pub fail_settle: bool,
    pub fail_checkpoint: bool,
    /// What else there is: priorities, limits, routes, other models.
    pub shape: fn(&mut Snapshot),
    pub key_limits: Limits,
}

impl Setup {
    pub fn scripts(scripts: impl IntoIterator<Item = Script>) -> Self {
        let scripts = scripts.into_iter().collect();
        Self {
            scripts,
            channels: 3,
            balance: START,
            fail_settle: false,
            fail_checkpoint: false,
            shape: |_| (),
            key_limits: Limits::default(),
        }
    }

    pub fn bed(self) -> Bed {
        let rates = Rates { input: PicoPerUnit(RATES.0), output: PicoPerUnit(RATES.1), ..Rates::default() };
        let offers = (1..=self.channels).map(|n| Offer {
            channel: Arc::new(channel(n)),
            upstream_model: "upstream-model".into(),
            cost: Schedule::default(),
        });
        let model = Model {
            sale: Arc::new(Price::new(PriceId(1), rates)).into(),
            offers: offers.collect(),
            ..Model::default()
        };
        let mut snapshot = Snapshot { models: [("m".to_owned(), model)].into(), ..Snapshot::default() };
        (self.shape)(&mut snapshot);
        let key = key(self.key_limits);
        let wallet = Arc::new(wallet(self.balance, self.fail_settle, self.fail_checkpoint));
        let upstream = Arc::new(Scripted { scripts: Mutex::new(self.scripts.into()), ..Scripted::default() });
        let (tracker, shutdown) = (TaskTracker::new(), CancellationToken::new());
        let catalog = Arc::new(Memory(Arc::new(snapshot), Arc::new(key)));
        let config = RelayConfig::default();
        let relay = Relay::new(Parts {
            ledger: wallet.clone(),
            catalog,
            upstream: upstream.clone(),
            config,
            tracker: tracker.clone(),
            shutdown: shutdown.clone(),
            notices: Notices::default(),
            limits: NodeLimits::default(),
        });
        Bed { relay, wallet, upstream, tracker, shutdown }
    }
}

/// The key of [`KEY`].
pub fn key(limits: Limits) -> KeyRecord {
    KeyRecord {
        id: KeyId(1),
        tenant: TenantId(1),
        enabled: true,
        tenant_frozen: false,
        response_days: 0,
        expires_at_ms: None,
        models: None,
        endpoints: None,
        ip_allow: None,
        limits,
        tenant_limits: Limits::default(),
        tenant_group: "".into(),
        budgets: Budgets::default(),
    }
}

pub fn wallet(balance: i64, fail_settle: bool, fail_checkpoint: bool) -> Wallet {
    Wallet {
        available: AtomicI64::new(balance),
        fail_settle,
        fail_checkpoint,
        settled: Mutex::default(),
        checkpoints: Mutex::default(),
    }
}

pub fn channel(n: i64) -> Channel {
    Channel {
        id: ChannelId(n),
        name: format!("channel {n}"),
        provider: Provider::OpenaiCompatible,
        base_url: "http://upstream.test/v1".into(),
        dialects: vec![Dialect::OpenaiChat],
        priority: -i32::try_from(n).unwrap(),
        weight: 1,
        timeouts: Timeouts::default(),
        allow_private_network: false,
        credentials: vec![Credential {
            id: CredentialId(n),
            name: "main".into(),
            secret: CredentialSecret::new("sk-upstream".into()),
            weight: 1,
        }],
        settings: ChannelSettings::default(),
        proxy: None,
    }
}

/// Changes the channels of model `m` from the first on.
pub fn change_channels(snapshot: &mut Snapshot, change: impl Fn(&mut Channel)) {
    for offer in &mut snapshot.models.get_mut("m").unwrap().offers {
        let mut channel = Channel::clone(&offer.channel);
        change(&mut channel);
        offer.channel = Arc::new(channel);
    }
}

pub fn chat(body: &'static str) -> Received {
    let mut headers = HeaderMap::new();
    headers.insert("authorization", format!("Bearer {KEY}").parse().unwrap());
    Received {
        id: new_request_id(),
        dialect: Dialect::OpenaiChat,
        headers,
        in_path: None,
        query_key: None,
        peer: [127, 0, 0, 1].into(),
        body: Bytes::from_static(body.as_bytes()),
        started: tokio::time::Instant::now(),
    }
}

pub const ASK: &str = r#"{"model":"m","messages":[{"role":"user","content":"hi"}],"max_tokens":100}"#;
pub const ASK_STREAM: &str =
    r#"{"model":"m","messages":[{"role":"user","content":"hi"}],"max_tokens":100,"stream":true}"#;

impl Bed {
    pub async fn ask(&self, body: &'static str) -> Answer {
        self.relay.answer(chat(body)).await
    }

    /// Every hold has ended, nothing leaked, and the wallet lost exactly what was charged.
    pub async fn assert_settled(&self, rows: usize) {
        self.tracker.close();
        self.tracker.wait().await;
        let settled = self.wallet.settled.lock();
        assert_eq!(settled.len(), rows);
        let charged: i64 = settled.iter().map(|(_, settlement)| settlement.sale.0).sum();
        assert_eq!(self.wallet.available.load(Ordering::SeqCst), START - charged, "charged and nothing else");
        assert_eq!(LEAKED.load(Ordering::SeqCst), 0, "a hold was dropped without an end");
    }

    /// The channels called since the last time this was asked.
    pub fn called(&self) -> Vec<i64> {
        self.upstream.calls.lock().drain(..).map(|(channel, _)| channel.0).collect()
    }

    pub fn on(&self, channel: i64, script: Script) {
        self.upstream.by_channel.lock().insert(ChannelId(channel), script);
    }

    pub fn last(&self) -> Settlement {
        self.wallet.settled.lock().last().expect("a settlement").1.clone()
    }
}

/// The whole body.
pub async fn text(answer: Answer) -> String {
    let bytes = match answer.body {
        AnswerBody::Full(bytes) => bytes,
        AnswerBody::Stream(frames) => {
            let collected: Result<_, Infallible> = frames.collect().await;
            collected.unwrap().to_bytes()
        }
    };
    String::from_utf8(bytes.to_vec()).unwrap()
}
