//! The console's routes: assets, server functions, pages, and the page for what is not there.
//!
//! From the outside in: safe headers, the Origin check, what was typed into a form that is refused, the session, then for pages
//! the guard. Server functions guard themselves, since each knows whether it is for everyone.

use super::{
    assets,
    guard::{self, Reach},
    typed,
};
use ::app::{App, port::Console, shell::shell};
use axum::{Router, body::Body, extract::Request, middleware, routing::get};
use http::{Response, StatusCode};
use leptos::prelude::*;
use leptos_axum::{
    LeptosRoutes, file_and_error_handler_with_context, generate_route_list, render_app_async_with_context,
};
use std::sync::Arc;
use tower_sessions::{
    Expiry, SessionManagerLayer, SessionStore,
    cookie::{SameSite, time::Duration},
};

/// The session's cookie.
pub const SESSION_COOKIE: &str = "turnpike_session";
/// A session lasts this long from signing in.
const SESSION_DAYS: i64 = 7;

/// The layer that puts a `Session` into each request; the management API takes sessions too.
pub fn session_layer<S: SessionStore + Clone>(sessions: S, secure: bool) -> SessionManagerLayer<S> {
    SessionManagerLayer::new(sessions)
        .with_name(SESSION_COOKIE)
        .with_http_only(true)
        .with_same_site(SameSite::Lax)
        .with_secure(secure)
        .with_expiry(Expiry::OnInactivity(Duration::days(SESSION_DAYS)))
}

/// Whether people reach the console over https, so that its cookie is kept to that.
pub fn is_secure(public_url: Option<&str>) -> bool {
    public_url.is_some_and(|url| url.starts_with("https://"))
}

/// The console.
pub fn router<S: SessionStore + Clone>(console: Arc<dyn Console>, sessions: S, public_url: Option<&str>) -> Router {
    let secure = is_secure(public_url);
    let reach = Reach { public_url: public_url.map(Arc::from), secure };
    let provide = move || provide_context(Arc::clone(&console));
    let options = leptos_options();
    let document = {
        let options = options.clone();
        move || shell(&assets::ADDRESSES, options.clone())
    };
    // Leptos mounts every server function beside the pages.
    let pages = Router::new()
        .leptos_routes_with_context(&options, generate_route_list(App), provide.clone(), document.clone())
        .route_layer(middleware::from_fn(guard::signed_in_only))
        .route(&format!("{}/{{file}}", assets::FOLDER), get(assets::serve));
    #[cfg(debug_assertions)]
    let pages = pages.route("/design", get(design));
    let pages = if assets::embedded() {
        let render = render_app_async_with_context(provide, document);
        pages.fallback(move |request: Request| not_found(render(request)))
    } else {
        // Built by `cargo leptos watch`: its files are on disk.
        let shell = |options| shell(&assets::ADDRESSES, options);
        pages.fallback(file_and_error_handler_with_context::<LeptosOptions, _>(provide, shell))
    };
    pages
        .layer(session_layer(sessions, secure))
        .layer(middleware::from_fn_with_state(reach.clone(), typed::keep))
        .layer(middleware::from_fn_with_state(reach.clone(), guard::admit))
        .layer(middleware::from_fn_with_state(reach, guard::safe_headers))
        .with_state(options)
}

/// Every component in every state, in development builds: `/design`, `/design?dark`.
#[cfg(debug_assertions)]
async fn design(request: Request) -> impl axum::response::IntoResponse {
    use ::app::{design::document, theme::Theme};
    let theme = if request.uri().query() == Some("dark") { Theme::Dark } else { Theme::Light };
    let policy =
        "default-src 'none'; style-src 'self'; style-src-attr 'unsafe-inline'; font-src 'self'; img-src 'self' data:";
    ([(http::header::CONTENT_SECURITY_POLICY, policy)], axum::response::Html(document(&assets::ADDRESSES, theme)))
}

async fn not_found(page: impl Future<Output = Response<Body>>) -> Response<Body> {
    let mut response = page.await;
    if response.status() == StatusCode::OK {
        *response.status_mut() = StatusCode::NOT_FOUND;
    }
    response
}

/// cargo-leptos tells its choices by the environment; the built binary needs none of them.
fn leptos_options() -> LeptosOptions {
    let watched = || get_configuration(None).ok().map(|found| found.leptos_options);
    let fixed = || LeptosOptions::builder().output_name("turnpike").build();
    if assets::embedded() { fixed() } else { watched().unwrap_or_else(fixed) }
}

#[cfg(test)]
mod tests {
    use super::{super::doors::DOORS, *};
    use leptos::server_fn::axum::server_fn_paths;
    use std::collections::BTreeSet;

    #[test]
    fn every_page_and_server_function_is_in_the_authorisation_table() {
        let listed: BTreeSet<(String, String)> =
            DOORS.iter().map(|(method, path, ..)| (method.to_string(), (*path).to_owned())).collect();
        let pages = generate_route_list(App).into_iter().map(|page| ("GET".to_owned(), page.path().to_owned()));
        let functions = server_fn_paths().map(|(path, method)| (method.to_string(), path.to_owned()));
        let assets = [("GET".to_owned(), format!("{}/{{file}}", assets::FOLDER))];
        let served: BTreeSet<(String, String)> = pages.chain(functions).chain(assets).collect();
        assert_eq!(served, listed);
    }
}
