//! Where a request goes and with which headers. A caller's headers pass by a list of names: never its own key, cookies or
//! address. What does not change between requests of one credential is made once, as an [`UpstreamTemplate`].

use crate::dialects::{Headers, cells};
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
/// The last version that Azure has declared stable for deployments' paths.
const AZURE_VERSION: &str = "2024-10-21";
/// What passes from the caller, by the upstream's dialect.
const OPENAI_HEADERS: [&str; 1] = ["openai-beta"];
const ANTHROPIC_HEADERS: [&str; 2] = ["anthropic-version", "anthropic-beta"];

/// A dialect's endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Path {
    /// One for all models.
    Fixed(&'static str),
    /// `/models/`, the model, and what is to be done with it: told whole or in a stream.
    Model { whole: &'static str, stream: &'static str },
}

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

/// Where requests go.
#[derive(Debug, Clone)]
enum Address {
    /// To one place, whatever the model.
    One(String),
    /// To a place of the model's own: what stands before its name, and after it, told whole or in a stream.
    OfModel { before: String, whole: String, stream: String },
}

impl Address {
    fn of(provider: Provider, dialect: Dialect, base: &str) -> Self {
        let base = base.trim_end_matches('/');
        match (provider, cells(dialect).path) {
            (Provider::AzureOpenai, Path::Fixed(path)) => Self::at_azure(dialect, base, path),
            (Provider::Vertex, path) => Self::at_vertex(base, path),
            // Its own API stands beside the version.
            (_, Path::Fixed(path)) if dialect == Dialect::Ollama => {
                Self::One([base.strip_suffix("/v1").unwrap_or(base), path].concat())
            }
            (_, Path::Fixed(path)) => Self::One([base, version_path(provider), path].concat()),
            (_, Path::Model { whole, stream }) => {
                let before = [base, version_path(provider), "/models/"].concat();
                Self::OfModel { before, whole: whole.to_owned(), stream: stream.to_owned() }
            }
        }
    }

    /// Azure has a path for each deployment. Responses has only the newer form, in which the deployment is the model; a base
    /// that ends with its version has all of it.
    /// <https://learn.microsoft.com/en-us/azure/ai-foundry/openai/reference>,
    /// <https://learn.microsoft.com/en-us/azure/ai-foundry/openai/api-version-lifecycle>
    fn at_azure(dialect: Dialect, base: &str, path: &str) -> Self {
        if base.ends_with("/openai/v1") {
            return Self::One([base, path].concat());
        }
        if dialect == Dialect::OpenaiResponses {
            return Self::One([base, "/openai/v1", path].concat());
        }
        let after = [path, "?api-version=", AZURE_VERSION].concat();
        Self::OfModel { before: [base, "/openai/deployments/"].concat(), whole: after.clone(), stream: after }
    }

    /// A project's and location's models, by their publisher.
    /// <https://cloud.google.com/vertex-ai/generative-ai/docs/reference/rest>,
    /// <https://docs.anthropic.com/en/api/claude-on-vertex-ai>
    fn at_vertex(base: &str, path: Path) -> Self {
        let (publisher, whole, stream) = match path {
            Path::Fixed(_) => ("anthropic", ":rawPredict", ":streamRawPredict"),
            Path::Model { whole, stream } => ("google", whole, stream),
        };
        let before = [base, "/publishers/", publisher, "/models/"].concat();
        Self::OfModel { before, whole: whole.to_owned(), stream: stream.to_owned() }
    }

    fn uri(&self, model: &str, stream: bool) -> String {
        match self {
            Self::One(uri) => uri.clone(),
            Self::OfModel { before, whole, stream: streamed } => {
                let after = if stream { streamed } else { whole };
                [before.as_str(), &segment(model.trim_start_matches("models/")), after].concat()
            }
        }
    }
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

/// A model's name as one segment of a path: whatever it holds, it stays one, and begins no query.
fn segment(name: &str) -> String {
    let mut segment = String::with_capacity(name.len());
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~@".contains(&byte) {
            segment.push(char::from(byte));
        } else {
            segment.push_str(&format!("%{byte:02X}"));
        }
    }
    segment
}

/// What lies between a channel's base address and a dialect's path: bases that are a host's root lack the version.
fn version_path(provider: Provider) -> &'static str {
    match provider {
        Provider::Anthropic | Provider::Ollama => "/v1",
        Provider::Gemini => "/v1beta",
        Provider::Openai
        | Provider::AzureOpenai
        | Provider::Vertex
        | Provider::Deepseek
        | Provider::Mistral
        | Provider::Xai
        | Provider::Groq
        | Provider::Openrouter
        | Provider::Qwen
        | Provider::OpenaiCompatible
        | Provider::Sandbox => "",
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
    fn every_provider_has_its_address() {
        for (provider, dialect, base, want) in [
            (
                Provider::Openai,
                Dialect::OpenaiChat,
                "https://api.openai.com/v1",
                "https://api.openai.com/v1/chat/completions",
            ),
            (
                Provider::OpenaiCompatible,
                Dialect::OpenaiChat,
                "http://10.0.0.1:8000/v1/",
                "http://10.0.0.1:8000/v1/chat/completions",
            ),
            (Provider::Ollama, Dialect::OpenaiChat, "http://ollama:11434", "http://ollama:11434/v1/chat/completions"),
            (
                Provider::Anthropic,
                Dialect::Anthropic,
                "https://api.anthropic.com",
                "https://api.anthropic.com/v1/messages",
            ),
            (Provider::Sandbox, Dialect::Anthropic, "http://sandbox.invalid/v1", "http://sandbox.invalid/v1/messages"),
            (
                Provider::Sandbox,
                Dialect::OpenaiChat,
                "http://sandbox.invalid/v1",
                "http://sandbox.invalid/v1/chat/completions",
            ),
            (
                Provider::Gemini,
                Dialect::Gemini,
                "https://generativelanguage.googleapis.com",
                "https://generativelanguage.googleapis.com/v1beta/models/m:streamGenerateContent?alt=sse",
            ),
            (
                Provider::AzureOpenai,
                Dialect::OpenaiChat,
                "https://r.openai.azure.com/",
                "https://r.openai.azure.com/openai/deployments/m/chat/completions?api-version=2024-10-21",
            ),
            (
                Provider::AzureOpenai,
                Dialect::OpenaiResponses,
                "https://r.openai.azure.com",
                "https://r.openai.azure.com/openai/v1/responses",
            ),
            (
                Provider::AzureOpenai,
                Dialect::OpenaiEmbeddings,
                "https://r.openai.azure.com/openai/v1",
                "https://r.openai.azure.com/openai/v1/embeddings",
            ),
            (
                Provider::Vertex,
                Dialect::Gemini,
                "https://e-aiplatform.googleapis.com/v1/projects/p/locations/e",
                "https://e-aiplatform.googleapis.com/v1/projects/p/locations/e/publishers/google/models/m:streamGenerateContent?alt=sse",
            ),
            (
                Provider::Vertex,
                Dialect::Anthropic,
                "https://x/v1/projects/p/locations/global",
                "https://x/v1/projects/p/locations/global/publishers/anthropic/models/m:streamRawPredict",
            ),
            (Provider::Groq, Dialect::OpenaiChat, "https://g/openai/v1", "https://g/openai/v1/chat/completions"),
        ] {
            assert_eq!(head(provider, dialect, base).uri, want);
        }
    }

    #[test]
    fn a_hostile_model_stays_one_segment_of_the_path() {
        let template = UpstreamTemplate::new(Provider::Gemini, Dialect::Gemini, "https://x", None).unwrap();
        for (model, want) in [
            ("models/gemini-2.5-flash", "gemini-2.5-flash"),
            ("../../v1/files", "..%2F..%2Fv1%2Ffiles"),
            ("..", ".."),
            ("a?key=b#c", "a%3Fkey%3Db%23c"),
            ("a:countTokens", "a%3AcountTokens"),
            ("a\r\nHost: b", "a%0D%0AHost%3A%20b"),
            ("%2e%2e/é", "%252e%252e%2F%C3%A9"),
        ] {
            let uri = template.head(&HeaderMap::new(), model, false).uri;
            assert_eq!(uri, format!("https://x/v1beta/models/{want}:generateContent"));
            let parsed: http::Uri = uri.parse().unwrap();
            assert_eq!((parsed.path().split('/').count(), parsed.query()), (4, None), "{uri}");
        }
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
