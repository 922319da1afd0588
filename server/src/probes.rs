//! `/healthz`, `/readyz` and `/metrics`.

use crate::config::Telemetry;
use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, StatusCode, header};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use std::{net::IpAddr, sync::Arc};
use store::ledger::NodeLedger;
use tokio_util::sync::CancellationToken;

/// What the probes look at.
pub struct Probes {
    ledger: Arc<NodeLedger>,
    draining: CancellationToken,
    prometheus: PrometheusHandle,
    metrics_token: Option<String>,
}

/// Starts counting; once per process.
///
/// # Errors
/// When counting was started before.
pub fn start_metrics() -> anyhow::Result<PrometheusHandle> {
    let seconds = [0.001, 0.005, 0.02, 0.1, 0.5, 2.0, 10.0, 60.0];
    let builder = PrometheusBuilder::new().set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &seconds)?;
    Ok(builder.install_recorder()?)
}

impl Probes {
    /// Probes of this node.
    pub fn new(
        ledger: Arc<NodeLedger>,
        draining: CancellationToken,
        prometheus: PrometheusHandle,
        telemetry: &Telemetry,
    ) -> Self {
        Self { ledger, draining, prometheus, metrics_token: telemetry.metrics_token.clone() }
    }

    /// Answers if `path` is a probe's.
    pub fn serve(&self, path: &str, peer: IpAddr, headers: &HeaderMap) -> Option<Response> {
        match path {
            "/healthz" => Some("ok\n".into_response()),
            "/readyz" => Some(self.ready()),
            "/metrics" => Some(self.metrics(peer, headers)),
            _ => None,
        }
    }

    /// Ready also while the database is away: leases and the snapshot serve on.
    fn ready(&self) -> Response {
        let reason = if self.draining.is_cancelled() {
            Some("draining")
        } else if !self.ledger.is_admitting() {
            Some("the journal or the leases do not admit requests")
        } else {
            None
        };
        match reason {
            None => "ready\n".into_response(),
            Some(reason) => (StatusCode::SERVICE_UNAVAILABLE, format!("{reason}\n")).into_response(),
        }
    }

    fn metrics(&self, peer: IpAddr, headers: &HeaderMap) -> Response {
        let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
        let allowed = match &self.metrics_token {
            None => peer.is_loopback(),
            Some(token) => bearer
                .is_some_and(|given| domain::secret::SecretHash::of(given) == domain::secret::SecretHash::of(token)),
        };
        if !allowed {
            return (StatusCode::FORBIDDEN, "metrics are for loopback or their token\n").into_response();
        }
        self.prometheus.run_upkeep();
        let text = [(header::CONTENT_TYPE, "text/plain; version=0.0.4")];
        (text, Body::from(self.prometheus.render())).into_response()
    }
}
