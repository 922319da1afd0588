//! Real requests in every other dialect.

use super::{Dialect, fixtures, provider};
use protocol::translate::{self, Asking, Going};
use serde_json::Value;

/// Requests that another dialect cannot express, and the field that says why.
const REFUSED: &[(&str, &str)] = &[
    // A limit of 0 is no request.
    ("openai-chat/json-err400-2.json", "max_tokens"),
    // Responses ends at no text.
    ("anthropic/json-stop-seq", "stop"),
    ("anthropic/stream-stop-seq", "stop"),
    // Files and conversations that OpenAI keeps, calls of tools that it ran, verdicts beside an answer.
    ("openai-responses/json-doc-1.json", "file_id"),
    ("openai-responses/stream-tc1-1.json", "tool_search_call"),
    ("openai-responses/stream-text-1.json", "background"),
    ("openai-responses/stream-text-2.json", "conversation"),
    ("openai-responses/stream-think-sig-1.json", "moderation"),
    // Which of OpenRouter's providers is to serve it.
    ("openrouter/json-cached-1.json", "provider"),
    // OpenAI's own: an answer that is spoken, or moderated beside it.
    ("openai-chat/json-audio", "audio"),
    ("openai-chat/json-think-1.json", "moderation"),
    // Sounds, files uploaded to OpenAI, probabilities of tokens: Anthropic has none of them.
    ("openai-chat/json-audio-in", "audio"),
    ("deepseek/json-err400-1.json", "audio"),
    ("deepseek/stream-length-1.json", "logprobs"),
    ("openai-chat/json-doc-1.json", "file_id"),
    ("openai-chat/stream-logprobs", "logprobs"),
    // Chat cannot name a document in the web.
    ("anthropic/json-doc-2.json", "document.source.url"),
    // Files and prompts that Google keeps, films, sounds where they cannot be heard.
    ("gemini/json-audio-1.json#1", "audio"),
    ("gemini/json-cached-1.json", "content of type video"),
    ("gemini/json-doc-1.json#1", "file_id"),
    ("gemini/json-img-1.json#1", "image.source"),
    ("gemini/json-img-1.json#1", "file_id"),
    ("gemini/json-doc-1.json#1", "document.source"),
    ("gemini/stream-cached-1.json", "cachedContent"),
];

fn outcome(dialect: Dialect, body: &Value, stream: bool, to: Dialect) -> Result<Value, String> {
    let body = body.to_string();
    let asking = Asking { dialect, body: body.as_bytes(), stream, id: "0", model: "m", created: 1, input_estimate: 0 };
    let going = Going { provider: provider(to), dialect: to, model: "upstream", max_output: Some(64_000) };
    match translate::request(asking, going) {
        Ok(translated) => Ok(serde_json::from_slice(&translated.body).unwrap()),
        Err(bad) => Err(bad.message),
    }
}

#[test]
fn every_request_is_told_in_every_other_dialect_or_refused_naming_the_field() {
    let mut refused = Vec::new();
    for recording in fixtures::all().into_iter().filter(|it| Dialect::CONVERSING.contains(&it.dialect)) {
        let Some(request) = recording.request.as_ref().filter(|request| request.is_object()) else { continue };
        for to in Dialect::CONVERSING.into_iter().filter(|to| *to != recording.dialect) {
            let stream = recording.in_path.as_ref().map_or(request["stream"] == true, |it| it.stream);
            match outcome(recording.dialect, request, stream, to) {
                Ok(told) if to == Dialect::Gemini => assert!(told["contents"].is_array(), "{}", recording.name),
                Ok(told) => assert_eq!(told["model"], "upstream", "{}", recording.name),
                Err(message) => refused.push((recording.name.clone(), to, message)),
            }
        }
    }
    let fits = |(name, _, message): &(String, Dialect, String), (file, field): &(&str, &str)| {
        name.starts_with(file) && message.contains(field)
    };
    let unlisted: Vec<_> = refused.iter().filter(|it| !REFUSED.iter().any(|row| fits(it, row))).collect();
    assert!(unlisted.is_empty(), "{unlisted:#?}");
    let stale: Vec<_> = REFUSED.iter().filter(|row| !refused.iter().any(|it| fits(it, row))).collect();
    assert!(stale.is_empty(), "no longer refused: {stale:#?}");
}
