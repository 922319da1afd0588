//! The management API against a real SQLite store, called through its router as the listener would.

mod alerts;
mod authorisation;
mod budgets;
mod changes;
#[cfg(feature = "console")]
mod doors;
mod export;
mod idempotency;
mod import;
#[cfg(feature = "console")]
mod lists;
mod openapi;
mod prices;
mod refusals;
mod reports;
mod rotation;
#[cfg(feature = "console")]
mod sessions;
mod statements;

use super::{ApiState, Parts, authorisation::Kind, caller::Caller, router};
use crate::{
    app::{App, Peer},
    config,
    egress::Egress,
    gateway::Gateway,
    payments::{Payments, webhooks},
    probes::Probes,
    responses::Responses,
    upstream::HttpUpstream,
};
use axum::{Router, body::Body, routing::any};
use bytes::Bytes;
use domain::{
    budget::Budgets,
    dialect::Dialect,
    ids::{ChannelId, KeyId, RequestId, TenantId, UserId},
    money::NanoUsd,
    ports::Ledger as _,
    record::{Attempt, EndState, Opened, Settlement},
    role::Role,
    secret::Password,
    usage::{Usage, UsageSource},
};
use engine::{
    config::RelayConfig,
    health::Health,
    limits::NodeLimits,
    notices::Notices,
    relay::{self, Relay},
    routing::Weights,
};
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::BodyExt;
use metrics_exporter_prometheus::PrometheusBuilder;
use serde_json::{Value, json};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use store::{
    Db, Store,
    catalog::MemoryCatalog,
    change::Actor,
    ledger::{LedgerConfig, NodeLedger},
    seal::Sealer,
    statements::{Letterhead, Month, Statement},
    topups::Paid,
    words::{Email, Name},
};
use tempfile::TempDir;
use tokio_util::{
    sync::{CancellationToken, DropGuard},
    task::TaskTracker,
};
use tower::ServiceExt;

/// A place with one tenant of interest, another tenant, and one caller of each kind.
struct World {
    router: Router,
    state: ApiState,
    store: Store,
    tenant: TenantId,
    other: TenantId,
    member: UserId,
    stranger: UserId,
    admin: UserId,
    token: String,
    read_only: String,
    request: RequestId,
    upstream: Arc<HttpUpstream>,
    catalog: Arc<MemoryCatalog>,
    ledger: Arc<NodeLedger>,
    count: AtomicU64,
    dir: TempDir,
    _tasks: DropGuard,
}

/// One call.
struct Call {
    method: Method,
    path: String,
    headers: Vec<(String, String)>,
    body: Option<String>,
    caller: Option<Caller>,
}

/// What came back.
#[derive(Debug)]
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    text: String,
    bytes: Bytes,
    json: Value,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    fn id(&self) -> String {
        self.json["id"].as_str().unwrap_or_else(|| panic!("no id: {} {}", self.status, self.text)).to_owned()
    }
}

impl Call {
    fn new(method: Method, path: impl Into<String>) -> Self {
        Self { method, path: path.into(), headers: Vec::new(), body: None, caller: None }
    }

    fn json(mut self, body: &Value) -> Self {
        self.body = Some(body.to_string());
        self.header("content-type", "application/json")
    }

    fn raw(mut self, body: &str) -> Self {
        self.body = Some(body.to_owned());
        self
    }

    fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    fn from(self, world: &World, kind: Kind) -> Self {
        match kind {
            Kind::Nobody => self.header("sec-fetch-site", "same-origin"),
            Kind::OtherTenant => self.user(world.stranger, false, vec![(world.other, Role::Owner)]),
            Kind::Member(role) => self.user(world.member, false, vec![(world.tenant, role)]),
            Kind::ReadOnly => self.header("authorization", &format!("Bearer {}", world.read_only)),
            Kind::Admin => self.header("authorization", &format!("Bearer {}", world.token)),
        }
    }

    fn user(mut self, id: UserId, admin: bool, memberships: Vec<(TenantId, Role)>) -> Self {
        self.caller = Some(Caller::User { id, admin, memberships });
        self.header("sec-fetch-site", "same-origin")
    }

    fn without_origin(mut self) -> Self {
        self.headers.retain(|(name, _)| name == "content-type");
        self
    }

    fn by_session(mut self, world: &World) -> Self {
        self.caller = Some(Caller::User { id: world.admin, admin: true, memberships: Vec::new() });
        self
    }
}

impl World {
    /// With $100 in the tenant's wallet, and one request that used some of it.
    async fn new() -> Self {
        let dir = TempDir::new().unwrap();
        let db = Db::sqlite(&dir.path().join("test.db")).await.unwrap();
        db.migrate().await.unwrap();
        let store = Store::new(db.clone(), Sealer::new(&[7; 32]));
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        let config = LedgerConfig { segment_bytes: 1 << 20, drain_yields: false, ..LedgerConfig::default() };
        let ledger = NodeLedger::start(db, dir.path(), config, tasks.clone(), stop.clone()).unwrap();
        let catalog = Arc::new(MemoryCatalog::new(store.clone(), 100));
        let egress = Arc::new(Egress::default());
        let upstream = Arc::new(HttpUpstream::new(egress.clone(), tasks.clone()));
        let state = ApiState::new(Parts {
            store: store.clone(),
            ledger: ledger.clone(),
            catalog: catalog.clone(),
            upstream: upstream.clone(),
            health: Arc::new(Health::default()),
            templates: Arc::default(),
            weights: Weights::default(),
            connect_timeout: std::time::Duration::from_secs(2),
            tellers: None,
            egress: egress.clone(),
            data_dir: dir.path().to_owned(),
            payments: Arc::new(payments(&store, egress.clone())),
            letterhead: Arc::default(),
            public_url: None,
            tracker: tasks,
            draining: ended(),
        });
        let api = router(state.clone());
        // As the console serves it: inside a route of its own.
        let router =
            Router::new().route("/api/{*path}", any(async move |request: Request<Body>| api.oneshot(request).await));
        let actor = Actor::system();
        let tenant = async |name: &str| {
            store.tenants().create(&actor, &Name::parse("name", name).unwrap(), NanoUsd::ZERO).await.unwrap().id
        };
        let token = async |name: &str, read_only| {
            let name = Name::parse("name", name).unwrap();
            store.tokens().create(&actor, &name, read_only).await.unwrap().1.expose().to_owned()
        };
        let (own, other) = (tenant("own").await, tenant("other").await);
        store.wallets().adjust(&actor, own, NanoUsd(100_000_000_000), "start").await.unwrap();
        let mut world = Self {
            tenant: own,
            other,
            member: person(&store, "member@example.com", false, Some(own)).await,
            stranger: person(&store, "stranger@example.com", false, Some(other)).await,
            admin: person(&store, "admin@example.com", true, None).await,
            token: token("all", false).await,
            read_only: token("read", true).await,
            request: store::ids::next_request(),
            router,
            state,
            store,
            upstream,
            catalog,
            ledger,
            count: AtomicU64::new(0),
            dir,
            _tasks: stop.drop_guard(),
        };
        world.use_some().await;
        world.catalog.load().await.unwrap();
        world
    }

    /// The whole server, but for the console.
    fn app(&self) -> App {
        let stop = CancellationToken::new();
        let relay = Relay::new(relay::Parts {
            ledger: self.ledger.clone(),
            catalog: self.catalog.clone(),
            upstream: self.upstream.clone(),
            config: RelayConfig::default(),
            tracker: TaskTracker::new(),
            shutdown: stop.clone(),
            notices: Notices::default(),
            limits: NodeLimits::default(),
        });
        let responses = Responses { store: self.store.clone(), relay: relay.clone(), max_body: 1 << 20 };
        let config = config::load(None, std::iter::empty()).unwrap();
        let prometheus = PrometheusBuilder::new().build_recorder().handle();
        App {
            gateway: Gateway { relay, responses, max_body: 1 << 20, body_timeout: Duration::from_secs(10) },
            probes: Probes::new(self.ledger.clone(), stop, prometheus, &config.telemetry),
            router: self.router.clone().merge(webhooks::router(self.state.payments.clone())),
        }
    }

    /// Ten tokens in at $1, five out at $5 a million: $0.000035, which cost $0.00002.
    async fn use_some(&mut self) {
        let price =
            self.admin(Method::PUT, "/models/sandbox%2Fecho/price", &json!({"input": "1", "output": "5"})).await;
        let channel: ChannelId = self.fresh_channel().await.parse().unwrap();
        let key: KeyId = self.fresh_key().await.parse().unwrap();
        let opened = Opened {
            request: self.request,
            tenant: self.tenant,
            key,
            model: "sandbox/echo".to_owned(),
            dialect: Dialect::OpenaiChat,
            stream: false,
            sale_price: price.id().parse().unwrap(),
            unit_prices: "input=1;output=5".to_owned(),
            hold: NanoUsd(1_000_000),
        };
        let attempt = Attempt {
            channel,
            credential: None,
            status: 200,
            error: String::new(),
            start_us: 10,
            took_us: 2_400,
            spent: None,
        };
        let settlement = Settlement {
            end_state: EndState::Complete,
            status: 200,
            error_code: String::new(),
            channel: Some(channel),
            credential: None,
            cost_price: None,
            usage: Usage { input: 10, output: 5, ..Usage::default() },
            usage_source: UsageSource::Reported,
            sale: NanoUsd(35_000),
            cost: NanoUsd(20_000),
            latency_us: 2_500,
            ttft_us: None,
            overhead_us: 90,
            attempts: vec![attempt],
            decision: "the only one".to_owned(),
            client_request_id: None,
            unit_prices: None,
        };
        let hold = self.ledger.hold(&opened, &Budgets::default()).await.unwrap();
        self.ledger.settle(hold, opened, settlement).await.unwrap();
        self.ledger.flush().await;
    }

    /// The tenant's posted balance in nano-USD.
    async fn posted(&self) -> i64 {
        self.ledger.balance(self.tenant).await.unwrap().posted.0
    }

    /// Whether any file of the database or the journal holds this text.
    async fn database_holds(&self, text: &str) -> bool {
        let mut folders = vec![self.dir.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if memmem(&std::fs::read(path).unwrap(), text.as_bytes()) {
                    return true;
                }
            }
        }
        false
    }

    async fn fresh_tenant(&self) -> String {
        self.post("/tenants", &json!({"name": "fresh"})).await.id()
    }

    async fn send(&self, call: Call) -> Answer {
        let mut request = Request::builder().method(call.method).uri(call.path).header("host", "relay.example.com");
        for (name, value) in &call.headers {
            request = request.header(name, value);
        }
        let mut request = request.body(call.body.map_or_else(Body::empty, Body::from)).unwrap();
        request.extensions_mut().insert(Peer("203.0.113.9".parse().unwrap()));
        if let Some(caller) = call.caller {
            request.extensions_mut().insert(caller);
        }
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (head, body) = response.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let json = serde_json::from_str(&text).unwrap_or(Value::Null);
        Answer { status: head.status, headers: head.headers, text, bytes, json }
    }

    /// By the admin's token.
    async fn admin(&self, method: Method, path: &str, body: &Value) -> Answer {
        let call = Call::new(method, format!("/api/v1{path}"));
        let call = if body.is_null() { call } else { call.json(body) };
        self.send(call.from(self, Kind::Admin)).await
    }

    async fn get(&self, path: &str) -> Answer {
        self.admin(Method::GET, path, &Value::Null).await
    }

    async fn post(&self, path: &str, body: &Value) -> Answer {
        self.admin(Method::POST, path, body).await
    }

    fn next(&self) -> u64 {
        self.count.fetch_add(1, Ordering::Relaxed)
    }

    fn fresh_email(&self) -> String {
        format!("person{}@example.com", self.next())
    }

    fn channel_body(&self) -> Value {
        json!({"name": format!("channel {}", self.next()), "provider": "sandbox", "credentials": [],
            "models": [{"model": "sandbox/echo", "cost": {"input": "0.5", "output": "1"}}]})
    }

    async fn fresh_key(&self) -> String {
        self.post(&format!("/tenants/{}/keys", self.tenant), &json!({"name": "k"})).await.id()
    }

    /// A new alert rule of the tenant's, in the place of all it had.
    async fn fresh_rule(&self) -> String {
        let rules = format!("/tenants/{}/alerts", self.tenant);
        for rule in self.get(&rules).await.json["data"].as_array().unwrap() {
            self.admin(Method::DELETE, &format!("{rules}/{}", rule["id"].as_str().unwrap()), &Value::Null).await;
        }
        self.post(&rules, &json!({"name": "a", "webhook": "https://example.com/hook"})).await.id()
    }

    /// A new key's budget.
    async fn fresh_budget(&self) -> String {
        let fields = json!({"key": self.fresh_key().await, "period": "day", "amount": "5"});
        self.post(&format!("/tenants/{}/budgets", self.tenant), &fields).await.id()
    }

    async fn fresh_channel(&self) -> String {
        self.post("/channels", &self.channel_body()).await.id()
    }

    /// A new order of $10 of credit.
    async fn fresh_topup(&self) -> String {
        let fields = json!({"tenant": self.tenant, "amount": "10", "provider": "epay", "method": "alipay"});
        self.post("/topups", &fields).await.id()
    }

    /// One that was paid.
    async fn paid_topup(&self) -> String {
        let order = self.store.topups().get(self.fresh_topup().await.parse().unwrap()).await.unwrap();
        let payment = format!("pay {}", self.next());
        let (topup, minor) = (order.id, order.quote.pay);
        let paid = Paid { topup, provider: "epay", reference: None, payment: &payment, minor, currency: "CNY" };
        self.store.topups().paid(paid, None).await.unwrap();
        topup.to_string()
    }

    async fn fresh_codes(&self) -> Answer {
        self.post("/codes", &json!({"amount": "5", "count": 2, "kind": "bonus"})).await
    }

    /// The tenant's statement of this month, which it makes as if the month were over.
    async fn statement(&self) -> Statement {
        let (now, head) = (store::time::now_us(), Letterhead::default());
        let month = Month::of(now, &jiff::tz::TimeZone::UTC).unwrap();
        let later = month.end_us(&jiff::tz::TimeZone::UTC).unwrap();
        self.store.statements().freeze(&Actor::system(), &head, self.tenant, month, later).await.unwrap()
    }

    async fn fresh_user(&self) -> UserId {
        person(&self.store, &self.fresh_email(), false, None).await
    }

    async fn fresh_member(&self) -> String {
        let user = self.fresh_user().await;
        self.store.members().add(&Actor::system(), self.tenant, user, Role::Developer).await.unwrap();
        user.to_string()
    }
}

/// Sold through Epay only, which makes an order without a call.
fn payments(store: &Store, egress: Arc<Egress>) -> Payments {
    let settings = [
        ("CURRENCIES", r#"[{code = "CNY", rate = "7.25", fee_fixed = "0", fee_ppm = 6000}]"#),
        ("EPAY__GATEWAY", "http://127.0.0.1:9/"),
        ("EPAY__PID", "1000"),
        ("EPAY__KEY", "secret"),
    ];
    let settings = settings.map(|(name, value)| (format!("TURNPIKE_PAYMENTS__{name}"), value.to_owned()));
    let url = "https://relay.example.com";
    let address = ("TURNPIKE_SERVER__PUBLIC_URL".to_owned(), url.to_owned());
    let config = config::load(None, settings.into_iter().chain([address])).unwrap();
    Payments::new(store.clone(), &config.payments, Some(url), egress).unwrap()
}

fn memmem(bytes: &[u8], text: &[u8]) -> bool {
    bytes.windows(text.len()).any(|window| window == text)
}

async fn person(store: &Store, email: &str, admin: bool, tenant: Option<TenantId>) -> UserId {
    let password = Password::new("correct horse battery".to_owned());
    let tenant = tenant.map(|tenant| (tenant, Role::Owner));
    let email = Email::parse(email).unwrap();
    store.users().create(&Actor::system(), &email, &password, admin, tenant).await.unwrap().id
}

/// What is followed for long ends at once, so that an answer can be read to its end.
fn ended() -> CancellationToken {
    let token = CancellationToken::new();
    token.cancel();
    token
}
