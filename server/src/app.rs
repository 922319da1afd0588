//! Everything the server answers, by path: the relay API first, since it is the hot path, then probes, then the rest.

use crate::{
    gateway::{self, Gateway, RelayPath},
    listener::Service,
    probes::Probes,
};
use axum::{body::Body, extract::Request};
use http::{Method, Response};
use std::net::IpAddr;
use tower::ServiceExt;

/// The caller's address, as far as it can be trusted; in every request's extensions.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub IpAddr);

/// The relay API, the probes, and the management API with the console.
pub struct App {
    /// The relay API.
    pub gateway: Gateway,
    /// Health and metrics.
    pub probes: Probes,
    /// Management API and console.
    pub router: axum::Router,
}

impl Service for App {
    async fn serve(&self, peer: IpAddr, mut request: Request) -> Response<Body> {
        let path = request.uri().path();
        if let Some(path) = RelayPath::of(path) {
            return self.gateway.serve(path, peer, request).await;
        }
        let reading = matches!(*request.method(), Method::GET | Method::HEAD);
        if reading && let Some(response) = self.probes.serve(path, peer, request.headers()) {
            return response;
        }
        if path.starts_with("/v1/") || path.starts_with("/v1beta/") {
            return gateway::no_such_path(request.uri(), request.headers());
        }
        // SDKs ask `HEAD /` whether anybody is there.
        if path == "/" && *request.method() == Method::HEAD {
            return Response::new(Body::empty());
        }
        request.extensions_mut().insert(Peer(peer));
        match self.router.clone().oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        }
    }
}
