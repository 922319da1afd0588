//! Google's Gemini API (`generateContent`). The model and whether to stream stand in the path, not in the body; a stream has
//! no terminal event and ends with its connection.

mod decode;
mod encode;
mod error;
mod foreign;
mod models;
mod request;
mod response;
mod sealed;
mod stream;
mod usage;

use crate::{
    dialects::{CallerCells, Cells, Headers, UpstreamCells},
    upstream::Path,
    usage::InputCount,
};

pub(crate) const CELLS: Cells = Cells {
    input_count: InputCount::IncludesCache,
    read_request: request::read,
    read_form: None,
    read_event: stream::read_event,
    read_answer: response::read,
    class: error::class,
    error_keys: &[],
    error_body: error::body,
    refusal_body: error::refusal_body,
    refusal_event: error::refusal_event,
    accept: "application/json",
    headers: Headers::Google,
    path: Path::Model { whole: ":generateContent", stream: ":streamGenerateContent?alt=sse" },
    model: models::model,
    model_list: models::list,
    counted: |tokens| serde_json::json!({ "totalTokens": tokens }),
    ends_with_connection: true,
    lines: false,
    for_own: foreign::without_foreign,
    caller: Some(CallerCells {
        decode_request: decode::request,
        encode_answer: encode::answer,
        encoder: |asked| Box::new(encode::Encoder::new(asked)),
    }),
    upstream: Some(UpstreamCells {
        encode_request: encode::request,
        says: &[],
        decode_answer: decode::answer,
        decoder: |seed| Box::new(decode::Decoder::new(seed)),
    }),
    embeddings: None,
};
