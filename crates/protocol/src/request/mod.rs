//! What the relay must know of a request, read in one pass over its body, and the bytes that go to the upstream.
//!
//! The pass visits every value of the document, so that a body that is no JSON or is nested too deep never reaches an
//! upstream, but keeps only spans and a few numbers. Forwarding copies the body once if the model's name or the wish for
//! usage must be spliced in, and not at all otherwise.

pub(crate) mod fields;
pub(crate) mod form;
mod media;
pub mod prefix;
pub mod traits;
mod walk;

pub(crate) use walk::{Scalar, Span, Walk};

use crate::dialects::cells;
use bytes::Bytes;
use domain::{dialect::Dialect, price::TierName};
use form::Form;
use http::HeaderValue;

/// A body may be nested this deep.
pub const MAX_DEPTH: u16 = 128;
/// What Google asks for in place of a model.
pub(crate) const VERTEX_VERSION: &str = "vertex-2023-10-16";
/// No model writes this much; a larger limit is a mistake of the caller (and over the 32 bits of some servers).
pub const MAX_OUTPUT_TOKENS: u64 = i32::MAX as u64;

/// The body cannot be served. The text is for the caller and names the field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct BadRequest {
    /// What is wrong, for a person.
    pub message: String,
}

impl BadRequest {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into() }
    }
}

/// What a request's path says, where the dialect tells it there (Gemini).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InPath {
    /// The model, by the caller's name for it.
    pub model: String,
    /// Whether the answer is to be streamed.
    pub stream: bool,
}

/// What a request says, as far as the relay needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestHead {
    /// The model, by the caller's name for it.
    pub model: String,
    /// Whether the answer is to be streamed.
    pub stream: bool,
    /// The most tokens one choice may have, if the caller said.
    pub max_output: Option<u64>,
    /// Whether a stream is to tell its usage to the caller.
    pub include_usage: bool,
    /// How many answers were asked for.
    pub choices: u32,
    /// Images, documents and audio named by an address or a file id: their tokens are not bounded by the body's bytes.
    pub referenced_media: u32,
    /// Tokens that the input has at most, where its bytes say nothing of them: of sound and of pictures.
    pub input_bound: Option<u64>,
    /// The service tier that was asked for.
    pub service_tier: Option<TierName>,
    /// Whether the body is a form.
    pub(crate) is_form: bool,
    /// Where the model's name stands, quotes included.
    pub(crate) model_span: Span,
    /// Whether it stands in the body at all.
    pub(crate) model_in_body: bool,
    /// What to put where, so that a stream tells its usage.
    pub(crate) ask_usage: Option<Splice>,
}

/// Bytes to put in place of a span.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Splice {
    pub at: Span,
    pub text: &'static str,
}

impl RequestHead {
    /// Reads a body.
    ///
    /// # Errors
    /// [`BadRequest`] if it is no JSON object, nests deeper than [`MAX_DEPTH`], or a field that the relay must understand is
    /// missing, doubled or of the wrong kind. Fields that the relay does not need may be anything.
    pub fn read(dialect: Dialect, in_path: Option<&InPath>, body: &[u8]) -> Result<Self, BadRequest> {
        match cells(dialect).read_form {
            Some(read_form) => read_form(&Form::read(body)?),
            None => (cells(dialect).read_request)(Walk::over(body)?, in_path),
        }
    }

    /// The content type of a body that is a form.
    pub fn content_type(&self, body: &[u8]) -> Option<HeaderValue> {
        if self.is_form { form::content_type(body) } else { None }
    }

    /// The model that a request names which only asks for a count: it needs nothing else.
    ///
    /// # Errors
    /// As [`Self::read`], for the body and the field `model`.
    pub fn read_model(in_path: Option<&InPath>, body: &[u8]) -> Result<String, BadRequest> {
        let walk = Walk::over(body)?;
        match in_path {
            Some(in_path) => Ok(in_path.model.clone()),
            None => fields::model(&walk).map(|(model, _)| model),
        }
    }

    /// The bytes for Anthropic's models at Google, whose path names the model: the version stands in the model's place.
    /// <https://docs.anthropic.com/en/api/claude-on-vertex-ai>
    pub(crate) fn splice_version(&self, body: &Bytes) -> Bytes {
        let before = body.get(..self.model_span.start).unwrap_or_default();
        // Back over the colon to the key, which holds no quotes.
        let quote = |bytes: &[u8]| memchr::memrchr(b'"', bytes);
        let Some(key) = quote(before).and_then(|end| quote(before.get(..end)?)) else { return body.clone() };
        let after = body.get(self.model_span.end..).unwrap_or_default();
        let version = format!(r#""anthropic_version":"{VERTEX_VERSION}""#);
        [before.get(..key).unwrap_or_default(), version.as_bytes(), after].concat().into()
    }

    /// The bytes for an upstream of the same dialect: the model's name there instead of the caller's, and the wish for
    /// usage where a stream would not tell it. Nothing is copied if nothing changes. `body` must be what was read.
    pub fn splice(&self, body: &Bytes, upstream_model: &str) -> Bytes {
        let model = (self.model_in_body && self.model != upstream_model).then(|| {
            if self.is_form { upstream_model.to_owned() } else { serde_json::Value::from(upstream_model).to_string() }
        });
        let model = model.as_deref().map(|name| (self.model_span, name));
        let usage = self.ask_usage.as_ref().map(|splice| (splice.at, splice.text));
        let (first, second) = match (model, usage) {
            (None, None) => return body.clone(),
            (Some(model), Some(usage)) if model.0.start > usage.0.start => (Some(usage), Some(model)),
            edits => edits,
        };
        let added: usize = [first, second].iter().flatten().map(|(_, text)| text.len()).sum();
        let mut out = Vec::with_capacity(body.len() + added);
        let mut from = 0;
        for (at, text) in [first, second].into_iter().flatten() {
            out.extend_from_slice(body.get(from..at.start).unwrap_or_default());
            out.extend_from_slice(text.as_bytes());
            from = at.end;
        }
        out.extend_from_slice(body.get(from..).unwrap_or_default());
        out.into()
    }
}
