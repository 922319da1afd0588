//! OpenAI's legacy Completions: one text goes on from another. A channel that says it speaks them gets the caller's bytes;
//! any other is told the prompt as a person's message, and its answer's text comes back. Nothing else is told to an
//! upstream of this dialect: it has no place for a conversation.

mod answer;
mod encode;
mod request;
mod wire;

use crate::{
    dialects::{CallerCells, Cells, Headers},
    openai_chat,
    upstream::Path,
    usage::InputCount,
};

pub(crate) const CELLS: Cells = Cells {
    input_count: InputCount::IncludesCache,
    read_request: request::read,
    read_form: None,
    read_event: wire::read_event,
    read_answer: wire::read,
    class: openai_chat::CELLS.class,
    error_keys: openai_chat::CELLS.error_keys,
    error_body: openai_chat::CELLS.error_body,
    refusal_body: openai_chat::CELLS.refusal_body,
    refusal_event: openai_chat::CELLS.refusal_event,
    accept: "application/json",
    headers: Headers::Openai,
    path: Path::Fixed("/completions"),
    model: openai_chat::CELLS.model,
    model_list: openai_chat::CELLS.model_list,
    counted: openai_chat::CELLS.counted,
    ends_with_connection: false,
    lines: false,
    for_own: |body, _| body,
    caller: Some(CallerCells {
        decode_request: request::decode,
        encode_answer: answer::answer,
        encoder: |asked| Box::new(encode::Encoder::new(asked)),
    }),
    upstream: None,
    embeddings: None,
};
