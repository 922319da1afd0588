//! The way out over real sockets: one pool of HTTP/1.1 connections per channel, guarded against private addresses,
//! straight or through the channel's own proxy, without redirects.
//!
//! HTTP/1.1 because a single HTTP/2 connection caps at about a hundred streams. The sandbox is reached through the same
//! client: its "socket" is a byte stream inside the process.

mod connector;
mod google;
mod proxy;
mod stream;

use crate::egress::Egress;
use bytes::Bytes;
use connector::Connector;
use domain::{
    channel::{Channel, Proxy},
    dialect::Provider,
    ids::ChannelId,
};
use engine::upstream::{SendFailed, Upstream};
use google::Accounts;
pub use google::ServiceAccount;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper_util::{
    client::legacy::Client,
    rt::{TokioExecutor, TokioTimer},
};
use parking_lot::RwLock;
use protocol::upstream::UpstreamHead;
use std::{collections::HashMap, sync::Arc, time::Duration};
use tokio_util::task::TaskTracker;

/// Idle connections are kept this long; most servers close theirs after 60 s or more.
const POOL_IDLE: Duration = Duration::from_secs(50);

/// Bytes of an answer that are read before its caller takes them; an answer's head must fit too.
const READ_AHEAD: usize = 16 << 10;

/// Sends requests to channels over pooled connections.
pub struct HttpUpstream {
    egress: Arc<Egress>,
    tls: Arc<rustls::ClientConfig>,
    tracker: TaskTracker,
    pools: RwLock<HashMap<ChannelId, Pool>>,
    accounts: Accounts,
}

/// A channel's connections, and what of the channel they were made for.
#[derive(Clone)]
struct Pool {
    base_url: Arc<str>,
    private_allowed: bool,
    connect_timeout: Duration,
    /// The proxy's URL, hashed: it may hold a password.
    proxy: Option<u64>,
    client: Http,
}

impl Pool {
    fn fits(&self, channel: &Channel, connect_timeout: Duration) -> bool {
        *self.base_url == *channel.base_url
            && self.private_allowed == channel.allow_private_network
            && self.connect_timeout == connect_timeout
            && self.proxy == channel.proxy.as_ref().map(hash_of)
    }
}

fn hash_of(proxy: &Proxy) -> u64 {
    use std::hash::{DefaultHasher, Hash as _, Hasher as _};
    let mut hasher = DefaultHasher::new();
    proxy.0.expose().hash(&mut hasher);
    hasher.finish()
}

impl HttpUpstream {
    /// A client that trusts the web's public roots.
    pub fn new(egress: Arc<Egress>, tracker: TaskTracker) -> Self {
        let roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        let tls = rustls::ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
        Self { egress, tls: Arc::new(tls), tracker, pools: RwLock::default(), accounts: Accounts::default() }
    }

    fn client(&self, channel: &Channel, connect_timeout: Duration) -> Http {
        if let Some(pool) = self.pools.read().get(&channel.id).filter(|pool| pool.fits(channel, connect_timeout)) {
            return pool.client.clone();
        }
        let connector = Connector {
            egress: self.egress.clone(),
            tls: self.tls.clone(),
            tracker: self.tracker.clone(),
            sandbox: channel.provider == Provider::Sandbox,
            private_allowed: channel.allow_private_network,
            timeout: connect_timeout,
            proxy: channel.proxy.clone(),
        };
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(POOL_IDLE)
            .pool_max_idle_per_host(usize::MAX)
            .http1_max_buf_size(READ_AHEAD)
            .build(connector);
        let pool = Pool {
            base_url: channel.base_url.as_str().into(),
            private_allowed: channel.allow_private_network,
            connect_timeout,
            proxy: channel.proxy.as_ref().map(hash_of),
            client: client.clone(),
        };
        self.pools.write().insert(channel.id, pool);
        client
    }
}

impl HttpUpstream {
    /// Closes the pools of channels that are no more.
    pub fn keep(&self, still_there: impl Fn(ChannelId) -> bool) {
        self.pools.write().retain(|channel, _| still_there(*channel));
    }

    /// Asks a channel with GET: for what is not a request of its models.
    ///
    /// # Errors
    /// When no answer comes.
    pub async fn get(
        &self,
        channel: &Channel,
        head: UpstreamHead,
        connect_timeout: Duration,
    ) -> Result<http::Response<Incoming>, SendFailed> {
        let client = self.client(channel, connect_timeout);
        let mut request = http::Request::new(Full::default());
        *request.uri_mut() = http::Uri::try_from(head.uri).map_err(|error| failed(error.to_string()))?;
        *request.headers_mut() = head.headers;
        exchange(&client, request).await
    }
}

impl Upstream for HttpUpstream {
    type Body = Incoming;

    async fn send(
        &self,
        channel: &Arc<Channel>,
        head: UpstreamHead,
        body: Bytes,
        connect_timeout: Duration,
    ) -> Result<http::Response<Incoming>, SendFailed> {
        let client = self.client(channel, connect_timeout);
        let mut request = http::Request::new(Full::new(body));
        *request.method_mut() = http::Method::POST;
        *request.uri_mut() = http::Uri::try_from(head.uri).map_err(|error| failed(error.to_string()))?;
        *request.headers_mut() = head.headers;
        let Some(account) = &head.account else { return exchange(&client, request).await };
        let token = self.accounts.token(&client, account).await?;
        request.headers_mut().insert(http::header::AUTHORIZATION, token.clone());
        let again = request.clone();
        let response = exchange(&client, request).await?;
        if response.status() != http::StatusCode::UNAUTHORIZED {
            return Ok(response);
        }
        // It may have been taken back before its time: once more with a fresh one, and what that says is the account's.
        self.accounts.forget(account, &token).await;
        let mut request = again;
        let token = self.accounts.token(&client, account).await?;
        request.headers_mut().insert(http::header::AUTHORIZATION, token);
        exchange(&client, request).await
    }
}

/// A channel's client.
type Http = Client<Connector, Full<Bytes>>;

async fn exchange(client: &Http, request: http::Request<Full<Bytes>>) -> Result<http::Response<Incoming>, SendFailed> {
    client.request(request).await.map_err(|error| failed(with_causes(&error)))
}

fn failed(what: String) -> SendFailed {
    SendFailed { what, refused: false }
}

/// An error and everything under it, for the log.
fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        text.push_str(": ");
        text.push_str(&next.to_string());
        cause = next.source();
    }
    text
}
