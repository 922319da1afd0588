//! The accept loop: TCP or TLS, with limits on connections, heads and stalled writes, and a drain.
//!
//! Own loop rather than `axum::serve`, which sets no timer, so that hyper's header timeout would never fire.

mod door;
mod socket;
mod tls;

pub use tls::acceptor;

use axum::body::Body;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use ipnet::IpNet;
use socket::{Busy, StallGuard};
use std::{
    convert::Infallible,
    future::Future,
    net::{IpAddr, SocketAddr},
    pin::pin,
    sync::Arc,
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
};
use tokio_rustls::TlsAcceptor;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// An idle connection is read on for so long when the server stops.
const LAST_REQUESTS: Duration = Duration::from_millis(500);

/// How a connection may behave.
#[derive(Debug, Clone)]
pub struct ConnectionLimits {
    /// At once.
    pub max_connections: usize,
    /// For a request's head, and between requests.
    pub header_timeout: Duration,
    /// Bytes of a head.
    pub max_head: usize,
    /// A full socket left unread.
    pub write_stall: Duration,
    /// Whose X-Forwarded-For is believed.
    pub trusted_proxies: Vec<IpNet>,
}

/// Answers requests; one for all connections.
pub trait Service: Send + Sync + 'static {
    /// Answers one request from `peer`.
    fn serve(&self, peer: IpAddr, request: http::Request<Body>) -> impl Future<Output = http::Response<Body>> + Send;
}

/// When to stop what.
#[derive(Debug, Clone, Default)]
pub struct Stages {
    /// `/readyz` says no from here on, and everything else goes on: a load balancer needs a moment to notice.
    pub draining: CancellationToken,
    /// No connection is accepted from here on; busy ones close with their next answer (`connection: close`), idle ones soon.
    /// Not before: a balancer would open new ones all the time, one of them just when the door closes.
    pub closed: CancellationToken,
}

/// Serves until `stages.closed`, then returns; running connections live on in `tracker`.
pub async fn serve<S: Service>(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    limits: ConnectionLimits,
    service: Arc<S>,
    stages: Stages,
    tracker: TaskTracker,
) {
    let permits = Arc::new(Semaphore::new(limits.max_connections));
    let serving = Serving { tls, limits: Arc::new(limits), service, stages: stages.clone(), tracker };
    loop {
        let permit = tokio::select! {
            biased;
            () = stages.closed.cancelled() => break,
            permit = permits.clone().acquire_owned() => permit,
        };
        let Ok(permit) = permit else { return };
        let (tcp, peer) = tokio::select! {
            biased;
            () = stages.closed.cancelled() => break,
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Out of file descriptors, usually: give running connections a moment to end.
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            },
        };
        serving.spawn(tcp, peer, Some(permit));
    }
    for (tcp, peer) in door::close(listener) {
        serving.spawn(tcp, peer, None);
    }
}

/// What every connection gets.
struct Serving<S> {
    tls: Option<TlsAcceptor>,
    limits: Arc<ConnectionLimits>,
    service: Arc<S>,
    stages: Stages,
    tracker: TaskTracker,
}

impl<S: Service> Serving<S> {
    fn spawn(&self, tcp: TcpStream, peer: SocketAddr, permit: Option<OwnedSemaphorePermit>) {
        let _ = tcp.set_nodelay(true);
        let (tls, limits, service) = (self.tls.clone(), self.limits.clone(), self.service.clone());
        let stages = self.stages.clone();
        self.tracker.spawn(async move {
            let peer = peer.ip().to_canonical();
            match tls {
                None => connection(tcp, peer, &limits, service, stages).await,
                Some(tls) => {
                    if let Ok(Ok(stream)) = tokio::time::timeout(limits.header_timeout, tls.accept(tcp)).await {
                        connection(stream, peer, &limits, service, stages).await;
                    }
                }
            }
            drop(permit);
        });
    }
}

async fn connection<IO, S>(io: IO, peer: IpAddr, limits: &ConnectionLimits, service: Arc<S>, stages: Stages)
where
    IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    S: Service,
{
    let closed = stages.closed.clone();
    let trusted = limits.trusted_proxies.iter().any(|net| net.contains(&peer));
    let busy = Busy::default();
    let answering = busy.clone();
    let handle = service_fn(move |request: http::Request<Incoming>| {
        let (service, closed, busy) = (service.clone(), closed.clone(), answering.clone());
        busy.begin();
        async move {
            let peer = if trusted { forwarded_for(&request).unwrap_or(peer) } else { peer };
            let mut response = service.serve(peer, request.map(Body::new)).await;
            if closed.is_cancelled() {
                let close = http::HeaderValue::from_static("close");
                response.headers_mut().insert(http::header::CONNECTION, close);
            }
            let response = response.map(|body| Body::new(AnswerBody { body, _ending: Ending(busy) }));
            Ok::<_, Infallible>(response)
        }
    });
    let io = TokioIo::new(StallGuard::new(io, limits.write_stall, limits.header_timeout, busy));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header_timeout)
        .max_buf_size(limits.max_head)
        .serve_connection(io, handle);
    let mut connection = pin!(connection);
    tokio::select! {
        biased;
        _ = connection.as_mut() => return,
        () = stages.closed.cancelled() => {}
    }
    // A request may be on its way: whoever sent it cannot know that it will not be read, and may not send it twice.
    tokio::select! {
        biased;
        _ = connection.as_mut() => return,
        () = tokio::time::sleep(LAST_REQUESTS) => {}
    }
    connection.as_mut().graceful_shutdown();
    // A connection that breaks has nobody left to tell.
    let _ = connection.await;
}

/// Ends the request's being answered when its answer's body is sent or dropped.
struct Ending(Busy);

impl Drop for Ending {
    fn drop(&mut self) {
        self.0.end();
    }
}

/// An answer's body that tells when it is over.
struct AnswerBody {
    body: Body,
    _ending: Ending,
}

impl http_body::Body for AnswerBody {
    type Data = bytes::Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<http_body::Frame<bytes::Bytes>, axum::Error>>> {
        std::pin::Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> http_body::SizeHint {
        self.body.size_hint()
    }
}

/// The address the nearest trusted proxy saw: the last of the list, which it wrote itself.
fn forwarded_for<B>(request: &http::Request<B>) -> Option<IpAddr> {
    let list = request.headers().get_all("x-forwarded-for").iter().next_back()?.to_str().ok()?;
    list.rsplit(',').next()?.trim().parse().ok().map(|ip: IpAddr| ip.to_canonical())
}
