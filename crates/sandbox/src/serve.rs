//! Serving connections: one byte stream, or all that a listener accepts.

use crate::{
    flushes::{Counted, Flushes},
    service,
};
use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use std::{convert::Infallible, future::Future, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpListener,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// How long open answers may go on after the shutdown, before they are dropped: a stalled one never ends.
const GRACE: Duration = Duration::from_secs(2);
/// How long to wait after the listener failed to accept, as it does when there are no more file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Serves one byte stream until the peer leaves, or a model drops it.
pub async fn serve_connection<IO>(io: IO)
where
    IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    serve_until(io, std::future::pending()).await;
}

async fn serve_until<IO>(io: IO, shutdown: impl Future<Output = ()>)
where
    IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let flushes = Flushes::default();
    let io = TokioIo::new(Counted::new(io, flushes.clone()));
    let answer = service_fn(move |request| {
        let flushes = flushes.clone();
        async move { Ok::<_, Infallible>(service::answer(request, flushes).await) }
    });
    let mut connection = std::pin::pin!(http1::Builder::new().serve_connection(io, answer));
    // An error is the peer's leaving or a drop that was asked for: either way there is nobody left to tell.
    tokio::select! {
        _ = connection.as_mut() => return,
        () = shutdown => connection.as_mut().graceful_shutdown(),
    }
    let _ = tokio::time::timeout(GRACE, connection).await;
}

/// Serves all that `listener` accepts until `shutdown`; then open answers have two seconds to end.
pub async fn serve(listener: TcpListener, shutdown: impl Future<Output = ()>) {
    let tracker = TaskTracker::new();
    let closing = CancellationToken::new();
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            () = shutdown.as_mut() => break,
            accepted = listener.accept() => accepted,
        };
        let Ok((stream, _)) = accepted else {
            tokio::time::sleep(ACCEPT_PAUSE).await;
            continue;
        };
        // Every event is to leave at once; where that cannot be set, it leaves a little later.
        let _ = stream.set_nodelay(true);
        let closing = closing.clone();
        tracker.spawn(async move { serve_until(stream, closing.cancelled_owned()).await });
    }
    closing.cancel();
    tracker.close();
    tracker.wait().await;
}
