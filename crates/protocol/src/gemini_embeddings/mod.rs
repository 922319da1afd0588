//! Google's embeddings: of one content (`embedContent`), and of several (`batchEmbedContents`), which is what its clients
//! call. Never streamed. Sources: <https://ai.google.dev/api/embeddings>.

mod request;
mod response;

use crate::{
    dialects::{Cells, Headers},
    embeddings::EmbeddingCells,
    gemini,
    request::Scalar,
    stream::Kind,
    upstream::Path,
    usage::InputCount,
};

pub(crate) const ONE: Cells = Cells {
    read_request: |walk, in_path| match walk.content {
        Scalar::Object => request::head(&walk, in_path),
        _ => Err(request::missing("content", "an object")),
    },
    read_answer: response::read_one,
    path: Path::Model { whole: ":embedContent", stream: ":embedContent" },
    embeddings: Some(EmbeddingCells {
        decode_request: request::decode_one,
        encode_request: request::encode_one,
        decode_answer: response::decode_one,
        encode_answer: response::encode_one,
    }),
    ..BOTH
};

pub(crate) const SEVERAL: Cells = Cells {
    read_request: |walk, in_path| match walk.requests.map(serde_json::value::RawValue::get) {
        Some(list) if list.starts_with('[') => request::head(&walk, in_path),
        _ => Err(request::missing("requests", "an array")),
    },
    read_answer: response::read_several,
    path: Path::Model { whole: ":batchEmbedContents", stream: ":batchEmbedContents" },
    embeddings: Some(EmbeddingCells {
        decode_request: request::decode_several,
        encode_request: request::encode_several,
        decode_answer: response::decode_several,
        encode_answer: response::encode_several,
    }),
    ..BOTH
};

const BOTH: Cells = Cells {
    input_count: InputCount::IncludesCache,
    read_request: |walk, in_path| request::head(&walk, in_path),
    read_form: None,
    // There are no streams: whatever comes as one says nothing.
    read_event: |_, _| Kind::Other,
    read_answer: response::read_one,
    class: gemini::CELLS.class,
    error_keys: gemini::CELLS.error_keys,
    error_body: gemini::CELLS.error_body,
    refusal_body: gemini::CELLS.refusal_body,
    refusal_event: gemini::CELLS.refusal_event,
    accept: "application/json",
    headers: Headers::Google,
    path: Path::Fixed(""),
    model: gemini::CELLS.model,
    model_list: gemini::CELLS.model_list,
    counted: gemini::CELLS.counted,
    ends_with_connection: false,
    lines: false,
    for_own: request::with_model,
    caller: None,
    upstream: None,
    embeddings: None,
};
