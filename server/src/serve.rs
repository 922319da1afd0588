//! `turnpike serve`: wires the parts, serves, and drains.

use crate::{
    api::{self, ApiState},
    app::App,
    billing,
    commands::say,
    config::Config,
    drain,
    gateway::{Gateway, ServerRelay},
    listener::{self, ConnectionLimits, Stages},
    payments::{self, Payments},
    probes::{self, Probes},
    quickstart,
    responses::Responses,
    signals::Stops,
    telemetry,
    upstream::HttpUpstream,
    watch::{self, tell::Tellers},
    wiring,
};
use anyhow::Context;
use domain::{
    limits::SharedLimits,
    secret::{ApiKeySecret, Password},
};
use engine::{
    limits::NodeLimits,
    notices::Notices,
    relay::{self, Relay},
};
use std::{path::Path, sync::Arc};
use store::{
    Store,
    catalog::MemoryCatalog,
    ledger::NodeLedger,
    redis::{Redis, RedisLimits},
    words::Email,
};
use tokio::net::TcpListener;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// Serves until told to stop, then drains.
///
/// # Errors
/// When something it needs to start is missing or broken.
pub async fn serve(config: Config, quick: bool) -> anyhow::Result<()> {
    let stops = Stops::new()?;
    let prometheus = probes::start_metrics()?;
    let store = wiring::open_store(&config).await?;
    let background = Background::default();
    let ledger = NodeLedger::start(
        store.db().clone(),
        &config.data_dir,
        wiring::ledger_config(&config),
        background.tracker.clone(),
        background.stop.clone(),
    )
    .context("opening the journal")?;
    let key = if quick {
        quickstart::check(&config, &store).await?;
        Some(quickstart::prepare(&config, &store).await?)
    } else {
        None
    };
    let catalog = Arc::new(MemoryCatalog::new(store.clone(), MemoryCatalog::KEYS));
    catalog.load().await.context("loading keys, channels and prices")?;
    let (following, stop) = (catalog.clone(), background.stop.clone());
    background.tracker.spawn(async move { following.run(stop).await });
    background.tracker.spawn(prune(store.clone(), background.stop.clone()));

    let (notices, told) = tokio::sync::mpsc::channel(watch::QUEUE);
    background.tracker.spawn(watch::abnormal::watch(store.clone(), background.stop.clone()));
    background.tracker.spawn(watch::retention::watch(
        store.clone(),
        config.money.usage_months,
        background.stop.clone(),
    ));
    background.tracker.spawn(watch::rollups::watch(store.clone(), background.stop.clone()));
    background.tracker.spawn(watch::books::watch(store.clone(), config.data_dir.clone(), background.stop.clone()));
    background.tracker.spawn(watch::collect(told, store.clone(), background.stop.clone()));

    if let Some(url) = config.telemetry.otlp_url.clone() {
        let (told, ended) = tokio::sync::mpsc::channel(telemetry::QUEUE);
        ledger.tell(told);
        let sender = telemetry::start(url, ledger.node_id().to_owned()).await?;
        background.tracker.spawn(telemetry::send(sender, ended, catalog.clone(), background.stop.clone()));
    }

    let redis_limits = match &config.redis.url {
        None => None,
        Some(url) => Some(cluster(url, &store, &background).await?),
    };

    let (work, end_streams, stages) = (TaskTracker::new(), CancellationToken::new(), Stages::default());
    let egress = Arc::new(config.egress());
    let upstream = Arc::new(HttpUpstream::new(egress.clone(), background.tracker.clone()));
    let relay = Relay::new(relay::Parts {
        ledger: ledger.clone(),
        catalog: catalog.clone(),
        upstream: upstream.clone(),
        config: config.relay_config(),
        tracker: work.clone(),
        shutdown: end_streams.clone(),
        notices: Notices::to(notices),
        limits: NodeLimits::shared(redis_limits),
    });
    let (smtp, from) = (config.alerts.smtp_url.as_deref(), config.alerts.from.as_deref());
    let tellers = Arc::new(Tellers::new(smtp, from, egress.clone())?);
    background.tracker.spawn(watch::alerts::watch(
        store.clone(),
        tellers.clone(),
        background.tracker.clone(),
        background.stop.clone(),
    ));
    let letterhead = Arc::new(config.letterhead());
    background.tracker.spawn(billing::freeze(store.clone(), letterhead.clone(), background.stop.clone()));
    let public_url = config.server.public_url.as_deref();
    let payments = Arc::new(Payments::new(store.clone(), &config.payments, public_url, egress.clone())?);
    background.tracker.spawn(payments::watch(payments.clone(), background.stop.clone()));
    let api = ApiState::new(api::Parts {
        store: store.clone(),
        ledger: ledger.clone(),
        catalog,
        upstream,
        health: relay.health.clone(),
        templates: relay.templates.clone(),
        weights: relay.config.weights,
        connect_timeout: relay.config.connect_timeout,
        tellers: Some(tellers.clone()),
        egress,
        data_dir: config.data_dir.clone(),
        payments: payments.clone(),
        letterhead: letterhead.clone(),
        public_url: config.server.public_url.clone(),
        tracker: background.tracker.clone(),
        draining: stages.draining.clone(),
    });
    background.tracker.spawn(watch::prober::watch(api.clone(), background.stop.clone()));
    let app = Arc::new(App {
        gateway: gateway(relay, &store, &config),
        probes: Probes::new(ledger.clone(), stages.draining.clone(), prometheus, &config.telemetry),
        router: routes(api, &config).merge(payments::webhooks::router(payments)),
    });

    let tls = match (&config.server.tls.cert, &config.server.tls.key) {
        (Some(cert), Some(key)) => Some(listener::acceptor(Path::new(cert), Path::new(key))?),
        _ => None,
    };
    let socket = TcpListener::bind(config.server.listen)
        .await
        .with_context(|| format!("listening on {}", config.server.listen))?;
    let scheme = if tls.is_some() { "https" } else { "http" };
    let base = config.server.public_url.clone().unwrap_or(format!("{scheme}://{}", socket.local_addr()?));
    let connections = TaskTracker::new();
    let accepting = listener::serve(socket, tls, limits(&config), app, stages.clone(), connections.clone());
    // Among the connections: draining waits for whoever it lets in last.
    connections.spawn(accepting);
    announce(&store, &base, key.as_ref()).await?;

    drain::drain(stops, &config, &stages, &connections, &work, &end_streams).await;
    ledger.shutdown().await;
    background.stop.cancel();
    background.tracker.close();
    background.tracker.wait().await;
    tracing::info!("stopped");
    Ok(())
}

fn gateway(relay: Arc<ServerRelay>, store: &Store, config: &Config) -> Gateway {
    let max_body = config.relay.max_body;
    let responses = Responses { store: store.clone(), relay: relay.clone(), max_body };
    Gateway { relay, responses, max_body, body_timeout: config.server.body_timeout }
}

/// Several nodes: limits that they count together, and hints of changes between them.
async fn cluster(url: &str, store: &Store, background: &Background) -> anyhow::Result<Arc<dyn SharedLimits>> {
    let redis = Redis::at(url)?;
    background.tracker.spawn(store::redis::hear(redis.clone(), store.clone(), background.stop.clone()));
    Ok(RedisLimits::start(&redis, &background.tracker, background.stop.clone()).await?)
}

/// Tasks that live as long as the server.
#[derive(Default)]
struct Background {
    tracker: TaskTracker,
    stop: CancellationToken,
}

/// The management API, and the console around it where it is built in.
fn routes(api: ApiState, config: &Config) -> axum::Router {
    #[cfg(feature = "console")]
    {
        let public_url = config.server.public_url.as_deref();
        crate::console::around(api, public_url)
    }
    #[cfg(not(feature = "console"))]
    {
        let _ = config;
        api::router(api)
    }
}

fn limits(config: &Config) -> ConnectionLimits {
    ConnectionLimits {
        max_connections: config.server.max_connections,
        header_timeout: config.server.header_timeout,
        max_head: config.server.max_head,
        write_stall: config.server.write_stall,
        trusted_proxies: config.server.trusted_proxies.clone(),
    }
}

/// Says where to go: the first admin is made from the environment or by a one-time link.
async fn announce(store: &Store, base: &str, key: Option<&ApiKeySecret>) -> anyhow::Result<()> {
    let (email, password) = crate::config::first_admin(std::env::vars());
    if let (Some(email), Some(password)) = (email, password) {
        store.setup().first_admin(&Email::parse(&email)?, &Password::new(password)).await?;
    }
    let link = store.setup().link().await?;
    match (key, link) {
        (Some(key), link) => quickstart::greet(base, link.as_ref(), key),
        (None, Some(link)) => {
            say(&format!("Turnpike is ready. Make the first admin, once, at {base}/setup/{}", link.expose()))
        }
        (None, None) => say(&format!("Turnpike is ready on {base}")),
    }
}

/// Forgets what has run out, every few minutes.
async fn prune(store: Store, stop: CancellationToken) {
    let mut every = tokio::time::interval(std::time::Duration::from_secs(300));
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = every.tick() => {}
        }
        if let Err(error) = store.prune().await {
            tracing::warn!(%error, "old rows could not be removed");
        }
    }
}
