//! The management API, `/api/v1`: everything an admin's program and the console can do, as contract.md lists it.
//!
//! The router is built from the table in [`authorisation`]; from the outside in a call passes [`problem::finish`], the
//! [`guard`] with its row, and one handler. Handlers are thin: read the body into checked types, call the store, show the
//! answer. What is not built is absent (404), and a field that would do nothing is refused by name.

pub mod alerts;
mod archive;
mod audit;
pub mod authorisation;
mod budgets;
pub mod caller;
pub mod catalogue;
pub mod channel_input;
mod channel_parts;
mod channels;
mod closing;
mod codes;
mod events;
mod events_log;
mod export;
mod file;
mod groups;
mod guard;
mod health;
mod idempotency;
mod import;
pub mod input;
mod keys;
mod ledger;
mod margin;
mod members;
mod models;
mod openapi;
mod page;
mod people;
mod price_fields;
mod prices;
pub mod probe;
pub mod problem;
mod reconciliation;
mod requests;
pub mod routes;
mod shown;
mod statements;
mod summary;
mod tenants;
#[cfg(test)]
mod tests;
mod topups;
mod usage;

pub use openapi::openapi;

use crate::{egress::Egress, payments::Payments, upstream::HttpUpstream, watch::tell::Tellers};
use authorisation::ROUTES;
use axum::{Router, extract::Request, middleware};
use engine::{health::Health, routing::Weights, templates::Templates};
use http::Uri;
use problem::Problem;
use serde::Serialize;
use std::{ops::Deref, path::PathBuf, sync::Arc, time::Duration};
use store::{Store, catalog::MemoryCatalog, ledger::NodeLedger, statements::Letterhead};
use tokio::sync::{Mutex, MutexGuard};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::ServiceExt;

/// What the management API works with; cheap to clone.
#[derive(Clone)]
pub struct ApiState(Arc<Shared>);

struct Shared {
    parts: Parts,
    reconciling: Mutex<()>,
}

/// The parts of [`ApiState`].
pub struct Parts {
    /// The main database.
    pub store: Store,
    /// This node's money: told when credit is to be taken away.
    pub ledger: Arc<NodeLedger>,
    /// What the relay knows.
    pub catalog: Arc<MemoryCatalog>,
    /// The way to upstreams, for testing a channel.
    pub upstream: Arc<HttpUpstream>,
    /// What the relay knows of its upstreams.
    pub health: Arc<Health>,
    /// What its requests to each have in common.
    pub templates: Arc<Templates>,
    /// What it weighs them by.
    pub weights: Weights,
    /// How long it connects, where a channel does not say.
    pub connect_timeout: Duration,
    /// The ways to people, for alerts.
    pub tellers: Option<Arc<Tellers>>,
    /// Where channels may be.
    pub egress: Arc<Egress>,
    /// Where this node's journal is, for reconciliation.
    pub data_dir: PathBuf,
    /// How credit is sold.
    pub payments: Arc<Payments>,
    /// How statements are made out.
    pub letterhead: Arc<Letterhead>,
    /// How people reach this server, where the configuration says so.
    pub public_url: Option<String>,
    /// For calls that must run to their end when their caller has left.
    pub tracker: TaskTracker,
    /// Cancelled when the server stops: what would go on for long ends then.
    pub draining: CancellationToken,
}

impl ApiState {
    /// Whether mails can be sent from here.
    pub(crate) fn can_mail(&self) -> bool {
        self.tellers.as_ref().is_some_and(|tellers| tellers.can_mail())
    }

    /// The state made of these parts.
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(Shared { parts, reconciling: Mutex::new(()) }))
    }

    /// Held by the one reconciliation that runs.
    pub async fn reconciling(&self) -> MutexGuard<'_, ()> {
        self.0.reconciling.lock().await
    }
}

impl Deref for ApiState {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0.parts
    }
}

/// The routes of the table, each behind the guard with its row. Requests come with their full path, and with
/// [`crate::app::Peer`] and, for a signed-in person, [`caller::Caller`] in their extensions.
pub fn router(state: ApiState) -> Router {
    let mut router = Router::new();
    for (row, route) in ROUTES.iter().enumerate() {
        let guarded = state.clone();
        let guard = middleware::from_fn(move |request, next| guard::guard(guarded.clone(), row, request, next));
        router = router.route(&file_as_folder(route.path), (route.serve)().route_layer(guard));
    }
    let router = router.fallback(async || Problem::not_found("path"));
    let router = router.layer(middleware::from_fn(problem::finish)).with_state(state);
    Router::new().fallback_service(router.map_request(|mut request: Request| {
        let renamed = file_of_one(request.uri());
        if let Some(uri) = renamed {
            *request.uri_mut() = uri;
        }
        request
    }))
}

/// `…/{id}.csv` as the router can tell it from `…/{id}`: it knows no parameter with text after it.
fn file_as_folder(path: &str) -> String {
    path.replace("}.csv", "}/.csv")
}

/// The same for what is asked: `/api/v1/statements/stm_1.csv` is `/api/v1/statements/stm_1/.csv`.
fn file_of_one(uri: &Uri) -> Option<Uri> {
    let path = uri.path();
    let (folder, _) = path.strip_suffix(".csv")?.rsplit_once('/')?;
    let listed = |route: &authorisation::Route| route.path.strip_suffix("/{id}.csv") == Some(folder);
    let stem = path.strip_suffix(".csv").filter(|_| ROUTES.iter().any(listed))?;
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    format!("{stem}/.csv{query}").parse().ok()
}

/// An answer's JSON. Only types of this module get here, all of whose keys are text: writing them cannot fail.
fn json(answer: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(answer).unwrap_or_default()
}
