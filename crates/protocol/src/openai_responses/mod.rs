//! OpenAI Responses. What is kept of it, where it may be, is put in its place before it comes here ([`crate::responses`]): a
//! conversation travels whole in every request.

mod decode;
mod encode;
mod error;
mod foreign;
mod request;
mod response;
mod stream;
mod usage;

use crate::{
    dialects::{CallerCells, Cells, Headers, UpstreamCells},
    openai_chat,
    upstream::Path,
    usage::InputCount,
};

pub(crate) const CELLS: Cells = Cells {
    input_count: InputCount::IncludesCache,
    read_request: request::read,
    read_form: None,
    read_event: stream::read_event,
    read_answer: response::read,
    class: openai_chat::CELLS.class,
    error_keys: openai_chat::CELLS.error_keys,
    error_body: openai_chat::CELLS.error_body,
    refusal_body: openai_chat::CELLS.refusal_body,
    refusal_event: error::refusal_event,
    accept: "application/json",
    headers: Headers::Openai,
    path: Path::Fixed("/responses"),
    model: openai_chat::CELLS.model,
    model_list: openai_chat::CELLS.model_list,
    counted: |tokens| serde_json::json!({"object": "response.input_tokens", "input_tokens": tokens}),
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
        says: &[],
        decode_answer: decode::answer,
        decoder: |_| Box::new(decode::Decoder::default()),
    }),
    embeddings: None,
};
