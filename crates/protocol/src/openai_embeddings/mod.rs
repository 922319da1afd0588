//! OpenAI's embeddings, which many servers speak. Never streamed.

mod request;
mod response;
mod tell;

use crate::{
    dialects::{Cells, Headers},
    openai_chat,
    stream::Kind,
    upstream::Path,
    usage::InputCount,
};

pub(crate) const CELLS: Cells = Cells {
    input_count: InputCount::IncludesCache,
    read_request: request::read,
    read_form: None,
    // There are no streams: whatever comes as one says nothing.
    read_event: |_, _| Kind::Other,
    read_answer: response::read,
    class: openai_chat::CELLS.class,
    error_keys: openai_chat::CELLS.error_keys,
    error_body: openai_chat::CELLS.error_body,
    refusal_body: openai_chat::CELLS.refusal_body,
    refusal_event: openai_chat::CELLS.refusal_event,
    accept: "application/json",
    headers: Headers::Openai,
    path: Path::Fixed("/embeddings"),
    model: openai_chat::CELLS.model,
    model_list: openai_chat::CELLS.model_list,
    counted: openai_chat::CELLS.counted,
    ends_with_connection: false,
    lines: false,
    for_own: |body, _| body,
    caller: None,
    upstream: None,
    embeddings: Some(tell::CELLS),
};
