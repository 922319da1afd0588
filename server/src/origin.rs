//! The Origin check: a change asked for by a page of another site is refused, however it carries the session's cookie.
//!
//! Browsers say where a request comes from in `Sec-Fetch-Site` (secure contexts) and `Origin` (every POST, PUT, PATCH and
//! DELETE). One of the two must say that it was this site; saying nothing is refused as well, since no browser that holds
//! a session does that (goals.md, S4). A bearer token is sent by programs only, never by a browser of its own accord, and
//! needs no such proof. Sources: Fetch Metadata (W3C), RFC 6454, OWASP's CSRF prevention sheet.

use http::{HeaderMap, HeaderName, Method, Request, Uri, header};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The change was not asked for by a page of this site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a change must be asked for by a page of this site, or carry a bearer token")]
pub struct ForeignOrigin;

/// Whether this request may change something. `public_url` is how people reach this server when a proxy hides it.
///
/// # Errors
/// [`ForeignOrigin`] for any method but GET and HEAD that neither carries a bearer token nor comes from this site.
pub fn check<B>(request: &Request<B>, public_url: Option<&str>) -> Result<(), ForeignOrigin> {
    let headers = request.headers();
    if matches!(*request.method(), Method::GET | Method::HEAD) || bearer(headers).is_some() {
        return Ok(());
    }
    let origin = one(headers, &header::ORIGIN);
    let from_here = match one(headers, &SEC_FETCH_SITE) {
        // "none": typed or bookmarked by the person, not by a page.
        Said::Once("same-origin" | "none") => origin_is_not_foreign(request, public_url, &origin),
        // A sibling host is another site for us; a proxied name is told by `public_url`.
        Said::Once("same-site") | Said::Nothing => origin_is_ours(request, public_url, &origin),
        Said::Once(_) | Said::Otherwise => false,
    };
    if from_here { Ok(()) } else { Err(ForeignOrigin) }
}

/// The token of `Authorization: Bearer …`.
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let Said::Once(value) = one(headers, &header::AUTHORIZATION) else { return None };
    let (scheme, token) = value.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

/// What a header says: more than one of it, or what is not text, is never believed.
enum Said<'a> {
    Nothing,
    Once(&'a str),
    Otherwise,
}

fn one<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Said<'a> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Said::Nothing,
        (Some(value), None) => value.to_str().map_or(Said::Otherwise, Said::Once),
        (Some(_), Some(_)) => Said::Otherwise,
    }
}

/// The browser vouches for the site; an `Origin` beside it must not say otherwise. `null` is what a page with
/// `Referrer-Policy: no-referrer` sends.
fn origin_is_not_foreign<B>(request: &Request<B>, public_url: Option<&str>, origin: &Said<'_>) -> bool {
    matches!(origin, Said::Nothing | Said::Once("null")) || origin_is_ours(request, public_url, origin)
}

fn origin_is_ours<B>(request: &Request<B>, public_url: Option<&str>, origin: &Said<'_>) -> bool {
    let Said::Once(origin) = origin else { return false };
    let Some(theirs) = Site::of_url(origin) else { return false };
    if public_url.and_then(Site::of_url).is_some_and(|ours| ours == theirs) {
        return true;
    }
    let host = match one(request.headers(), &header::HOST) {
        Said::Once(host) => Some(host),
        Said::Nothing => request.uri().authority().map(http::uri::Authority::as_str),
        Said::Otherwise => None,
    };
    // Whether TLS ends here or in a proxy is not known here, so the host is read with the scheme the page had.
    host.and_then(|host| Site::of_url(&format!("{}://{host}", theirs.scheme))).is_some_and(|ours| ours == theirs)
}

/// Scheme, host and port.
#[derive(PartialEq, Eq)]
struct Site {
    scheme: &'static str,
    host: String,
    port: u16,
}

impl Site {
    fn of_url(url: &str) -> Option<Self> {
        let uri: Uri = url.trim_end_matches('/').parse().ok()?;
        let (scheme, port) = match uri.scheme_str()? {
            "http" => ("http", 80),
            "https" => ("https", 443),
            _ => return None,
        };
        let authority = uri.authority()?;
        if authority.as_str().contains('@') {
            return None;
        }
        Some(Self { scheme, host: authority.host().to_ascii_lowercase(), port: authority.port_u16().unwrap_or(port) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(method: &str, headers: &[(&str, &str)], public_url: Option<&str>) -> bool {
        let mut request = Request::builder().method(method).uri("/api/v1/tenants");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        check(&request.body(()).unwrap(), public_url).is_ok()
    }

    const HOST: (&str, &str) = ("host", "relay.example.com");
    const PUBLIC: Option<&str> = Some("https://console.example.com/");

    #[test]
    fn reading_and_bearer_tokens_need_no_origin() {
        for method in ["GET", "HEAD"] {
            assert!(asked(method, &[HOST, ("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")], None));
        }
        for scheme in ["Bearer", "bearer", "BEARER"] {
            let token = format!("{scheme} tp-admin-x");
            assert!(asked("POST", &[HOST, ("authorization", &token), ("sec-fetch-site", "cross-site")], None));
        }
    }

    #[test]
    fn changes_from_this_site_are_let_through() {
        let table: [&[(&str, &str)]; 9] = [
            &[HOST, ("sec-fetch-site", "same-origin"), ("origin", "https://relay.example.com")],
            &[HOST, ("sec-fetch-site", "same-origin")],
            &[HOST, ("sec-fetch-site", "same-origin"), ("origin", "null")],
            &[HOST, ("sec-fetch-site", "none")],
            &[HOST, ("origin", "http://relay.example.com")],
            &[HOST, ("origin", "https://RELAY.example.com")],
            &[("host", "relay.example.com:443"), ("origin", "https://relay.example.com")],
            &[("host", "127.0.0.1:8080"), ("origin", "http://127.0.0.1:8080")],
            &[("host", "upstream:8080"), ("origin", "https://console.example.com")],
        ];
        for headers in table {
            for method in ["POST", "PUT", "PATCH", "DELETE"] {
                assert!(asked(method, headers, PUBLIC), "{method} {headers:?}");
            }
        }
    }

    #[test]
    fn changes_from_elsewhere_or_from_nowhere_are_refused() {
        let table: [&[(&str, &str)]; 18] = [
            &[HOST],
            &[HOST, ("cookie", "session=x")],
            &[HOST, ("sec-fetch-site", "cross-site")],
            &[HOST, ("sec-fetch-site", "cross-site"), ("origin", "https://relay.example.com")],
            &[HOST, ("sec-fetch-site", "same-origin"), ("origin", "https://evil.example")],
            &[HOST, ("sec-fetch-site", "same-site"), ("origin", "https://blog.example.com")],
            &[HOST, ("sec-fetch-site", "same-site")],
            &[HOST, ("sec-fetch-site", "nonsense"), ("origin", "https://relay.example.com")],
            &[HOST, ("sec-fetch-site", "same-origin"), ("sec-fetch-site", "cross-site")],
            &[HOST, ("origin", "https://evil.example")],
            &[HOST, ("origin", "null")],
            &[HOST, ("origin", "https://relay.example.com.evil.example")],
            &[HOST, ("origin", "https://relay.example.com@evil.example")],
            &[HOST, ("origin", "https://relay.example.com:8443")],
            &[HOST, ("origin", "file://relay.example.com")],
            &[HOST, ("origin", "https://relay.example.com"), ("origin", "https://evil.example")],
            &[HOST, ("host", "evil.example"), ("origin", "https://evil.example")],
            &[HOST, ("authorization", "Basic eDp5")],
        ];
        for headers in table {
            for method in ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"] {
                assert!(!asked(method, headers, None), "{method} {headers:?}");
            }
        }
        assert!(!asked("POST", &[HOST, ("authorization", "Bearer ")], None));
    }
}
