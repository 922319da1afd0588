//! OpenAI Chat Completions, and the many servers that speak it with small differences.

mod decode;
mod encode;
mod error;
mod models;
mod request;
mod response;
mod stream;
mod usage;

pub(crate) use encode::{finish, usage};
pub(crate) use request::{choices, usage_wish};
pub(crate) use stream::DONE;
pub(crate) use usage::Wire;

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
    headers: Headers::Openai,
    path: Path::Fixed("/chat/completions"),
    model: models::model,
    model_list: models::list,
    counted: |tokens| serde_json::json!({ "input_tokens": tokens }),
    ends_with_connection: false,
    lines: false,
    for_own: |body, _| body,
    caller: Some(CallerCells {
        decode_request: decode::request,
        encode_answer: encode::answer,
        encoder: |asked| Box::new(encode::Encoder::new(asked)),
    }),
    upstream: Some(UpstreamCells {
        encode_request: encode::request,
        says: &["choices"],
        decode_answer: decode::answer,
        decoder: |_| Box::new(decode::Decoder::default()),
    }),
    embeddings: None,
};
