//! Pictures, speech, moderations and reranking: passed through to channels that speak them, and told in no other dialect.
//! Sources: <https://platform.openai.com/docs/api-reference>, <https://jina.ai/reranker>,
//! <https://docs.vllm.ai/en/latest/serving/openai_compatible_server>.
//!
//! What they are counted in: pictures by the tokens their provider reports, and where it reports none by the picture;
//! sound by its tokens, and where its length is reported instead by ten tokens a second, which is what OpenAI's models count;
//! speech by the characters that are said; moderations by the tokens of their text; reranking by the tokens its provider
//! reports, or those of query and documents.

mod request;
mod response;

/// Tokens of a second of sound. <https://platform.openai.com/docs/guides/realtime-costs>
pub(crate) const TOKENS_OF_SOUND: u64 = 10;

use crate::{
    dialects::{Cells, Headers},
    openai_chat,
    stream::Kind,
    upstream::Path,
    usage::InputCount,
};

pub(crate) const IMAGES: Cells = Cells {
    read_request: request::images,
    read_answer: response::images,
    path: Path::Fixed("/images/generations"),
    ..ALL
};

pub(crate) const IMAGE_EDITS: Cells =
    Cells { read_form: Some(request::image_edits), path: Path::Fixed("/images/edits"), ..IMAGES };

pub(crate) const TRANSCRIPTIONS: Cells = Cells {
    read_form: Some(request::sound),
    read_answer: response::transcriptions,
    accept: "*/*",
    path: Path::Fixed("/audio/transcriptions"),
    ..ALL
};

pub(crate) const TRANSLATIONS: Cells = Cells { path: Path::Fixed("/audio/translations"), ..TRANSCRIPTIONS };

pub(crate) const SPEECH: Cells = Cells {
    read_request: request::speech,
    read_answer: response::speech,
    accept: "*/*",
    path: Path::Fixed("/audio/speech"),
    ..ALL
};

pub(crate) const MODERATIONS: Cells = Cells {
    read_request: request::moderations,
    read_answer: response::moderations,
    path: Path::Fixed("/moderations"),
    ..ALL
};

pub(crate) const RERANK: Cells =
    Cells { read_request: request::rerank, read_answer: response::rerank, path: Path::Fixed("/rerank"), ..ALL };

const ALL: Cells = Cells {
    input_count: InputCount::IncludesCache,
    read_request: request::rerank,
    read_form: None,
    // There are no streams: whatever comes as one says nothing.
    read_event: |_, _| Kind::Other,
    read_answer: response::rerank,
    class: openai_chat::CELLS.class,
    error_keys: openai_chat::CELLS.error_keys,
    error_body: openai_chat::CELLS.error_body,
    refusal_body: openai_chat::CELLS.refusal_body,
    refusal_event: openai_chat::CELLS.refusal_event,
    headers: Headers::Openai,
    accept: "application/json",
    path: Path::Fixed(""),
    model: openai_chat::CELLS.model,
    model_list: openai_chat::CELLS.model_list,
    counted: openai_chat::CELLS.counted,
    ends_with_connection: false,
    lines: false,
    for_own: |body, _| body,
    caller: None,
    upstream: None,
    embeddings: None,
};
