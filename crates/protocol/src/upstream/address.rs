//! Where a provider has a dialect's endpoint.

use crate::dialects::cells;
use domain::dialect::{Dialect, Provider};

/// The last version that Azure has declared stable for deployments' paths.
const AZURE_VERSION: &str = "2024-10-21";

/// A dialect's endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Path {
    /// One for all models.
    Fixed(&'static str),
    /// `/models/`, the model, and what is to be done with it: told whole or in a stream.
    Model { whole: &'static str, stream: &'static str },
}

/// Where requests of one channel and dialect go.
#[derive(Debug, Clone)]
pub(super) enum Address {
    /// To one place, whatever the model.
    One(String),
    /// To a place of the model's own: what stands before its name, and after it, told whole or in a stream.
    OfModel { before: String, whole: String, stream: String },
}

impl Address {
    /// Of a channel at `base`.
    pub(super) fn of(provider: Provider, dialect: Dialect, base: &str) -> Self {
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

    /// Of one request.
    pub(super) fn uri(&self, model: &str, stream: bool) -> String {
        match self {
            Self::One(uri) => uri.clone(),
            Self::OfModel { before, whole, stream: streamed } => {
                let after = if stream { streamed } else { whole };
                [before.as_str(), &segment(model.trim_start_matches("models/")), after].concat()
            }
        }
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

#[cfg(test)]
mod tests {
    use super::*;

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
            assert_eq!(Address::of(provider, dialect, base).uri("m", true), want);
        }
    }

    #[test]
    fn a_hostile_model_stays_one_segment_of_the_path() {
        let address = Address::of(Provider::Gemini, Dialect::Gemini, "https://x");
        for (model, want) in [
            ("models/gemini-2.5-flash", "gemini-2.5-flash"),
            ("../../v1/files", "..%2F..%2Fv1%2Ffiles"),
            ("..", ".."),
            ("a?key=b#c", "a%3Fkey%3Db%23c"),
            ("a:countTokens", "a%3AcountTokens"),
            ("a\r\nHost: b", "a%0D%0AHost%3A%20b"),
            ("%2e%2e/é", "%252e%252e%2F%C3%A9"),
        ] {
            let uri = address.uri(model, false);
            assert_eq!(uri, format!("https://x/v1beta/models/{want}:generateContent"));
            let parsed: http::Uri = uri.parse().unwrap();
            assert_eq!((parsed.path().split('/').count(), parsed.query()), (4, None), "{uri}");
        }
    }
}
