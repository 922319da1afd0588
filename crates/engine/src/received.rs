//! A request as it came in: the first state of the pipeline.

use bytes::Bytes;
use domain::{dialect::Dialect, ids::RequestId};
use http::HeaderMap;
use protocol::request::InPath;
use std::net::IpAddr;
use tokio::time::Instant;

/// A caller's request, read whole, within the size limit, and nothing known about it yet.
#[derive(Debug)]
pub struct Received {
    /// Made by the relay; its time is the request's time.
    pub id: RequestId,
    /// The dialect of the path it came to.
    pub dialect: Dialect,
    /// The caller's headers.
    pub headers: HeaderMap,
    /// What the path says, in dialects that tell the model there.
    pub in_path: Option<InPath>,
    /// `?key=` of the query, where there was one.
    pub query_key: Option<String>,
    /// The caller's address.
    pub peer: IpAddr,
    /// The body.
    pub body: Bytes,
    /// When its head was read.
    pub started: Instant,
}

/// A fresh id for a request that begins now.
pub fn new_request_id() -> RequestId {
    RequestId(uuid::Uuid::now_v7().into_bytes())
}

impl Received {
    /// Microseconds since the request's head was read.
    pub fn elapsed_us(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_micros()).unwrap_or(u64::MAX)
    }
}
