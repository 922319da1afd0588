//! The relay API over HTTP: bodies in, within their limits, answers out.

use crate::{
    in_array::InArray,
    responses::{Part, Responses},
    upstream::HttpUpstream,
};
use axum::body::Body;
use bytes::{Bytes, BytesMut};
use domain::ports::Catalog;
use domain::{
    dialect::Dialect,
    ids::RequestId,
    refusal::{Code, Refusal},
};
use engine::{
    answer::{Answer, AnswerBody, REQUEST_ID},
    authenticate::valid_key,
    clock::SystemClock,
    received::{Received, new_request_id},
    relay::Relay,
};
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header};
use http_body::Body as _;
use http_body_util::BodyExt;
use protocol::request::InPath;
use std::{net::IpAddr, sync::Arc, time::Duration};
use store::{catalog::MemoryCatalog, ledger::NodeLedger};
use tokio::time::{Instant, timeout_at};

/// Bytes a second a body must come at, on the whole, once its first `server.body_timeout_ms` are over. The slowest
/// mobile lines do better; a socket that drips to stay open does not.
const MIN_BODY_RATE: u64 = 8_192;

/// The relay as this server wires it.
pub type ServerRelay = Relay<NodeLedger, MemoryCatalog, HttpUpstream>;

/// The relay API's state.
pub struct Gateway {
    /// The relay.
    pub relay: Arc<ServerRelay>,
    /// What is kept of OpenAI Responses.
    pub responses: Responses,
    /// Bytes a body may have.
    pub max_body: usize,
    /// For a body, beside the time its length gives it.
    pub body_timeout: Duration,
}

/// What of the relay API a path names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RelayPath {
    /// A dialect's generating endpoint, and what its path says.
    Generate(Dialect, Option<InPath>),
    /// The count of a request's input tokens.
    Count(Dialect, Option<InPath>),
    /// The models list, or one of it.
    Models(Option<String>),
    /// A response that is kept, by its id.
    Kept(String, Part),
}

impl RelayPath {
    /// What this path names, if it belongs to the relay API.
    pub fn of(path: &str) -> Option<Self> {
        match path {
            "/v1/chat/completions" => Some(Self::Generate(Dialect::OpenaiChat, None)),
            "/v1/completions" => Some(Self::Generate(Dialect::OpenaiCompletions, None)),
            "/v1/embeddings" => Some(Self::Generate(Dialect::OpenaiEmbeddings, None)),
            "/v1/images/generations" => Some(Self::Generate(Dialect::OpenaiImages, None)),
            "/v1/images/edits" => Some(Self::Generate(Dialect::OpenaiImageEdits, None)),
            "/v1/audio/transcriptions" => Some(Self::Generate(Dialect::OpenaiTranscriptions, None)),
            "/v1/audio/translations" => Some(Self::Generate(Dialect::OpenaiTranslations, None)),
            "/v1/audio/speech" => Some(Self::Generate(Dialect::OpenaiSpeech, None)),
            "/v1/moderations" => Some(Self::Generate(Dialect::OpenaiModerations, None)),
            "/v1/rerank" => Some(Self::Generate(Dialect::Rerank, None)),
            "/v1/responses" => Some(Self::Generate(Dialect::OpenaiResponses, None)),
            "/v1/messages" => Some(Self::Generate(Dialect::Anthropic, None)),
            "/v1/messages/count_tokens" => Some(Self::Count(Dialect::Anthropic, None)),
            // Google's clients of today call `/v1`, those of yesterday `/v1beta`.
            "/v1/models" | "/v1beta/models" => Some(Self::Models(None)),
            _ if let Some(rest) = path.strip_prefix("/v1/responses/") => Self::of_response(rest),
            _ => {
                let rest = path.strip_prefix("/v1/models/").or_else(|| path.strip_prefix("/v1beta/models/"))?;
                Self::of_model(rest)
                    .or_else(|| Some(Self::Models(Some(percent_decoded(rest).filter(|name| !name.is_empty())?))))
            }
        }
    }

    /// What there is of a kept response.
    fn of_response(rest: &str) -> Option<Self> {
        let (id, part) = match rest.strip_suffix("/input_items") {
            Some(id) => (id, Part::Input),
            None => (rest, Part::Whole),
        };
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        (!id.is_empty() && id.chars().all(plain)).then(|| Self::Kept(id.to_owned(), part))
    }

    /// What Gemini's API does with a model: `{model}:{method}`.
    fn of_model(rest: &str) -> Option<Self> {
        let (model, method) = rest.rsplit_once(':')?;
        let model = percent_decoded(model).filter(|model| !model.is_empty())?;
        let in_path = |stream| Some(InPath { model: model.clone(), stream });
        match method {
            "generateContent" => Some(Self::Generate(Dialect::Gemini, in_path(false))),
            "streamGenerateContent" => Some(Self::Generate(Dialect::Gemini, in_path(true))),
            "embedContent" => Some(Self::Generate(Dialect::GeminiEmbeddings, in_path(false))),
            "batchEmbedContents" => Some(Self::Generate(Dialect::GeminiBatchEmbeddings, in_path(false))),
            "countTokens" => Some(Self::Count(Dialect::Gemini, in_path(false))),
            _ => None,
        }
    }
}

pub(crate) fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
        let (high, low) = (digit(rest.next())?, digit(rest.next())?);
        bytes.push(u8::try_from(high * 16 + low).ok()?);
    }
    String::from_utf8(bytes).ok()
}

/// The dialect whose errors a caller understands, told by path and headers.
fn dialect_of(uri: &http::Uri, headers: &HeaderMap) -> Dialect {
    if uri.path().starts_with("/v1beta/") {
        Dialect::Gemini
    } else if headers.contains_key("anthropic-version") {
        Dialect::Anthropic
    } else if headers.contains_key("x-goog-api-key") {
        Dialect::Gemini
    } else {
        Dialect::OpenaiChat
    }
}

impl Gateway {
    /// Answers a request to the relay API.
    pub async fn serve(&self, path: RelayPath, peer: IpAddr, request: http::Request<Body>) -> Response<Body> {
        let id = new_request_id();
        match (path, request.method()) {
            (RelayPath::Generate(Dialect::OpenaiResponses, None), &Method::POST) => {
                let answer = async |received| self.responses.create(received).await;
                self.with_body(id, (Dialect::OpenaiResponses, None), peer, request, answer).await
            }
            (RelayPath::Generate(dialect, in_path), &Method::POST) => {
                let as_array = in_path.as_ref().is_some_and(|it| it.stream) && !wants_events(request.uri());
                let answer = async |received| {
                    let answer = self.relay.answer(received).await;
                    if as_array { respond_in_array(answer) } else { respond(answer) }
                };
                self.with_body(id, (dialect, in_path), peer, request, answer).await
            }
            (RelayPath::Count(dialect, in_path), &Method::POST) => {
                let answer = async |received| respond(self.relay.count(received).await);
                self.with_body(id, (dialect, in_path), peer, request, answer).await
            }
            (RelayPath::Kept(name, part), &Method::GET)
            | (RelayPath::Kept(name, part @ Part::Whole), &Method::DELETE) => {
                let head = request.into_parts().0;
                let query_key = head.uri.query().and_then(query_key);
                self.responses.kept(id, (&name, part), peer, query_key.as_deref(), &head).await
            }
            (RelayPath::Kept(_, part), _) => {
                let allowed = if part == Part::Whole { "GET, DELETE" } else { "GET" };
                method_not_allowed(id, Dialect::OpenaiResponses, allowed)
            }
            (RelayPath::Models(name), &Method::GET) => self.models(id, name, &request.into_parts().0).await,
            (RelayPath::Generate(dialect, _) | RelayPath::Count(dialect, _), _) => {
                method_not_allowed(id, dialect, "POST")
            }
            (RelayPath::Models(_), _) => method_not_allowed(id, dialect_of(request.uri(), request.headers()), "GET"),
        }
    }

    /// Reads a request's body and answers it.
    async fn with_body(
        &self,
        id: RequestId,
        (dialect, in_path): (Dialect, Option<InPath>),
        peer: IpAddr,
        request: http::Request<Body>,
        answer: impl AsyncFnOnce(Received) -> Response<Body>,
    ) -> Response<Body> {
        let started = Instant::now();
        let (head, body) = request.into_parts();
        let query_key = head.uri.query().and_then(query_key);
        match self.collect(body).await {
            Ok(body) => {
                let received = Received { id, dialect, in_path, headers: head.headers, query_key, peer, body, started };
                answer(received).await
            }
            Err(refusal) => {
                let mut response = respond(Answer::refused(dialect, id, &refusal));
                // What is left of the body is not read: the connection cannot be used again.
                response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
                response
            }
        }
    }

    async fn collect(&self, mut body: Body) -> Result<Bytes, Refusal> {
        let too_large = || {
            Refusal::new(
                Code::RequestTooLarge,
                format!("The request's body is over the limit of {} bytes.", self.max_body),
            )
        };
        let announced = body.size_hint().lower();
        if announced > self.max_body as u64 {
            return Err(too_large());
        }
        let mut whole = BytesMut::new();
        let mut first: Option<Bytes> = None;
        let began = Instant::now();
        loop {
            let received = first.as_ref().map_or(whole.len(), Bytes::len) as u64;
            let until = began + self.body_timeout + Duration::from_secs(received / MIN_BODY_RATE);
            let frame = match timeout_at(until, body.frame()).await {
                Err(_) => return Err(Refusal::new(Code::InvalidRequest, "The request's body did not arrive in time.")),
                Ok(None) => break,
                Ok(Some(Err(_))) => return Err(Refusal::new(Code::InvalidRequest, "The request's body broke off.")),
                Ok(Some(Ok(frame))) => frame,
            };
            let Ok(data) = frame.into_data() else { continue };
            let so_far = first.as_ref().map_or(whole.len(), Bytes::len);
            if so_far + data.len() > self.max_body {
                return Err(too_large());
            }
            match first.take() {
                None if whole.is_empty() => first = Some(data),
                Some(one) => {
                    whole.reserve(
                        (one.len() + data.len()).max(usize::try_from(announced).unwrap_or(0).min(self.max_body)),
                    );
                    whole.extend_from_slice(&one);
                    whole.extend_from_slice(&data);
                }
                None => whole.extend_from_slice(&data),
            }
        }
        Ok(first.unwrap_or_else(|| whole.freeze()))
    }

    /// The models a key may call, in the caller's shape.
    async fn models(&self, id: RequestId, name: Option<String>, request: &http::request::Parts) -> Response<Body> {
        let dialect = dialect_of(&request.uri, &request.headers);
        let query_key = request.uri.query().and_then(query_key);
        let key = match valid_key(&*self.relay.catalog, &SystemClock, &request.headers, query_key.as_deref()).await {
            Ok(key) => key,
            Err(refusal) => return respond(Answer::refused(dialect, id, &refusal)),
        };
        let snapshot = self.relay.catalog.snapshot();
        let time_us = id.unix_ms().saturating_mul(1_000);
        let callable = |name: &str| {
            key.allows_model(name)
                && snapshot
                    .sale_to(&key.tenant_group, name, time_us)
                    .is_some_and(|(model, ..)| !model.offers.is_empty())
        };
        let body = match name {
            Some(name) if callable(&name) => protocol::models::one(dialect, &(name, 0)),
            Some(_) => {
                let refusal =
                    Refusal::new(Code::ModelNotFound, "The model does not exist or is not available to this key.");
                return respond(Answer::refused(dialect, id, &refusal));
            }
            None => {
                let mut names: Vec<(String, i64)> =
                    snapshot.models.keys().filter(|name| callable(name)).map(|name| (name.clone(), 0)).collect();
                names.sort_unstable();
                protocol::models::list(dialect, &names)
            }
        };
        json(id, body)
    }
}

/// Whether a stream is asked for as server-sent events.
fn wants_events(uri: &http::Uri) -> bool {
    uri.query().is_some_and(|query| query.split('&').any(|pair| pair == "alt=sse"))
}

fn query_key(query: &str) -> Option<String> {
    let value = query.split('&').find_map(|pair| pair.strip_prefix("key="))?;
    percent_decoded(value)
}

fn method_not_allowed(id: RequestId, dialect: Dialect, allowed: &'static str) -> Response<Body> {
    let refusal = Refusal::new(Code::InvalidRequest, format!("This path answers to {allowed} only."));
    let mut response = respond(Answer::refused(dialect, id, &refusal));
    *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static(allowed));
    response
}

/// A path under `/v1` that does not exist, told in the caller's dialect.
pub fn no_such_path(uri: &http::Uri, headers: &HeaderMap) -> Response<Body> {
    let refusal = Refusal::new(Code::NotFound, "There is no such path.");
    respond(Answer::refused(dialect_of(uri, headers), new_request_id(), &refusal))
}

fn with_request_id(mut response: Response<Body>, id: RequestId) -> Response<Body> {
    if let Ok(id) = HeaderValue::try_from(id.to_string()) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

/// A stream as one JSON array; anything else as it is.
fn respond_in_array(answer: Answer) -> Response<Body> {
    let AnswerBody::Stream(frames) = answer.body else { return respond(answer) };
    let mut response = Response::new(Body::new(InArray::new(frames)));
    *response.status_mut() = answer.status;
    *response.headers_mut() = answer.headers;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=UTF-8"));
    response
}

/// A document that costs nothing.
pub(crate) fn json(id: RequestId, body: Bytes) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    with_request_id(response, id)
}

pub(crate) fn respond(answer: Answer) -> Response<Body> {
    let body = match answer.body {
        AnswerBody::Full(bytes) => Body::from(bytes),
        AnswerBody::Stream(frames) => Body::new(frames),
    };
    let mut response = Response::new(body);
    *response.status_mut() = answer.status;
    *response.headers_mut() = answer.headers;
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_name_endpoints_and_models() {
        assert_eq!(RelayPath::of("/v1/messages"), Some(RelayPath::Generate(Dialect::Anthropic, None)));
        assert_eq!(RelayPath::of("/v1/models/sandbox%2Fecho"), Some(RelayPath::Models(Some("sandbox/echo".into()))));
        assert_eq!(RelayPath::of("/v1/models/sandbox/echo"), Some(RelayPath::Models(Some("sandbox/echo".into()))));
        assert_eq!(RelayPath::of("/v1/messages/count_tokens"), Some(RelayPath::Count(Dialect::Anthropic, None)));
        let in_path = |model: &str, stream| Some(InPath { model: model.into(), stream });
        for prefix in ["/v1", "/v1beta"] {
            let of = |rest: &str| RelayPath::of(&format!("{prefix}/models{rest}"));
            let generate = |model, stream| Some(RelayPath::Generate(Dialect::Gemini, in_path(model, stream)));
            assert_eq!(of("/gemini-2.5-flash:generateContent"), generate("gemini-2.5-flash", false));
            assert_eq!(of("/sandbox/echo:streamGenerateContent"), generate("sandbox/echo", true));
            assert_eq!(of("/llama3:8b:generateContent"), generate("llama3:8b", false));
            assert_eq!(of("/m:countTokens"), Some(RelayPath::Count(Dialect::Gemini, in_path("m", false))));
            let embed = Some(RelayPath::Generate(Dialect::GeminiEmbeddings, in_path("m", false)));
            assert_eq!(of("/m:embedContent"), embed);
            let batch = Some(RelayPath::Generate(Dialect::GeminiBatchEmbeddings, in_path("m", false)));
            assert_eq!(of("/m:batchEmbedContents"), batch);
            assert_eq!(of("/llama3:8b"), Some(RelayPath::Models(Some("llama3:8b".into()))));
            assert_eq!(of(""), Some(RelayPath::Models(None)));
        }
        let kept = |part| Some(RelayPath::Kept("resp_1-a".into(), part));
        assert_eq!(RelayPath::of("/v1/responses/resp_1-a"), kept(Part::Whole));
        assert_eq!(RelayPath::of("/v1/responses/resp_1-a/input_items"), kept(Part::Input));
        for none in [
            "/v1/responses/",
            "/v1/responses/a/b",
            "/v1/responses/%2e",
            "/v1/responses//input_items",
            "/v1/chat",
            "/v1/models/",
            "/v1/models/%zz",
            "/",
            "/api/v1/keys",
        ] {
            assert_eq!(RelayPath::of(none), None, "{none}");
        }
    }

    #[test]
    fn the_key_in_a_query_is_decoded() {
        assert_eq!(query_key("alt=sse&key=sk-tp%2Da"), Some("sk-tp-a".into()));
        assert_eq!(query_key("monkey=1"), None);
    }
}
