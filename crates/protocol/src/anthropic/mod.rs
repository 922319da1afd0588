//! Anthropic Messages.

mod decode;
mod encode;
mod error;
mod foreign;
mod models;
mod request;
mod response;
mod stream;
mod usage;

use crate::{
    dialects::{CallerCells, Cells, Headers, UpstreamCells},
    upstream::Path,
    usage::InputCount,
};

pub(crate) const CELLS: Cells = Cells {
    input_count: InputCount::ExcludesCache,
    read_request: request::read,
    read_form: None,
    read_event: stream::read_event,
    read_answer: response::read,
    class: error::class,
    error_keys: &["type", "request_id"],
    error_body: error::body,
    refusal_body: error::refusal_body,
    refusal_event: error::refusal_event,
    accept: "application/json",
    headers: Headers::Anthropic,
    path: Path::Fixed("/messages"),
    model: models::model,
    model_list: models::list,
    counted: |tokens| serde_json::json!({ "input_tokens": tokens }),
    ends_with_connection: false,
    lines: false,
    for_own: |body, _| foreign::without_foreign(body),
    caller: Some(CallerCells {
        decode_request: decode::request,
        encode_answer: encode::answer,
        encoder: |asked| Box::new(encode::Encoder::new(asked)),
    }),
    upstream: Some(UpstreamCells {
        encode_request: encode::request,
        says: &["content", "stop_reason", "stop_sequence"],
        decode_answer: decode::answer,
        decoder: |_| Box::new(decode::Decoder::default()),
    }),
    embeddings: None,
};
