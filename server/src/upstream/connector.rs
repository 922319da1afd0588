//! Connects a channel's pool: resolves, checks every address against the egress guard, dials, and speaks TLS.

use super::stream::UpstreamStream;
use crate::egress::Egress;
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
use tokio::net::TcpStream;
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
        let tcp = self.dial(&host, port).await?;
        tcp.set_nodelay(true)?;
        if !https {
            return Ok(UpstreamStream::Tcp(TokioIo::new(tcp)));
        }
        let name = ServerName::try_from(host).map_err(|_| invalid("not a server name"))?;
        let tls = TlsConnector::from(self.tls).connect(name, tcp).await?;
        Ok(UpstreamStream::Tls(Box::new(TokioIo::new(tls))))
    }

    /// Dials the first address that answers, of those the guard permits.
    async fn dial(&self, host: &str, port: u16) -> io::Result<TcpStream> {
        let addresses: Vec<SocketAddr> = match host.parse::<IpAddr>() {
            Ok(ip) => vec![SocketAddr::new(ip, port)],
            Err(_) => tokio::net::lookup_host((host, port)).await?.collect(),
        };
        let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
        for address in addresses {
            if let Err(refused) = self.egress.check(address.ip(), self.private_allowed) {
                last = io::Error::new(io::ErrorKind::PermissionDenied, refused);
                continue;
            }
            match TcpStream::connect(address).await {
                Ok(tcp) => return Ok(tcp),
                Err(error) => last = error,
            }
        }
        Err(last)
    }
}
