//! What the targets share: the first byte chooses the dialects, the rest is what comes over the wire.

use domain::{
    dialect::{Dialect, Provider},
    usage::Usage,
};
use protocol::{
    request::InPath,
    translate::{self, Asking, Going, Translated, Translation},
};

/// Two dialects, and the bytes.
pub fn chosen(data: &[u8]) -> Option<(Dialect, Dialect, &[u8])> {
    let (first, rest) = data.split_first()?;
    let of = |number: u8| Dialect::ALL[usize::from(number) % Dialect::ALL.len()];
    Some((of(*first % 16), of(*first / 16), rest))
}

/// What the path says.
pub fn in_path() -> InPath {
    InPath { model: "m".into(), stream: true }
}

/// Tells a request in another dialect.
pub fn told(from: Dialect, to: Dialect, body: &[u8], stream: bool) -> Option<Translated> {
    let asking = Asking { dialect: from, body, stream, id: "0", model: "m", created: 0, input_estimate: 0 };
    let going = Going { provider: Provider::Sandbox, dialect: to, model: "gemini-3-pro", max_output: None };
    translate::request(asking, going).ok()
}

/// The way back of an answer of `from` to a caller of `to`.
pub fn way_back(from: Dialect, to: Dialect, stream: bool) -> Option<Translation> {
    let body: &[u8] = match to {
        Dialect::Gemini => br#"{"contents":[{"parts":[{"text":"hi"}]}]}"#,
        Dialect::OpenaiResponses => br#"{"model":"m","input":"hi"}"#,
        Dialect::OpenaiEmbeddings => br#"{"model":"m","input":"hi"}"#,
        Dialect::GeminiEmbeddings => br#"{"content":{"parts":[{"text":"hi"}]}}"#,
        Dialect::GeminiBatchEmbeddings => br#"{"requests":[{"content":{"parts":[{"text":"hi"}]}}]}"#,
        Dialect::OpenaiCompletions => br#"{"model":"m","prompt":"hi"}"#,
        _ => br#"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"hi"}]}"#,
    };
    told(to, from, body, stream).map(|told| told.translation)
}

/// Any usage.
pub const USAGE: Usage = Usage {
    input: 1,
    cache_read: 0,
    cache_write_5m: 0,
    cache_write_1h: 0,
    output: 1,
    reasoning: 0,
    audio_input: 0,
    audio_output: 0,
    image_input: 0,
    image_output: 0,
    web_searches: 0,
};
