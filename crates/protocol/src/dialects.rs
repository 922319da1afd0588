//! The table of dialects. A dialect is a row of functions; there are no defaults, so a dialect that lacks a cell does not
//! compile.

use crate::{
    answer::Answer,
    anthropic,
    embeddings::EmbeddingCells,
    error::{Class, ErrorText},
    form::{
        answer::{Asked, Message},
        loss::Losses,
        piece::{Decode, Encode},
        request::Request,
        target::Target,
    },
    gemini, gemini_embeddings, ollama, openai_chat, openai_completions, openai_embeddings, openai_media,
    openai_responses,
    request::{BadRequest, InPath, RequestHead, Walk, form::Form},
    stream::{Fault, Kind, Progress, SseEvent},
    upstream::Path,
    usage::InputCount,
};
use bytes::Bytes;
use domain::{dialect::Dialect, refusal::Refusal, usage::Usage};
use serde_json::Value;

/// Judges a form.
pub(crate) type ReadForm = fn(&Form<'_>) -> Result<RequestHead, BadRequest>;

/// Whose way an upstream wants its headers and its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Headers {
    /// A bearer token.
    Openai,
    /// `x-api-key`, and a version.
    Anthropic,
    /// `x-goog-api-key`.
    Google,
    /// A bearer token, and nothing of the caller's.
    Ollama,
}

/// What a dialect must be able to do.
pub(crate) struct Cells {
    /// Whether its input count includes cached tokens.
    pub input_count: InputCount,
    /// Judges what one pass over a request's body has found, and what its path says.
    pub read_request: fn(Walk<'_>, Option<&InPath>) -> Result<RequestHead, BadRequest>,
    /// Judges a form, where requests are forms.
    pub read_form: Option<ReadForm>,
    /// Decodes one event of a stream.
    pub read_event: fn(&mut Progress, &SseEvent<'_>) -> Kind,
    /// Decodes a whole answer.
    pub read_answer: fn(&[u8]) -> Result<Answer, Fault>,
    /// The class of an error, by its own codes first, then by the status (`None` inside a stream or a 200).
    pub class: fn(Option<u16>, &ErrorText) -> Class,
    /// The extra keys that its error object may hold without being rebuilt.
    pub error_keys: &'static [&'static str],
    /// Writes an error object of an upstream again, after what must be hidden was cut out of it.
    pub error_body: fn(u16, &ErrorText) -> Bytes,
    /// Writes a refusal of ours.
    pub refusal_body: fn(&Refusal, &str) -> Bytes,
    /// Writes a refusal of ours as an event in a stream.
    pub refusal_event: fn(&Refusal, &str) -> Bytes,
    /// Whose headers and keys it takes.
    pub headers: Headers,
    /// The type of its whole answers.
    pub accept: &'static str,
    /// Its endpoint under a base that includes the version.
    pub path: Path,
    /// One entry of the list of models.
    pub model: fn(&str, i64) -> Value,
    /// The list of models.
    pub model_list: fn(Vec<Value>) -> Value,
    /// The answer to a question for the number of input tokens.
    pub counted: fn(u64) -> Value,
    /// Its streams have no terminal event: they end with the connection, after an event that tells the reason of the end.
    pub ends_with_connection: bool,
    /// Its streams are documents, a line each, and not server-sent events.
    pub lines: bool,
    /// Takes out of a caller's own request what an upstream of this dialect refuses, because another maker gave it, and
    /// names the model wherever else it stands; by the upstream's name for it.
    pub for_own: fn(Bytes, &str) -> Bytes,
    /// How its callers are told in other dialects, where they can be.
    pub caller: Option<CallerCells>,
    /// How its upstreams are told what others ask, where they have a place for a conversation.
    pub upstream: Option<UpstreamCells>,
    /// How its embeddings are told in other dialects, where it is one of embeddings.
    pub embeddings: Option<EmbeddingCells>,
}

/// From a caller's request to the intermediate form, and from the form to its answer.
pub(crate) struct CallerCells {
    /// Reads a request. Its depth is known to be bounded.
    pub decode_request: fn(Value) -> Result<Request, BadRequest>,
    /// Writes a whole answer for a caller of this dialect.
    pub encode_answer: fn(&Message, &Usage, &Asked) -> Value,
    /// Writes a stream.
    pub encoder: fn(Asked) -> Box<dyn Encode>,
}

/// From the form to an upstream's request, and from its answer to the form.
pub(crate) struct UpstreamCells {
    /// Writes a request for it.
    pub encode_request: fn(&Request, &Target<'_>, &mut Losses) -> Result<Value, BadRequest>,
    /// The fields of an answer that say what it is; the others are not read. Empty: all are.
    pub says: &'static [&'static str],
    /// Reads a whole answer that is known to be one. The text makes ids where the upstream gives none.
    pub decode_answer: fn(&Value, &str) -> Result<Message, Fault>,
    /// Reads a stream; the text makes ids where the upstream gives none.
    pub decoder: fn(&str) -> Box<dyn Decode>,
}

impl std::fmt::Debug for UpstreamCells {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UpstreamCells").finish_non_exhaustive()
    }
}

impl std::fmt::Debug for CallerCells {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CallerCells").finish_non_exhaustive()
    }
}

/// A dialect's row.
pub(crate) fn cells(dialect: Dialect) -> &'static Cells {
    match dialect {
        Dialect::OpenaiChat => &openai_chat::CELLS,
        Dialect::OpenaiResponses => &openai_responses::CELLS,
        Dialect::Anthropic => &anthropic::CELLS,
        Dialect::Gemini => &gemini::CELLS,
        Dialect::Ollama => &ollama::CELLS,
        Dialect::OpenaiCompletions => &openai_completions::CELLS,
        Dialect::OpenaiEmbeddings => &openai_embeddings::CELLS,
        Dialect::GeminiEmbeddings => &gemini_embeddings::ONE,
        Dialect::GeminiBatchEmbeddings => &gemini_embeddings::SEVERAL,
        Dialect::OpenaiImages => &openai_media::IMAGES,
        Dialect::OpenaiImageEdits => &openai_media::IMAGE_EDITS,
        Dialect::OpenaiTranscriptions => &openai_media::TRANSCRIPTIONS,
        Dialect::OpenaiTranslations => &openai_media::TRANSLATIONS,
        Dialect::OpenaiSpeech => &openai_media::SPEECH,
        Dialect::OpenaiModerations => &openai_media::MODERATIONS,
        Dialect::Rerank => &openai_media::RERANK,
    }
}
