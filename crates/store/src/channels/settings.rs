//! How a channel may be treated: what limits, headers, parameters, tags and proxies can be.

use crate::error::{Error, Result};
use domain::channel::{ChannelSettings, Limits, Overrides, Proxy};
use url::Url;

/// The most tags, headers and parameters.
const MAX_LIST: usize = 100;
/// Headers that belong to the connection or the body, and cannot be changed.
const OWN_HEADERS: [&str; 9] = [
    "connection",
    "content-length",
    "content-type",
    "host",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];
/// Parameters by which a request is understood and charged.
const OWN_PARAMS: [&str; 13] = [
    "model",
    "stream",
    "stream_options",
    "messages",
    "input",
    "contents",
    "n",
    "best_of",
    "max_tokens",
    "max_completion_tokens",
    "max_output_tokens",
    "generationConfig",
    "generation_config",
];

pub(super) fn check(settings: &ChannelSettings) -> Result<()> {
    let short = |text: &String| (1..=200).contains(&text.len());
    if settings.tags.len() > MAX_LIST || !settings.tags.iter().all(short) {
        return Err(Error::invalid("tags", "must be at most 100, of 1 to 200 bytes each"));
    }
    if !settings.region.iter().all(short) {
        return Err(Error::invalid("region", "must have 1 to 200 bytes"));
    }
    check_limits("limits", &settings.limits)?;
    check_names("headers", &settings.headers, &OWN_HEADERS)?;
    check_names("params", &settings.params, &OWN_PARAMS)?;
    let is_token =
        |name: &str| name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_.".contains(&b));
    if let Some(bad) = settings.headers.names().find(|name| !is_token(name)) {
        return Err(Error::invalid("headers", format!("{bad:?} is no header's name in lower case")));
    }
    let visible = |text: &String| text.len() <= 4_096 && text.bytes().all(|b| b == b' ' || b.is_ascii_graphic());
    if !settings.headers.set.values().chain(settings.headers.default.values()).all(visible) {
        return Err(Error::invalid("headers", "a value must be at most 4096 visible ASCII characters"));
    }
    Ok(())
}

/// A limit of nothing would be a channel or key that is off, which is said otherwise.
pub(crate) fn check_limits(field: &'static str, limits: &Limits) -> Result<()> {
    let bad = [limits.rpm, limits.tpm, limits.concurrency].contains(&Some(0));
    let many = limits.concurrency.is_some_and(|limit| limit > 1_000_000);
    if bad || many {
        Err(Error::invalid(field, "must be 1 or more, and at most 1000000 requests at once"))
    } else {
        Ok(())
    }
}

fn check_names<T>(field: &'static str, overrides: &Overrides<T>, own: &[&str]) -> Result<()> {
    let mut names: Vec<&str> = overrides.names().collect();
    if names.len() > MAX_LIST || !names.iter().all(|name| (1..=200).contains(&name.len())) {
        return Err(Error::invalid(field, "must be at most 100, with names of 1 to 200 bytes"));
    }
    if let Some(bad) = names.iter().find(|name| own.contains(name)) {
        return Err(Error::invalid(field, format!("{bad:?} cannot be changed")));
    }
    names.sort_unstable();
    match names.windows(2).find_map(|pair| (pair.first() == pair.last()).then(|| pair.first())) {
        Some(twice) => Err(Error::invalid(field, format!("{:?} is named twice", twice.copied().unwrap_or_default()))),
        None => Ok(()),
    }
}

pub(super) fn check_proxy(proxy: &Proxy) -> Result<()> {
    let invalid = |why| Error::invalid("proxy", why);
    let url = Url::parse(proxy.0.expose()).map_err(|_| invalid("not a URL"))?;
    if !matches!(url.scheme(), "http" | "socks5" | "socks5h") || url.host().is_none() {
        return Err(invalid("must begin with http://, socks5:// or socks5h://"));
    }
    if url.query().is_some() || url.fragment().is_some() || !matches!(url.path(), "" | "/") {
        return Err(invalid("must not hold a path, query or fragment"));
    }
    Ok(())
}

/// A proxy without user and password.
pub(super) fn shown_proxy(proxy: &Proxy) -> String {
    let Ok(mut url) = Url::parse(proxy.0.expose()) else { return String::new() };
    let _ = (url.set_username(""), url.set_password(None));
    url.as_str().trim_end_matches('/').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::secret::CredentialSecret;

    fn settings(json: &str) -> Result<()> {
        check(&serde_json::from_str(json).unwrap())
    }

    #[test]
    fn what_a_request_is_charged_by_cannot_be_changed() {
        settings(
            r#"{"tags":["eu"],"region":"fra","limits":{"rpm":1},"headers":{"set":{"x-team":"a b"},"remove":["x-b"]},
            "params":{"default":{"temperature":0.5},"set":{"service_tier":"flex"}}}"#,
        )
        .unwrap();
        for bad in [
            r#"{"limits":{"rpm":0}}"#,
            r#"{"headers":{"set":{"host":"x"}}}"#,
            r#"{"headers":{"set":{"X-Team":"x"}}}"#,
            r#"{"headers":{"set":{"x":"a\nb"}}}"#,
            r#"{"headers":{"set":{"x":"a"},"remove":["x"]}}"#,
            r#"{"params":{"set":{"model":"other"}}}"#,
            r#"{"params":{"remove":["stream_options"]}}"#,
            r#"{"tags":[""]}"#,
        ] {
            assert!(settings(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_proxy_is_shown_without_its_password() {
        let proxy = |text: &str| Proxy(CredentialSecret::new(text.into()));
        let good = proxy("socks5h://user:pass@proxy.example:1080");
        check_proxy(&good).unwrap();
        assert_eq!(shown_proxy(&good), "socks5h://proxy.example:1080");
        for bad in ["", "https://x", "ftp://x", "http://", "http://x/path", "http://x?a"] {
            assert!(check_proxy(&proxy(bad)).is_err(), "{bad}");
        }
    }
}
