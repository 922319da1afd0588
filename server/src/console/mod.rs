//! The console in the server: where its files come from, who may see which page, and the port through which it reads the
//! store. The pages themselves are the crate `app`.

mod assets;
#[cfg(test)]
pub mod doors;
mod guard;
mod port;
mod router;
mod sessions;
mod typed;

use crate::api::{self, ApiState};
use axum::{Router, extract::Request, middleware, routing::any};
use guard::Members;
use port::ServerConsole;
use sessions::StoredSessions;
use std::sync::Arc;
use tower::ServiceExt;

/// The management API, which a session of the console opens too, and the console for every other path.
pub fn around(api: ApiState, public_url: Option<&str>) -> Router {
    let sessions = StoredSessions(api.store.clone());
    let console =
        ServerConsole { store: api.store.clone(), api: api.clone(), public_url: public_url.map(str::to_owned) };
    let members = Members { store: api.store.clone() };
    let management = api::router(api)
        .layer(middleware::from_fn_with_state(members, guard::name_caller))
        .layer(router::session_layer(sessions.clone(), router::is_secure(public_url)));
    // A router inside a route, since each of the two has its own answer to what is not there.
    let management = any(async move |request: Request| management.oneshot(request).await);
    router::router(Arc::new(console), sessions, public_url).route("/api/{*path}", management)
}
