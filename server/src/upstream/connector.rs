//! Connects a channel's pool: resolves, checks every address against the egress guard, dials, and speaks TLS.

use super::{proxy::Through, stream::UpstreamStream};
use crate::egress::Egress;
use domain::channel::Proxy;
use http::Uri;
use hyper_util::rt::TokioIo;
use rustls_pki_types::ServerName;
use std::{
    future::Future,
    io,
    net::{IpAddr, SocketAddr},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};
use tokio::{net::TcpStream, time::Instant};
use tokio_rustls::TlsConnector;
use tokio_util::task::TaskTracker;

/// The pipe to the sandbox holds this many bytes each way.
const PIPE: usize = 64 << 10;

/// Connects for one channel.
#[derive(Clone)]
pub struct Connector {
    pub egress: Arc<Egress>,
    pub tls: Arc<rustls::ClientConfig>,
    pub tracker: TaskTracker,
    pub sandbox: bool,
    pub private_allowed: bool,
    pub timeout: Duration,
    pub proxy: Option<Proxy>,
}

impl tower::Service<Uri> for Connector {
    type Response = UpstreamStream;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<UpstreamStream>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let connector = self.clone();
        Box::pin(async move {
            let timeout = connector.timeout;
            tokio::time::timeout(timeout, connector.connect(uri))
                .await
                .unwrap_or_else(|_| Err(io::Error::new(io::ErrorKind::TimedOut, "connecting took too long")))
        })
    }
}

impl Connector {
    async fn connect(self, uri: Uri) -> io::Result<UpstreamStream> {
        if self.sandbox {
            let (ours, theirs) = tokio::io::duplex(PIPE);
            self.tracker.spawn(sandbox::serve_connection(theirs));
            return Ok(UpstreamStream::Memory(TokioIo::new(ours)));
        }
        let invalid = |what: &str| io::Error::new(io::ErrorKind::InvalidInput, what);
        let host = uri.host().ok_or_else(|| invalid("no host"))?.trim_matches(['[', ']']).to_owned();
        let https = uri.scheme_str() == Some("https");
        let port = uri.port_u16().unwrap_or(if https { 443 } else { 80 });
        let tcp = match &self.proxy {
            None => self.dial(&host, port).await?,
            Some(proxy) => self.dial_through(&Through::read(proxy)?, uri, &host, port).await?,
        };
        tcp.set_nodelay(true)?;
        if !https {
            return Ok(UpstreamStream::Tcp(TokioIo::new(tcp)));
        }
        let name = ServerName::try_from(host).map_err(|_| invalid("not a server name"))?;
        let tls = TlsConnector::from(self.tls).connect(name, tcp).await?;
        Ok(UpstreamStream::Tls(Box::new(TokioIo::new(tls))))
    }

    /// Dials the proxy and asks it for the way on. The guard judges the proxy's address, and the host's as far as it is known
    /// here: a name that the proxy looks up is the proxy's to judge.
    async fn dial_through(&self, through: &Through, uri: Uri, host: &str, port: u16) -> io::Result<TcpStream> {
        let target = if through.looks_up_here() || host.parse::<IpAddr>().is_ok() {
            let address = self.permitted(host, port).await?.into_iter().next();
            let address = address.ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "the name has no address"))?;
            format!("{}://{address}/", uri.scheme_str().unwrap_or("http")).parse().map_err(io::Error::other)?
        } else {
            uri
        };
        let this = self.clone();
        let dial = tower::service_fn(move |proxy: Uri| {
            let this = this.clone();
            async move {
                let host = proxy.host().unwrap_or_default().trim_matches(['[', ']']);
                this.dial(host, proxy.port_u16().unwrap_or(80)).await.map(TokioIo::new)
            }
        });
        through.connect(dial, target).await.map(TokioIo::into_inner)
    }

    /// The host's addresses that the guard permits.
    async fn permitted(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        let addresses: Vec<SocketAddr> = match host.parse::<IpAddr>() {
            Ok(ip) => vec![SocketAddr::new(ip, port)],
            Err(_) => tokio::net::lookup_host((host, port)).await?.collect(),
        };
        let mut permitted = Vec::with_capacity(addresses.len());
        let mut refusal = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
        for address in addresses {
            match self.egress.check(address.ip(), self.private_allowed) {
                Ok(_) => permitted.push(address),
                Err(refused) => refusal = io::Error::new(io::ErrorKind::PermissionDenied, refused),
            }
        }
        if permitted.is_empty() { Err(refusal) } else { Ok(permitted) }
    }

    /// Dials the first address that answers, of those the guard permits. Each has its share of the time that is left: one
    /// that is silent must not keep the next from being tried.
    async fn dial(&self, host: &str, port: u16) -> io::Result<TcpStream> {
        let until = Instant::now() + self.timeout;
        let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
        let addresses = self.permitted(host, port).await?;
        for (address, left) in addresses.iter().zip((1..=addresses.len()).rev()) {
            let share = until.saturating_duration_since(Instant::now()) / u32::try_from(left).unwrap_or(u32::MAX);
            match tokio::time::timeout(share, TcpStream::connect(address)).await {
                Ok(Ok(tcp)) => return Ok(tcp),
                Ok(Err(error)) => last = error,
                Err(_) => last = io::Error::new(io::ErrorKind::TimedOut, "connecting took too long"),
            }
        }
        Err(last)
    }
}
