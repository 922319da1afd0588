//! Ollama's own API (`/api/chat`), spoken with upstreams only: a stream is documents, a line each, and the last says why it
//! ended. Unlike its OpenAI-compatible path it tells thoughts apart and takes all of a model's options.
//! Source: <https://github.com/ollama/ollama/blob/main/docs/api.md>.

mod decode;
mod encode;
mod messages;
mod wire;

use crate::{
    dialects::{Cells, Headers, UpstreamCells},
    openai_chat,
    request::BadRequest,
    upstream::Path,
    usage::InputCount,
};

fn no_caller() -> BadRequest {
    BadRequest::new("This API is spoken with upstreams only.")
}

pub(crate) const CELLS: Cells = Cells {
    input_count: InputCount::IncludesCache,
    read_request: |_, _| Err(no_caller()),
    read_form: None,
    read_event: wire::read_event,
    read_answer: wire::read,
    class: openai_chat::CELLS.class,
    error_keys: openai_chat::CELLS.error_keys,
    error_body: openai_chat::CELLS.error_body,
    refusal_body: openai_chat::CELLS.refusal_body,
    refusal_event: openai_chat::CELLS.refusal_event,
    accept: "application/json",
    headers: Headers::Ollama,
    path: Path::Fixed("/api/chat"),
    model: openai_chat::CELLS.model,
    model_list: openai_chat::CELLS.model_list,
    counted: openai_chat::CELLS.counted,
    ends_with_connection: false,
    lines: true,
    for_own: |body, _| body,
    caller: None,
    upstream: Some(UpstreamCells {
        encode_request: encode::request,
        says: &[],
        decode_answer: decode::answer,
        decoder: |seed| Box::new(decode::Decoder::new(seed)),
    }),
    embeddings: None,
};
