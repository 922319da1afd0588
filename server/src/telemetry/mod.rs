//! OpenTelemetry: every request that ended becomes a span with a child for each attempt, and counts in histograms, under
//! the names of OpenTelemetry's semantic conventions for generative AI
//! (<https://opentelemetry.io/docs/specs/semconv/gen-ai/>). Sent beside the requests, by threads of its own; it never holds
//! a prompt, an answer or a secret.

mod histograms;
mod names;
mod spans;

use anyhow::Context;
use domain::ports::Catalog as _;
use histograms::Histograms;
use opentelemetry_otlp::{MetricExporter, Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::{
    Resource,
    metrics::{PeriodicReader, SdkMeterProvider},
    trace::SdkTracerProvider,
};
use reqwest::{blocking::Client, redirect::Policy};
use spans::Spans;
use std::{sync::Arc, time::Duration};
use store::{catalog::MemoryCatalog, ledger::Ended};
use tokio::sync::mpsc::Receiver;
use tokio_util::sync::CancellationToken;

/// So many ended requests wait to be told; more are left out and counted.
pub const QUEUE: usize = 4_096;
/// How long the collector may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often the histograms are sent.
const METRICS_EVERY: Duration = Duration::from_secs(15);

/// What tells a collector.
pub struct Sender {
    tracing: SdkTracerProvider,
    metering: SdkMeterProvider,
}

/// Makes the way to the collector at `url`, as the node `node`; says nothing yet.
///
/// # Errors
/// When the address cannot be used.
pub async fn start(url: String, node: String) -> anyhow::Result<Sender> {
    // The exporters' client blocks, and brings a runtime of its own.
    tokio::task::spawn_blocking(move || Sender::new(&url, node)).await?
}

impl Sender {
    fn new(url: &str, node: String) -> anyhow::Result<Self> {
        let base = url.trim_end_matches('/');
        let resource = Resource::builder()
            .with_service_name("turnpike")
            .with_attribute(opentelemetry::KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
            .with_attribute(opentelemetry::KeyValue::new("service.instance.id", node))
            .build();
        let client = client()?;
        let spans = SpanExporter::builder()
            .with_http()
            .with_http_client(client.clone())
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(format!("{base}/v1/traces"))
            .build()?;
        let metrics = MetricExporter::builder()
            .with_http()
            .with_http_client(client)
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(format!("{base}/v1/metrics"))
            .build()?;
        let reader = PeriodicReader::builder(metrics).with_interval(METRICS_EVERY).build();
        Ok(Self {
            tracing: SdkTracerProvider::builder().with_resource(resource.clone()).with_batch_exporter(spans).build(),
            metering: SdkMeterProvider::builder().with_resource(resource).with_reader(reader).build(),
        })
    }

    /// Sends what is left; blocks while it does.
    fn end(&self) {
        for outcome in [self.tracing.shutdown_with_timeout(PATIENCE), self.metering.shutdown_with_timeout(PATIENCE)] {
            if let Err(error) = outcome {
                tracing::warn!(%error, "the collector did not take the last spans or metrics");
            }
        }
    }
}

/// The collector is the operator's own, often beside us: no guard on where it is, but no way on from it either.
fn client() -> anyhow::Result<Client> {
    let roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let tls = rustls::ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    Client::builder()
        .tls_backend_preconfigured(tls)
        .redirect(Policy::none())
        .no_proxy()
        .timeout(PATIENCE)
        .build()
        .context("the client for the collector")
}

/// Tells the collector of what ended until `stop`, and of what ended before it.
pub async fn send(sender: Sender, mut ended: Receiver<Ended>, catalog: Arc<MemoryCatalog>, stop: CancellationToken) {
    let (spans, histograms) = (Spans::of(&sender.tracing), Histograms::of(&sender.metering));
    let tell = |ended: &Ended| {
        let provider = names::provider(&catalog.snapshot(), ended);
        spans.tell(ended, provider);
        histograms.tell(ended, provider);
    };
    loop {
        tokio::select! {
            biased;
            next = ended.recv() => match next {
                Some(ended) => tell(&ended),
                None => break,
            },
            () = stop.cancelled() => break,
        }
    }
    while let Ok(ended) = ended.try_recv() {
        tell(&ended);
    }
    // The last of it blocks, and the runtime has other things to end.
    if tokio::task::spawn_blocking(move || sender.end()).await.is_err() {
        tracing::warn!("the last spans and metrics could not be sent");
    }
}
