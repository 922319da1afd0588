//! `POST /channels/{id}/test`: one real request of a few words, over the same client and the same way as any other.
//!
//! It is not charged to any tenant and makes no usage row: nobody's request it is. What the upstream says about a failure
//! is shown, since only admins get here, but never a secret that it repeats.

pub mod models;
#[cfg(feature = "console")]
pub mod streamed;

use super::{
    ApiState,
    input::{FieldsOrNone, InPath},
    problem::Problem,
    shown::made,
};
use crate::upstream::HttpUpstream;
use axum::{extract::State, response::IntoResponse};
use bytes::Bytes;
use domain::{
    channel::{Channel, Credential},
    dialect::Dialect,
    ids::{ChannelId, CredentialId},
    price::Tariff,
    usage::Usage,
};
use engine::{overrides, upstream::Upstream};
use http::{HeaderMap, HeaderValue, Response};
use http_body_util::{BodyExt, Limited};
use protocol::{
    answer::read_answer,
    error::{Class, classify},
    stream::Fault,
    upstream::upstream_head,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::{sync::Arc, time::Duration};
use tokio::time::{Instant, timeout};
use utoipa::ToSchema;

/// Who presses a button waits for no more than this.
const PATIENCE: Duration = Duration::from_secs(30);
/// An answer to a few words is not larger.
const MAX_ANSWER: usize = 1 << 20;
/// Characters of an upstream's message that are shown.
const MAX_MESSAGE: usize = 500;
/// The sandbox's one model that answers like any other; most of the rest misbehave on purpose.
const PLAIN_MODEL: &str = "sandbox/echo";
/// Output tokens asked for, where the dialect must be told a number.
const MAX_TOKENS: u32 = 16;

/// What to test; by default the channel's first model with its first credential.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ChannelTest)]
pub struct TestFields {
    /// One of its models, by public name.
    #[serde(default)]
    model: Option<String>,
    /// One of its credentials, by name.
    #[serde(default)]
    credential: Option<String>,
}

/// How a test went.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ChannelTested)]
pub struct TestShown {
    /// Whether a whole answer came.
    ok: bool,
    /// The model's name upstream.
    model: String,
    /// The credential that was presented.
    #[schema(value_type = Option<String>)]
    credential: Option<CredentialId>,
    /// The dialect spoken.
    #[schema(value_type = String)]
    dialect: Dialect,
    /// The upstream's status; null: no answer came.
    status: Option<u16>,
    /// Milliseconds from connecting to the answer's last byte, or to the failure.
    latency_ms: u64,
    /// Output tokens the upstream reported.
    output_tokens: Option<u64>,
    /// What went wrong.
    error: Option<String>,
    /// Of which class that is, where the upstream said it.
    #[serde(skip)]
    class: Option<Class>,
}

/// One way to try.
struct Probe {
    channel: Arc<Channel>,
    credential: Option<Credential>,
    upstream_model: String,
    dialect: Dialect,
    #[cfg_attr(not(feature = "console"), expect(dead_code, reason = "only the console tells what a test cost"))]
    cost: Option<Tariff>,
}

/// What came of it.
struct Outcome {
    status: Option<u16>,
    usage: Option<Usage>,
    error: Option<String>,
    class: Option<Class>,
}

impl TestFields {
    /// This model with this credential.
    pub fn of(model: String, credential: Option<String>) -> Self {
        Self { model: Some(model), credential }
    }
}

impl TestShown {
    /// Whether a whole answer came.
    pub fn is_ok(&self) -> bool {
        self.ok
    }

    /// What the upstream's error is about, where it said one.
    pub fn class(&self) -> Option<Class> {
        self.class
    }

    /// Output tokens that were reported.
    pub fn output_tokens(&self) -> u64 {
        self.output_tokens.unwrap_or_default()
    }
}

impl Outcome {
    fn failed(status: Option<u16>, error: impl Into<String>) -> Self {
        Self { status, usage: None, error: Some(error.into()), class: None }
    }
}

/// Sends one short request through a channel, enabled or not, and says how it went.
#[utoipa::path(post, path = "/api/v1/channels/{id}/test", tag = "channels", params(("id" = String, Path)),
    request_body(content = Option<TestFields>), responses((status = 201, body = TestShown)))]
pub async fn test(
    State(state): State<ApiState>,
    InPath(id): InPath<ChannelId>,
    FieldsOrNone(fields): FieldsOrNone<TestFields>,
) -> Result<impl IntoResponse, Problem> {
    run(&state, id, fields).await.map(made)
}

/// The test itself.
///
/// # Errors
/// 404 for an unknown channel, 400 for a model or credential it does not have, 409 where it has none.
pub async fn run(state: &ApiState, id: ChannelId, fields: TestFields) -> Result<TestShown, Problem> {
    let probe = prepare(state, id, fields).await?;
    let began = Instant::now();
    let outcome =
        timeout(PATIENCE, probe.send(state)).await.unwrap_or_else(|_| Outcome::failed(None, "no answer in time"));
    Ok(TestShown {
        ok: outcome.error.is_none(),
        model: probe.upstream_model.clone(),
        credential: probe.credential.as_ref().map(|credential| credential.id),
        dialect: probe.dialect,
        status: outcome.status,
        latency_ms: millis(began),
        output_tokens: outcome.usage.map(|usage| usage.output),
        error: outcome.error.map(|message| probe.without_secrets(&message)),
        class: outcome.class,
    })
}

fn millis(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}

/// Chooses what to ask and how.
async fn prepare(state: &ApiState, id: ChannelId, fields: TestFields) -> Result<Probe, Problem> {
    let record = state.store.channels().get(id).await?;
    let channel = state.store.channels().opened(id).await?;
    let carried = |name: &str| record.models.iter().find(|model| model.model == name);
    let upstream_model = match &fields.model {
        Some(name) => carried(name).ok_or_else(|| Problem::field("model", "the channel does not carry it"))?,
        None => carried(PLAIN_MODEL)
            .or_else(|| record.models.first())
            .ok_or_else(|| Problem::conflict("The channel carries no model."))?,
    };
    let credential = match &fields.credential {
        Some(name) => Some(
            channel
                .credentials
                .iter()
                .find(|credential| credential.name == *name)
                .ok_or_else(|| Problem::field("credential", "the channel has none of that name"))?,
        ),
        None => channel.credentials.first(),
    };
    let dialect =
        channel.dialects.first().copied().ok_or_else(|| Problem::conflict("The channel speaks no dialect."))?;
    Ok(Probe {
        credential: credential.cloned(),
        upstream_model: upstream_model.upstream.clone(),
        cost: upstream_model.cost.as_ref().map(|price| price.tariff.clone()),
        dialect,
        channel: Arc::new(channel),
    })
}

impl Probe {
    /// A request for one word. OpenAI's newer models refuse `max_tokens`, so only Anthropic, which demands it, gets one.
    fn body(&self) -> Bytes {
        let messages = json!([{"role": "user", "content": "Answer with the one word: ok"}]);
        let body = match self.dialect {
            Dialect::OpenaiChat => json!({"model": self.upstream_model, "messages": messages}),
            Dialect::OpenaiResponses => json!({"model": self.upstream_model, "store": false, "input": messages}),
            Dialect::Anthropic => json!({"model": self.upstream_model, "max_tokens": MAX_TOKENS, "messages": messages}),
            Dialect::Ollama => json!({"model": self.upstream_model, "stream": false, "messages": messages}),
            Dialect::OpenaiCompletions => {
                json!({"model": self.upstream_model, "prompt": "ok", "max_tokens": MAX_TOKENS})
            }
            // No channel's main dialect.
            Dialect::OpenaiImages
            | Dialect::OpenaiImageEdits
            | Dialect::OpenaiTranscriptions
            | Dialect::OpenaiTranslations => json!({"model": self.upstream_model, "prompt": "ok"}),
            Dialect::OpenaiSpeech | Dialect::OpenaiModerations => json!({"model": self.upstream_model, "input": "ok"}),
            Dialect::Rerank => json!({"model": self.upstream_model, "query": "ok", "documents": ["ok"]}),
            Dialect::OpenaiEmbeddings => json!({"model": self.upstream_model, "input": "ok"}),
            Dialect::GeminiEmbeddings => json!({"content": {"parts": [{"text": "ok"}]}}),
            Dialect::GeminiBatchEmbeddings => json!({"requests": [{"content": {"parts": [{"text": "ok"}]}}]}),
            Dialect::Gemini => {
                json!({"contents": [{"role": "user", "parts": [{"text": "Answer with the one word: ok"}]}]})
            }
        };
        Bytes::from(body.to_string())
    }

    /// Sends it and waits for the answer's head.
    async fn ask(
        &self,
        state: &ApiState,
        body: Bytes,
        stream: bool,
    ) -> Result<Response<<HttpUpstream as Upstream>::Body>, Outcome> {
        let mut headers = HeaderMap::new();
        headers.insert(http::header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let secret = self.credential.as_ref().map(|credential| &credential.secret);
        let channel = &self.channel;
        let head = upstream_head(
            channel.provider,
            self.dialect,
            &channel.base_url,
            secret,
            &headers,
            &self.upstream_model,
            stream,
        )
        .map_err(|error| Outcome::failed(None, error.to_string()))?;
        let mut head = head;
        overrides::headers(&channel.settings.headers, &mut head.headers);
        let body = overrides::params(&channel.settings.params, body);
        let connect = channel.timeouts.connect_ms.map_or(state.connect_timeout, Duration::from_millis);
        let sent = state.upstream.send(channel, head, body, connect).await;
        sent.map_err(|failed| Outcome::failed(None, failed.what))
    }

    /// What an answer with an error's status says.
    fn refusal(&self, status: u16, headers: &HeaderMap, body: &[u8]) -> Outcome {
        let error = classify(self.dialect, status, headers, body);
        let told = Outcome::failed(Some(status), format!("{:?}: {}", error.class, error.message));
        Outcome { class: Some(error.class), ..told }
    }

    async fn send(&self, state: &ApiState) -> Outcome {
        let response = match self.ask(state, self.body(), false).await {
            Ok(response) => response,
            Err(outcome) => return outcome,
        };
        let (head, body) = response.into_parts();
        let status = head.status.as_u16();
        let body = match Limited::new(body, MAX_ANSWER).collect().await {
            Ok(body) => body.to_bytes(),
            Err(error) => return Outcome::failed(Some(status), format!("the answer broke off: {error}")),
        };
        if !head.status.is_success() {
            return self.refusal(status, &head.headers, &body);
        }
        match read_answer(self.dialect, &body) {
            Ok(answer) if answer.empty => Outcome::failed(Some(status), "the answer is empty"),
            Ok(answer) => Outcome { status: Some(status), usage: answer.usage, error: None, class: None },
            Err(Fault::UpstreamError(error)) => {
                let class = Some(error.class);
                Outcome { class, ..Outcome::failed(Some(status), error.message) }
            }
            Err(_) => Outcome::failed(Some(status), format!("not an answer in the dialect {}", self.dialect)),
        }
    }

    fn without_secrets(&self, message: &str) -> String {
        let secrets = self.channel.credentials.iter().map(|credential| credential.secret.expose());
        let clean = secrets
            .filter(|secret| !secret.is_empty())
            .fold(message.to_owned(), |text, secret| text.replace(secret, "[redacted]"));
        clean.chars().take(MAX_MESSAGE).collect()
    }
}
