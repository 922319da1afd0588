//! The HTTP surface: which dialect a path speaks, and from a request's bytes to the answer.

use crate::{
    anthropic,
    body::{AnswerBody, Frames},
    fault::Fault,
    flushes::Flushes,
    gemini::{self, EmbedPath, InPath},
    model::Model,
    openai::{self, Form, Media},
    reply::{Ending, Manner, Prompt, Reply},
    responses,
};
use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue, Method, Request, Response, StatusCode,
    header::{CONTENT_TYPE, RETRY_AFTER},
};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use std::{future, hash::Hasher};

/// The largest request that is read, in bytes.
const MAX_REQUEST: usize = 64 * 1024 * 1024;

/// In whose words a request is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Dialect {
    OpenAi,
    Completions,
    Responses,
    Anthropic,
    Gemini,
}

/// What a request is for.
enum Route {
    /// An answer of a model.
    Generate(Dialect),
    /// Vectors of texts, by the model in the body or in the path.
    Embed(Option<EmbedPath>),
    /// Pictures, sound and the like.
    Media(Media),
    /// What is asked for by a form.
    Form(Form),
    /// An answer of the model in the path.
    GenerateIn(InPath),
    /// The list of models.
    Models(Dialect),
    /// One model.
    Model(Dialect, String),
    /// `HEAD /`, with which clients look whether somebody is there.
    Alive,
    /// Nothing that is served.
    Nowhere(Dialect),
}

/// Answers one request.
pub(crate) async fn answer(request: Request<Incoming>, flushes: Flushes) -> Response<AnswerBody> {
    match route(request.method(), request.uri().path(), request.headers()) {
        Route::Generate(dialect) => generate(dialect, None, request.into_body(), flushes).await,
        Route::Form(form) => {
            let (head, body) = request.into_parts();
            serve_form(form, &head.headers, body).await
        }
        Route::Media(media) => serve_media(media, request.into_body()).await,
        Route::Embed(path) => embed(path, request.into_body()).await,
        Route::GenerateIn(in_path) => generate(Dialect::Gemini, Some(in_path), request.into_body(), flushes).await,
        Route::Models(dialect) => json(StatusCode::OK, dialect.models().to_string().into_bytes()),
        Route::Model(dialect, name) if Model::parse(&name).is_some() => {
            json(StatusCode::OK, dialect.model(&name).to_string().into_bytes())
        }
        Route::Model(dialect, name) => dialect.refuse(&Fault::UnknownModel(name), 0),
        Route::Alive => json(StatusCode::OK, Vec::new()),
        Route::Nowhere(dialect) => {
            let asked = format!("{} {}", request.method(), request.uri().path());
            dialect.refuse(&Fault::UnknownPath { asked }, 0)
        }
    }
}

fn route(method: &Method, path: &str, headers: &HeaderMap) -> Route {
    let by_header = if headers.contains_key("anthropic-version") {
        Dialect::Anthropic
    } else if headers.contains_key("x-goog-api-key") || path.starts_with("/v1beta/") {
        Dialect::Gemini
    } else {
        Dialect::OpenAi
    };
    if method == Method::POST
        && let Some(in_path) = InPath::of(path)
    {
        return Route::GenerateIn(in_path);
    }
    if method == Method::POST
        && let Some(path) = EmbedPath::of(path)
    {
        return Route::Embed(Some(path));
    }
    if method == Method::POST
        && let Some(form) = Form::of(path)
    {
        return Route::Form(form);
    }
    if method == Method::POST
        && let Some(media) = Media::of(path)
    {
        return Route::Media(media);
    }
    match (method, path) {
        (&Method::POST, "/v1/chat/completions") => Route::Generate(Dialect::OpenAi),
        (&Method::POST, "/v1/completions") => Route::Generate(Dialect::Completions),
        (&Method::POST, "/v1/responses") => Route::Generate(Dialect::Responses),
        (&Method::POST, "/v1/embeddings") => Route::Embed(None),
        (&Method::POST, "/v1/messages") => Route::Generate(Dialect::Anthropic),
        (&Method::GET, "/v1/models" | "/v1beta/models") => Route::Models(by_header),
        (&Method::HEAD | &Method::GET, "/") => Route::Alive,
        (&Method::GET, path) => match path.strip_prefix("/v1/models/").or_else(|| path.strip_prefix("/v1beta/models/"))
        {
            Some(name) => Route::Model(by_header, name.replace("%2F", "/").replace("%2f", "/")),
            None => Route::Nowhere(by_header),
        },
        _ => Route::Nowhere(by_header),
    }
}

async fn generate(dialect: Dialect, in_path: Option<InPath>, body: Incoming, flushes: Flushes) -> Response<AnswerBody> {
    let bytes = match Limited::new(body, MAX_REQUEST).collect().await {
        Ok(body) => body.to_bytes(),
        Err(_) => return dialect.refuse(&Fault::TooLarge, 0),
    };
    let seed = seed(&bytes);
    let read = match in_path {
        Some(in_path) => gemini::parse(in_path, &bytes, seed),
        None => dialect.parse(&bytes, seed),
    };
    match read {
        Err(fault) => dialect.refuse(&fault, seed),
        Ok(prompt) => match prompt.model {
            Model::Fail(status) => {
                let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
                dialect.refuse(&Fault::AskedFor(status), seed)
            }
            _ => match prompt.check() {
                Err(fault) => dialect.refuse(&fault, seed),
                Ok(()) => reply(dialect, prompt, flushes).await,
            },
        },
    }
}

async fn embed(path: Option<EmbedPath>, body: Incoming) -> Response<AnswerBody> {
    let dialect = if path.is_some() { Dialect::Gemini } else { Dialect::OpenAi };
    let bytes = match Limited::new(body, MAX_REQUEST).collect().await {
        Ok(body) => body.to_bytes(),
        Err(_) => return dialect.refuse(&Fault::TooLarge, 0),
    };
    let seed = seed(&bytes);
    let answer = match &path {
        Some(path) => gemini::embeddings(path, &bytes),
        None => openai::embeddings(&bytes),
    };
    match answer {
        Err(fault) => dialect.refuse(&fault, seed),
        Ok(answer) => {
            let mut response = json(StatusCode::OK, answer.to_string());
            dialect.sign(response.headers_mut(), seed);
            response
        }
    }
}

async fn serve_media(media: Media, body: Incoming) -> Response<AnswerBody> {
    let bytes = match Limited::new(body, MAX_REQUEST).collect().await {
        Ok(body) => body.to_bytes(),
        Err(_) => return Dialect::OpenAi.refuse(&Fault::TooLarge, 0),
    };
    let seed = seed(&bytes);
    match media.answer(&bytes) {
        Err(fault) => Dialect::OpenAi.refuse(&fault, seed),
        Ok(answer) => {
            let mut response = json(StatusCode::OK, answer);
            Dialect::OpenAi.sign(response.headers_mut(), seed);
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media.content_type()));
            response
        }
    }
}

async fn serve_form(form: Form, headers: &HeaderMap, body: Incoming) -> Response<AnswerBody> {
    let bytes = match Limited::new(body, MAX_REQUEST).collect().await {
        Ok(body) => body.to_bytes(),
        Err(_) => return Dialect::OpenAi.refuse(&Fault::TooLarge, 0),
    };
    let seed = seed(&bytes);
    match form.answer(headers, bytes).await {
        Err(fault) => Dialect::OpenAi.refuse(&fault, seed),
        Ok((content_type, answer)) => {
            let mut response = json(StatusCode::OK, answer);
            Dialect::OpenAi.sign(response.headers_mut(), seed);
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
            response
        }
    }
}

async fn reply(dialect: Dialect, mut prompt: Prompt, flushes: Flushes) -> Response<AnswerBody> {
    let reply = prompt.reply();
    let manner = reply.manner;
    if prompt.stream {
        let mut response = Response::new(AnswerBody::events(dialect.frames(&prompt, reply), manner, flushes));
        dialect.sign(response.headers_mut(), prompt.seed);
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream; charset=utf-8"));
        response.headers_mut().insert("cache-control", HeaderValue::from_static("no-cache"));
        return response;
    }
    let Manner { delay, ending, .. } = manner;
    if !delay.is_zero() {
        tokio::time::sleep(delay).await;
    }
    let bytes = dialect.whole(&prompt, &reply);
    let body = match ending {
        Ending::Whole => AnswerBody::whole(bytes),
        Ending::Dropped => AnswerBody::torn(bytes, flushes),
        // Hyper drops this future when the peer leaves.
        Ending::Silent => return future::pending().await,
    };
    let mut response = Response::new(body);
    dialect.sign(response.headers_mut(), prompt.seed);
    response
}

fn json(status: StatusCode, body: impl Into<Bytes>) -> Response<AnswerBody> {
    let mut response = Response::new(AnswerBody::whole(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// A number that depends on the body alone.
fn seed(body: &[u8]) -> u64 {
    // Its keys are fixed, so equal bodies have equal ids in every process.
    #[expect(deprecated, reason = "the only std hasher that promises its algorithm")]
    let mut hasher = std::hash::SipHasher::new();
    hasher.write(body);
    hasher.finish()
}

impl Dialect {
    fn parse(self, body: &[u8], seed: u64) -> Result<Prompt, Fault> {
        match self {
            Self::OpenAi => openai::parse(body, seed),
            Self::Completions => openai::completions::parse(body, seed),
            Self::Responses => responses::parse(body, seed),
            Self::Anthropic => anthropic::parse(body, seed),
            // Its model stands in the path.
            Self::Gemini => Err(Fault::at("model", "is missing in the path")),
        }
    }

    fn whole(self, prompt: &Prompt, reply: &Reply) -> Vec<u8> {
        match self {
            Self::OpenAi => openai::whole(prompt, reply),
            Self::Completions => openai::completions::whole(prompt, reply),
            Self::Responses => responses::whole(prompt, reply),
            Self::Anthropic => anthropic::whole(prompt, reply),
            Self::Gemini => gemini::whole(prompt, reply),
        }
    }

    fn frames(self, prompt: &Prompt, reply: Reply) -> Frames {
        match self {
            Self::OpenAi => openai::frames(prompt, reply),
            Self::Completions => openai::completions::frames(prompt, reply),
            Self::Responses => responses::frames(prompt, reply),
            Self::Anthropic => anthropic::frames(prompt, reply),
            Self::Gemini => gemini::frames(prompt, reply),
        }
    }

    fn models(self) -> serde_json::Value {
        match self {
            Self::OpenAi | Self::Completions | Self::Responses => openai::models(),
            Self::Anthropic => anthropic::models(),
            Self::Gemini => gemini::models(),
        }
    }

    fn model(self, name: &str) -> serde_json::Value {
        match self {
            Self::OpenAi | Self::Completions | Self::Responses => openai::model(name),
            Self::Anthropic => anthropic::model(name),
            Self::Gemini => gemini::model(name),
        }
    }

    /// The headers that every answer of the provider has.
    fn sign(self, headers: &mut HeaderMap, seed: u64) {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let name = match self {
            Self::OpenAi | Self::Completions | Self::Responses | Self::Gemini => "x-request-id",
            Self::Anthropic => "request-id",
        };
        if let Ok(id) = HeaderValue::from_str(&request_id(seed)) {
            headers.insert(name, id);
        }
    }

    fn refuse(self, fault: &Fault, seed: u64) -> Response<AnswerBody> {
        let body = match self {
            Self::OpenAi | Self::Completions | Self::Responses => openai::refusal(fault),
            Self::Anthropic => anthropic::refusal(fault, &request_id(seed)),
            Self::Gemini => gemini::refusal(fault),
        };
        let mut response = json(fault.status(), body.to_string());
        self.sign(response.headers_mut(), seed);
        if fault.status() == StatusCode::TOO_MANY_REQUESTS {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}

fn request_id(seed: u64) -> String {
    format!("req_{seed:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::LISTED;

    #[test]
    fn every_listed_model_is_served() {
        for name in LISTED {
            let path = format!("/v1/models/{}", name.replace('/', "%2F"));
            let route = route(&Method::GET, &path, &HeaderMap::new());
            assert!(matches!(route, Route::Model(Dialect::OpenAi, found) if found == name), "{name}");
        }
    }
}
