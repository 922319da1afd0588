//! The document around the app: head, styles, the script that starts the browser's half. Rendered on the server only.
//!
//! Scripts run by nonce, and nothing from elsewhere loads: the policy is set here because the nonce is made per page. Styles on
//! elements are allowed: charts place their labels by them.

use crate::{App, language, leptos_port::answer_header, theme};
use http::header;
use leptos::{hydration::AutoReload, nonce::use_nonce, prelude::*};
use leptos_meta::MetaTags;

/// The addresses of what the page loads, as the server serves them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assets {
    /// The stylesheet.
    pub css: String,
    /// The JavaScript around the wasm.
    pub js: String,
    /// The browser's half.
    pub wasm: String,
    /// The icon in the tab.
    pub icon: String,
    /// The typeface.
    pub font: String,
}

fn policy(nonce: &str, reload_port: Option<u32>) -> String {
    // `cargo leptos watch` reloads pages over a socket of its own.
    let reload = reload_port.map(|port| format!(" ws://127.0.0.1:{port} ws://localhost:{port}")).unwrap_or_default();
    format!(
        "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self'; \
         style-src-attr 'unsafe-inline'; img-src 'self' data:; \
         font-src 'self'; connect-src 'self'{reload}; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
}

/// The whole document.
pub fn shell(assets: &Assets, options: LeptosOptions) -> impl IntoView + use<> {
    let nonce = use_nonce();
    let watched = assets.css.ends_with("/turnpike.css").then_some(options.reload_port);
    let policy = policy(nonce.as_deref().unwrap_or_default(), watched);
    answer_header(header::CONTENT_SECURITY_POLICY, &policy);
    let Assets { css, js, wasm, icon, font } = assets.clone();
    let start =
        format!("import init, {{ hydrate }} from {js:?};\nawait init({{ module_or_path: {wasm:?} }});\nhydrate();");
    view! {
        <!DOCTYPE html>
        <html lang=language::stored().tag() data-theme=theme::stored().word()>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content="light dark"/>
                <link rel="icon" type="image/svg+xml" href=icon/>
                <link rel="preload" href=font r#as="font" r#type="font/woff2" crossorigin=""/>
                <link rel="stylesheet" href=css/>
                <link rel="modulepreload" href=js/>
                <link rel="preload" href=wasm r#as="fetch" r#type="application/wasm" crossorigin=""/>
                <script type="module" nonce=nonce>{start}</script>
                <AutoReload options/>
                <MetaTags/>
            </head>
            <body>
                <App/>
            </body>
        </html>
    }
}
