//! The table of error classes, row by row and provider by provider: what a provider says is read as the class it means, and that
//! has the effect its row says. The bodies are those of each provider's public documentation.

use crate::support::channel;
use domain::{dialect::Dialect, ids::CredentialId};
use engine::{
    classes::{self, Another, Blame, TABLE},
    health::{Health, Place, Shut, Standing},
};
use http::{HeaderMap, HeaderName};
use protocol::error::{Class, classify};
use std::time::Duration;
use tokio::time::Instant;

struct Said {
    provider: &'static str,
    dialect: Dialect,
    status: u16,
    headers: &'static [(&'static str, &'static str)],
    body: &'static str,
    class: Class,
    /// When it may be asked again, where it says so.
    seconds: Option<u64>,
}

const fn said(provider: &'static str, dialect: Dialect, status: u16, body: &'static str, class: Class) -> Said {
    Said { provider, dialect, status, headers: &[], body, class, seconds: None }
}

const fn with(
    provider: &'static str,
    dialect: Dialect,
    status: u16,
    headers: &'static [(&'static str, &'static str)],
    body: &'static str,
    class: Class,
    seconds: u64,
) -> Said {
    Said { provider, dialect, status, headers, body, class, seconds: Some(seconds) }
}

use Dialect::{Anthropic, Gemini, Ollama, OpenaiChat, OpenaiResponses};

#[rustfmt::skip]
const ALL: [Said; 33] = [
    said("openai", OpenaiChat, 400, r#"{"error":{"message":"Invalid value","type":"invalid_request_error","param":"temperature","code":null}}"#, Class::Caller),
    said("anthropic", Anthropic, 400, r#"{"type":"error","error":{"type":"invalid_request_error","message":"max_tokens: Field required"}}"#, Class::Caller),
    said("gemini", Gemini, 400, r#"{"error":{"code":400,"message":"Invalid JSON payload received.","status":"INVALID_ARGUMENT"}}"#, Class::Caller),
    said("anthropic", Anthropic, 413, r#"{"type":"error","error":{"type":"request_too_large","message":"Request exceeds the maximum size"}}"#, Class::Caller),
    said("openai", OpenaiChat, 400, r#"{"error":{"message":"This model's maximum context length is 8192 tokens.","type":"invalid_request_error","code":"context_length_exceeded"}}"#, Class::ContextLength),
    said("anthropic", Anthropic, 400, r#"{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 210000 tokens > 200000 maximum"}}"#, Class::ContextLength),
    said("openai", OpenaiChat, 401, r#"{"error":{"message":"Incorrect API key provided: sk-x.","type":"invalid_request_error","code":"invalid_api_key"}}"#, Class::Credential),
    said("openai", OpenaiChat, 429, r#"{"error":{"message":"You exceeded your current quota","type":"insufficient_quota","code":"insufficient_quota"}}"#, Class::Credential),
    said("openai", OpenaiResponses, 401, r#"{"error":{"message":"Incorrect API key provided","type":"invalid_request_error","code":"invalid_api_key"}}"#, Class::Credential),
    said("anthropic", Anthropic, 401, r#"{"type":"error","error":{"type":"authentication_error","message":"invalid x-api-key"}}"#, Class::Credential),
    said("anthropic", Anthropic, 403, r#"{"type":"error","error":{"type":"permission_error","message":"Your API key does not have permission"}}"#, Class::Credential),
    said("anthropic", Anthropic, 400, r#"{"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low to access the Anthropic API."}}"#, Class::Credential),
    said("gemini", Gemini, 400, r#"{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"API_KEY_INVALID"}]}}"#, Class::Credential),
    said("gemini", Gemini, 403, r#"{"error":{"code":403,"message":"Permission denied","status":"PERMISSION_DENIED"}}"#, Class::Credential),
    said("deepseek", OpenaiChat, 402, r#"{"error":{"message":"Insufficient Balance","type":"unknown_error","code":"invalid_request_error"}}"#, Class::Credential),
    with("openai", OpenaiChat, 429, &[("retry-after", "20")], r#"{"error":{"message":"Rate limit reached","type":"requests","code":"rate_limit_exceeded"}}"#, Class::Rate, 20),
    with("openai", OpenaiChat, 429, &[("x-ratelimit-remaining-requests", "0"), ("x-ratelimit-reset-requests", "6m0s")], r#"{"error":{"message":"Rate limit reached","type":"requests","code":"rate_limit_exceeded"}}"#, Class::Rate, 360),
    with("azure_openai", OpenaiChat, 429, &[("retry-after-ms", "1500"), ("retry-after", "1")], r#"{"error":{"code":"429","message":"Requests have exceeded call rate limit. Please retry after 1 second."}}"#, Class::Rate, 2),
    with("anthropic", Anthropic, 429, &[("retry-after", "12")], r#"{"type":"error","error":{"type":"rate_limit_error","message":"This request would exceed your rate limit"}}"#, Class::Rate, 12),
    with("anthropic", Anthropic, 429, &[("date", "Sat, 28 Nov 2026 12:00:00 GMT"), ("anthropic-ratelimit-requests-remaining", "0"), ("anthropic-ratelimit-requests-reset", "2026-11-28T12:00:42Z")], r#"{"type":"error","error":{"type":"rate_limit_error","message":"slow"}}"#, Class::Rate, 42),
    said("anthropic", Anthropic, 529, r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#, Class::Rate),
    with("gemini", Gemini, 429, &[], r#"{"error":{"code":429,"message":"Resource has been exhausted","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"34s"}]}}"#, Class::Rate, 34),
    said("groq", OpenaiChat, 429, r#"{"error":{"message":"Rate limit reached for model","type":"tokens","code":"rate_limit_exceeded"}}"#, Class::Rate),
    said("openai", OpenaiChat, 500, r#"{"error":{"message":"The server had an error","type":"server_error"}}"#, Class::Transient),
    with("openai", OpenaiChat, 503, &[("retry-after", "5")], r#"{"error":{"message":"The engine is currently overloaded","type":"server_error"}}"#, Class::Transient, 5),
    said("anthropic", Anthropic, 500, r#"{"type":"error","error":{"type":"api_error","message":"Internal server error"}}"#, Class::Transient),
    said("gemini", Gemini, 503, r#"{"error":{"code":503,"message":"The model is overloaded.","status":"UNAVAILABLE"}}"#, Class::Transient),
    said("gemini", Gemini, 500, r#"{"error":{"code":500,"message":"An internal error has occurred.","status":"INTERNAL"}}"#, Class::Transient),
    said("any", OpenaiChat, 502, "<html>Bad Gateway</html>", Class::Transient),
    said("openai", OpenaiChat, 404, r#"{"error":{"message":"The model `gpt-9` does not exist","type":"invalid_request_error","code":"model_not_found"}}"#, Class::ModelMissing),
    said("anthropic", Anthropic, 404, r#"{"type":"error","error":{"type":"not_found_error","message":"model: claude-9"}}"#, Class::ModelMissing),
    said("ollama", Ollama, 404, r#"{"error":"model 'llama9' not found"}"#, Class::ModelMissing),
    said("azure_openai", OpenaiChat, 400, r#"{"error":{"message":"The response was filtered due to the prompt triggering Azure OpenAI's content management policy.","code":"content_filter","status":400}}"#, Class::Policy),
];

#[test]
fn what_a_provider_says_has_the_effect_that_its_row_says() {
    let now = Instant::now();
    for said in &ALL {
        let mut headers = HeaderMap::new();
        for (name, value) in said.headers {
            headers.insert(HeaderName::from_static(name), value.parse().unwrap());
        }
        let error = classify(said.dialect, said.status, &headers, said.body.as_bytes());
        let what = format!("{} {} {}", said.provider, said.status, said.body);
        assert_eq!(error.class, said.class, "{what}");
        // Rounded up: some are told in milliseconds.
        let told = error.retry_after.map(|wait| wait.as_millis().div_ceil(1_000) as u64);
        assert_eq!(told, said.seconds, "{what}");

        let health = Health::default();
        let place = Place { channel: channel(1).id, credential: Some(CredentialId(1)) };
        let slot = health.slot(place, "m");
        slot.failed(error.class, error.retry_after, now, 0.0);
        let standing = slot.standing(now);
        let wait = |seconds: u64| now + Duration::from_secs(said.seconds.unwrap_or(seconds));
        let expected = match classes::of(said.class).blame {
            Blame::Nothing => Standing::Ready,
            Blame::Breaker => said.seconds.map_or(Standing::Ready, |_| Standing::Shut(Shut::Resting, wait(0))),
            Blame::Cooldown => Standing::Shut(Shut::Rate, wait(1)),
            Blame::Credential => Standing::Shut(Shut::Credential, now + Duration::from_secs(5)),
            Blame::Model => Standing::Shut(Shut::ModelMissing, now + Duration::from_secs(600)),
        };
        match (standing, expected) {
            // To the millisecond.
            (Standing::Shut(why, until), Standing::Shut(expected, wanted)) => {
                assert_eq!(why, expected, "{what}");
                assert!(wanted.saturating_duration_since(until) < Duration::from_secs(1), "{what}");
            }
            (standing, expected) => assert_eq!(standing, expected, "{what}"),
        }
        let elsewhere = health.slot(place, "another model").standing(now);
        assert_eq!(elsewhere, Standing::Ready, "{what}: once may be the model's");
        slot.failed(error.class, error.retry_after, now, 0.0);
        let elsewhere = health.slot(place, "another model").standing(now);
        let whatever_the_model = classes::of(said.class).blame == Blame::Credential;
        assert_eq!(elsewhere != Standing::Ready, whatever_the_model, "{what}: twice");
    }
}

#[test]
fn every_class_has_a_row_and_every_row_is_said_by_a_provider() {
    for row in &TABLE {
        assert_eq!(classes::of(row.class), row);
        assert!(ALL.iter().any(|said| said.class == row.class), "{}", row.word);
        let about_the_request = matches!(row.class, Class::Caller | Class::ContextLength | Class::Policy);
        assert_eq!(row.another == Another::Yes, !about_the_request, "{}", row.word);
    }
}
