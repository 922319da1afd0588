//! Where a request goes and with which headers. A caller's headers pass by a list of names: never its own key, cookies or
//! address. What does not change between requests of one credential is made once, as an [`UpstreamTemplate`].

mod address;

pub(crate) use address::Path;

use crate::dialects::{Headers, cells};
use address::Address;
use domain::{
    dialect::{Dialect, Provider},
    secret::CredentialSecret,
};
use http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE},
};
use std::sync::Arc;
use zeroize::Zeroizing;

/// The version that is asked for where the caller names none. <https://docs.anthropic.com/en/api/versioning>
const ANTHROPIC_VERSION: &str = "2023-06-01";
/// What passes from the caller, by the upstream's dialect.
const OPENAI_HEADERS: [&str; 1] = ["openai-beta"];
const ANTHROPIC_HEADERS: [&str; 2] = ["anthropic-version", "anthropic-beta"];

/// Where a request goes, and its headers. The host and the length are the connection's to add.
#[derive(Debug, Clone)]
pub struct UpstreamHead {
    /// The whole address.
    pub uri: String,
    /// All headers that the dialect needs; those with secrets are marked sensitive.
    pub headers: HeaderMap,
    /// Whose token is still to be added: a service account's key (Google's JSON).
    pub account: Option<Arc<CredentialSecret>>,
}

/// The secret has bytes that no header can carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the credential's secret cannot stand in a header")]
pub struct BadSecret;

/// What all requests of one channel, dialect and credential have in common.
#[derive(Debug, Clone)]
pub struct UpstreamTemplate {
    dialect: Dialect,
    address: Address,
    headers: HeaderMap,
    account: Option<Arc<CredentialSecret>>,
}

impl UpstreamTemplate {
    /// For a channel at `base_url`, which has no slash at its end.
    ///
    /// # Errors
    /// [`BadSecret`].
    pub fn new(
        provider: Provider,
        dialect: Dialect,
        base_url: &str,
        secret: Option<&CredentialSecret>,
    ) -> Result<Self, BadSecret> {
        let mut headers = HeaderMap::with_capacity(8);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if cells(dialect).headers == Headers::Anthropic {
            headers.insert(HeaderName::from_static("anthropic-version"), HeaderValue::from_static(ANTHROPIC_VERSION));
        }
        let account = secret.filter(|secret| provider == Provider::Vertex && is_account(secret));
        if let Some(secret) = secret.filter(|_| account.is_none()) {
            let in_header = |name| Ok((HeaderName::from_static(name), sensitive(secret.expose())?));
            let (name, value) = match (provider, cells(dialect).headers) {
                (Provider::AzureOpenai, _) => in_header("api-key"),
                // Whoever speaks which dialect, Google looks for its own key.
                (Provider::Vertex, _) | (_, Headers::Google) => in_header("x-goog-api-key"),
                (_, Headers::Anthropic) => in_header("x-api-key"),
                (_, Headers::Openai | Headers::Ollama) => Ok((AUTHORIZATION, bearer(secret)?)),
            }?;
            headers.insert(name, value);
        }
        let account = account.cloned().map(Arc::new);
        Ok(Self { dialect, address: Address::of(provider, dialect, base_url), headers, account })
    }

    /// The head of one request for a model, by the upstream's name for it.
    pub fn head(&self, caller: &HeaderMap, model: &str, stream: bool) -> UpstreamHead {
        let mut headers = self.headers.clone();
        let accept = match stream {
            true if cells(self.dialect).lines => "application/x-ndjson",
            true => "text/event-stream",
            false => cells(self.dialect).accept,
        };
        headers.insert(ACCEPT, HeaderValue::from_static(accept));
        let passing: &[&'static str] = match cells(self.dialect).headers {
            Headers::Openai => &OPENAI_HEADERS,
            Headers::Anthropic => &ANTHROPIC_HEADERS,
            Headers::Google | Headers::Ollama => &[],
        };
        for name in passing {
            let mut values = caller.get_all(*name).iter();
            if let Some(first) = values.next() {
                headers.insert(HeaderName::from_static(name), first.clone());
            }
            for more in values {
                headers.append(HeaderName::from_static(name), more.clone());
            }
        }
        UpstreamHead { uri: self.address.uri(model, stream), headers, account: self.account.clone() }
    }
}

/// Whether a secret is a service account's key: Google's JSON, and no key of the API.
pub fn is_account(secret: &CredentialSecret) -> bool {
    secret.expose().starts_with('{')
}

fn bearer(secret: &CredentialSecret) -> Result<HeaderValue, BadSecret> {
    sensitive(&Zeroizing::new(["Bearer ", secret.expose()].concat()))
}

fn sensitive(text: &str) -> Result<HeaderValue, BadSecret> {
    let mut value = HeaderValue::from_str(text).map_err(|_| BadSecret)?;
    value.set_sensitive(true);
    Ok(value)
}

/// The head of one request, without a template.
///
/// # Errors
/// [`BadSecret`].
pub fn upstream_head(
    provider: Provider,
    dialect: Dialect,
    base_url: &str,
    secret: Option<&CredentialSecret>,
    caller: &HeaderMap,
    model: &str,
    stream: bool,
) -> Result<UpstreamHead, BadSecret> {
    UpstreamTemplate::new(provider, dialect, base_url, secret).map(|template| template.head(caller, model, stream))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(provider: Provider, dialect: Dialect, base: &str) -> UpstreamHead {
        let secret = CredentialSecret::new("s3cret".into());
        let mut caller = HeaderMap::new();
        for (name, value) in [
            ("authorization", "Bearer sk-tp-callers"),
            ("x-api-key", "sk-tp-callers"),
            ("cookie", "a=b"),
            ("anthropic-beta", "one"),
            ("openai-beta", "two"),
            ("x-stainless-lang", "python"),
            ("x-forwarded-for", "10.0.0.1"),
        ] {
            caller.insert(name, HeaderValue::from_static(value));
        }
        caller.append("anthropic-beta", HeaderValue::from_static("three"));
        upstream_head(provider, dialect, base, Some(&secret), &caller, "m", true).unwrap()
    }

    #[test]
    fn only_listed_headers_pass_and_secrets_are_marked() {
        let openai = head(Provider::Openai, Dialect::OpenaiChat, "https://x/v1").headers;
        let mut names: Vec<_> = openai.keys().map(HeaderName::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["accept", "authorization", "content-type", "openai-beta"]);
        assert_eq!(openai["authorization"], "Bearer s3cret");
        assert!(openai["authorization"].is_sensitive());
        let anthropic = head(Provider::Anthropic, Dialect::Anthropic, "https://x").headers;
        let mut names: Vec<_> = anthropic.keys().map(HeaderName::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["accept", "anthropic-beta", "anthropic-version", "content-type", "x-api-key"]);
        assert_eq!(anthropic.get_all("anthropic-beta").iter().count(), 2);
        assert_eq!(
            (&anthropic["x-api-key"], &anthropic["anthropic-version"]),
            (&"s3cret".parse().unwrap(), &"2023-06-01".parse().unwrap())
        );
        assert!(anthropic["x-api-key"].is_sensitive());
        let azure = head(Provider::AzureOpenai, Dialect::OpenaiChat, "https://x").headers;
        assert!(azure["api-key"].is_sensitive() && !azure.contains_key("authorization"));
        assert!(!format!("{anthropic:?}{openai:?}").contains("s3cret"));
    }

    #[test]
    fn a_service_accounts_key_stands_in_no_header() {
        let of = |secret: &str, dialect| {
            let secret = CredentialSecret::new(secret.into());
            upstream_head(Provider::Vertex, dialect, "https://x", Some(&secret), &HeaderMap::new(), "m", false).unwrap()
        };
        for dialect in [Dialect::Gemini, Dialect::Anthropic] {
            let account = of("{\"private_key\": \"s3cret\\n\"}", dialect);
            assert!(account.account.is_some() && !account.headers.contains_key("authorization"));
            assert!(!format!("{account:?}").contains("s3cret"));
            let key = of("s3cret", dialect);
            assert!(key.account.is_none() && key.headers["x-goog-api-key"] == "s3cret");
        }
    }

    #[test]
    fn a_secret_with_a_line_break_is_refused() {
        let secret = CredentialSecret::new("a\r\nx: y".into());
        let template = UpstreamTemplate::new(Provider::Openai, Dialect::OpenaiChat, "https://x", Some(&secret));
        assert_eq!(template.map(|_| ()), Err(BadSecret));
    }
}
