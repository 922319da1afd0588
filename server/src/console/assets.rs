//! The console's files, inside the binary: named by their content, so browsers may keep them for ever; compressed at build
//! time, so serving one is a copy.

use ::app::shell::Assets;
use axum::{body::Body, extract::Path, response::IntoResponse};
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use std::sync::LazyLock;

/// Where they are served.
pub const FOLDER: &str = "/pkg";

struct Asset {
    /// What the build calls it.
    name: &'static str,
    /// The name it is served under: with a hash of its content.
    file: &'static str,
    media_type: &'static str,
    plain: &'static [u8],
    brotli: Option<&'static [u8]>,
    gzip: Option<&'static [u8]>,
}

static EMBEDDED: &[Asset] = include!(concat!(env!("OUT_DIR"), "/console_assets.rs"));

/// Whether this binary carries the console's files. One that `cargo leptos watch` built does not.
pub fn embedded() -> bool {
    !EMBEDDED.is_empty()
}

/// The addresses that pages load their files from.
pub static ADDRESSES: LazyLock<Assets> = LazyLock::new(|| Assets {
    css: address("turnpike.css", FOLDER),
    js: address("turnpike.js", FOLDER),
    wasm: address("turnpike.wasm", FOLDER),
    // cargo-leptos serves these two from the site's root.
    icon: address("icon.svg", ""),
    font: address("inter.woff2", ""),
});

fn address(name: &str, watched_folder: &str) -> String {
    match EMBEDDED.iter().find(|asset| asset.name == name) {
        Some(asset) => format!("{FOLDER}/{}", asset.file),
        None => format!("{watched_folder}/{name}"),
    }
}

/// Answers `GET /pkg/{file}`.
pub async fn serve(Path(file): Path<String>, headers: HeaderMap) -> Response<Body> {
    let Some(asset) = EMBEDDED.iter().find(|asset| asset.file == file) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let (bytes, encoding) = match (asset.brotli, asset.gzip) {
        (Some(bytes), _) if accepts(&headers, "br") => (bytes, Some("br")),
        (_, Some(bytes)) if accepts(&headers, "gzip") => (bytes, Some("gzip")),
        _ => (asset.plain, None),
    };
    let mut response = Response::new(Body::from(bytes));
    let answer = response.headers_mut();
    answer.insert(header::CONTENT_TYPE, HeaderValue::from_static(asset.media_type));
    answer.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    answer.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Some(encoding) = encoding {
        answer.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    response
}

/// Whether `Accept-Encoding` names this coding and does not rule it out with `q=0` (RFC 9110, 12.5.3).
fn accepts(headers: &HeaderMap, coding: &str) -> bool {
    let lines = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).any(|offer| {
        let mut words = offer.split(';').map(str::trim);
        let named = words.next().is_some_and(|name| name.eq_ignore_ascii_case(coding));
        let refused = words.any(|word| {
            word.strip_prefix("q=").is_some_and(|q| q.starts_with('0') && q.chars().all(|c| matches!(c, '0' | '.')))
        });
        named && !refused
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codings_are_taken_when_offered_and_not_ruled_out() {
        let offered =
            |text: &'static str| HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(text))]);
        assert!(accepts(&offered("gzip, deflate, br"), "br"));
        assert!(accepts(&offered("BR;q=0.5"), "br"));
        assert!(!accepts(&offered("gzip, br;q=0"), "br"));
        assert!(!accepts(&offered("gzip, br; q=0.000"), "br"));
        assert!(!accepts(&offered("brotli"), "br"));
        assert!(!accepts(&HeaderMap::new(), "gzip"));
    }
}
