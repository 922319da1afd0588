//! The way out: one trait, so that the engine runs against scripted upstreams in tests and real sockets in `server`.

use bytes::Bytes;
use domain::channel::Channel;
use http_body::Body;
use protocol::upstream::UpstreamHead;
use std::{future::Future, sync::Arc, time::Duration};

/// No answer came: nothing was connected, or the connection broke before a head.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
pub struct SendFailed {
    /// For the log; may name hosts, never shown to callers.
    pub what: String,
    /// Whether the credential was refused where it is exchanged for a token.
    pub refused: bool,
}

/// Sends requests to channels.
pub trait Upstream: Send + Sync + 'static {
    /// An answer's body.
    type Body: Body<Data = Bytes, Error: std::fmt::Display + Send> + Send + Unpin + 'static;

    /// Sends one request and waits for the answer's head.
    fn send(
        &self,
        channel: &Arc<Channel>,
        head: UpstreamHead,
        body: Bytes,
        connect_timeout: Duration,
    ) -> impl Future<Output = Result<http::Response<Self::Body>, SendFailed>> + Send;
}
