//! What a recording's usage blocks say, calculated over plain JSON without the crate's code.

use super::fixtures::Recording;
use domain::{dialect::Dialect, usage::Usage};
use serde_json::Value;

/// The usage of an answer; `None` if the provider told none.
pub fn usage(recording: &Recording) -> Option<Usage> {
    let documents = documents(recording);
    match recording.dialect {
        Dialect::OpenaiChat | Dialect::OpenaiCompletions => chat(&documents),
        Dialect::OpenaiResponses => responses(&documents),
        Dialect::Anthropic => anthropic(&documents),
        Dialect::Gemini => gemini(&documents),
        Dialect::OpenaiEmbeddings => embeddings(&documents[0]),
        _ => unreachable!("not recorded"),
    }
}

fn documents(recording: &Recording) -> Vec<Value> {
    if recording.is_stream {
        let lines = recording.body.lines().filter_map(|line| line.strip_prefix("data:"));
        lines.filter_map(|json| serde_json::from_str(json).ok()).collect()
    } else {
        vec![serde_json::from_str(&recording.body).unwrap()]
    }
}

/// Everything the model wrote in a stream: reasoning, text, refusals, names and arguments of calls.
pub fn text(recording: &Recording) -> String {
    let mut all = String::new();
    let mut add = |value: &Value| all.push_str(&flat(value));
    for document in documents(recording) {
        for choice in document["choices"].as_array().into_iter().flatten() {
            add(&choice["text"]);
            let delta = &choice["delta"];
            let reasoning = if delta["reasoning"].is_null() { "reasoning_content" } else { "reasoning" };
            for name in [reasoning, "content", "refusal"] {
                add(&delta[name]);
            }
            for call in delta["tool_calls"].as_array().into_iter().flatten() {
                add(&call["function"]["name"]);
                add(&call["function"]["arguments"]);
            }
        }
        if document["type"].as_str().is_some_and(|kind| kind.starts_with("response.")) {
            add(&document["delta"]);
            continue;
        }
        for part in document["candidates"][0]["content"]["parts"].as_array().into_iter().flatten() {
            add(&part["text"]);
            for value in [&part["functionCall"], &part["executableCode"]].into_iter().filter(|value| value.is_object())
            {
                add(&value.to_string().into());
            }
        }
        add(&document["content_block"]["name"]);
        for name in ["text", "thinking", "partial_json"] {
            add(&document["content_block"][name]);
            add(&document["delta"][name]);
        }
    }
    all
}

/// A text, or Mistral's list of parts with a text or a `thinking` list in each.
fn flat(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts.iter().map(|part| flat(&part["text"]) + &flat(&part["thinking"])).collect(),
        _ => String::new(),
    }
}

fn responses(documents: &[Value]) -> Option<Usage> {
    let last = documents.last()?;
    let usage = if last["usage"].is_object() { &last["usage"] } else { &last["response"]["usage"] };
    let details = &usage["input_tokens_details"];
    let (read, written) = (n(&details["cached_tokens"]), n(&details["cache_write_tokens"]));
    // A block of zeros says nothing.
    (n(&usage["total_tokens"]) > 0).then(|| Usage {
        input: n(&usage["input_tokens"]) - read - written,
        cache_read: read,
        cache_write_5m: written,
        output: n(&usage["output_tokens"]),
        reasoning: n(&usage["output_tokens_details"]["reasoning_tokens"]),
        ..Usage::default()
    })
}

fn n(value: &Value) -> u64 {
    value.as_u64().unwrap_or(0)
}

fn chat(documents: &[Value]) -> Option<Usage> {
    let mut blocks =
        documents.iter().map(|it| if it["usage"].is_object() { &it["usage"] } else { &it["x_groq"]["usage"] });
    let last = blocks.rfind(|block| block.is_object())?;
    let details = &last["prompt_tokens_details"];
    let written = &last["completion_tokens_details"];
    let cached = [&details["cached_tokens"], &last["prompt_cache_hit_tokens"], &last["num_cached_tokens"]];
    let cache_read = cached.into_iter().map(n).max().unwrap();
    let cache_write = n(&details["cache_write_tokens"]);
    Some(Usage {
        input: n(&last["prompt_tokens"]) - cache_read - cache_write,
        cache_read,
        cache_write_5m: cache_write,
        output: n(&last["completion_tokens"]),
        reasoning: n(&written["reasoning_tokens"]),
        audio_input: n(&details["audio_tokens"]),
        audio_output: n(&written["audio_tokens"]),
        image_input: n(&details["image_tokens"]),
        image_output: n(&written["image_tokens"]),
        ..Usage::default()
    })
}

fn anthropic(documents: &[Value]) -> Option<Usage> {
    let blocks = documents.iter().flat_map(|it| [&it["message"]["usage"], &it["usage"]]).filter(|it| it.is_object());
    let blocks: Vec<&Value> = blocks.collect();
    let most = |read: &dyn Fn(&Value) -> u64| blocks.iter().map(|block| read(block)).max();
    let one_hour = most(&|it| n(&it["cache_creation"]["ephemeral_1h_input_tokens"]))?;
    let written = most(&|it| n(&it["cache_creation_input_tokens"]))?;
    let five_minutes = most(&|it| n(&it["cache_creation"]["ephemeral_5m_input_tokens"]))?;
    Some(Usage {
        input: most(&|it| n(&it["input_tokens"]))?,
        cache_read: most(&|it| n(&it["cache_read_input_tokens"]))?,
        cache_write_5m: five_minutes.max(written - one_hour),
        cache_write_1h: one_hour,
        output: most(&|it| n(&it["output_tokens"]))?,
        web_searches: most(&|it| n(&it["server_tool_use"]["web_search_requests"]))?,
        ..Usage::default()
    })
}

/// The last report that tells both sides.
fn gemini(documents: &[Value]) -> Option<Usage> {
    let mut blocks = documents.iter().map(|it| &it["usageMetadata"]);
    let last =
        blocks.rfind(|block| block["promptTokenCount"].is_number() && block["candidatesTokenCount"].is_number())?;
    let of = |details: &str, modality: &str| -> u64 {
        let parts = last[details].as_array().into_iter().flatten();
        parts.filter(|part| part["modality"] == modality).map(|part| n(&part["tokenCount"])).sum()
    };
    // What was read from the cache is not fresh input.
    let fresh = |modality: &str| of("promptTokensDetails", modality) - of("cacheTokensDetails", modality);
    let cache_read = n(&last["cachedContentTokenCount"]);
    let usage = Usage {
        input: n(&last["promptTokenCount"]) + n(&last["toolUsePromptTokenCount"]) - cache_read,
        cache_read,
        output: n(&last["candidatesTokenCount"]) + n(&last["thoughtsTokenCount"]),
        reasoning: n(&last["thoughtsTokenCount"]),
        audio_input: fresh("AUDIO"),
        audio_output: of("candidatesTokensDetails", "AUDIO"),
        image_input: fresh("IMAGE"),
        image_output: of("candidatesTokensDetails", "IMAGE"),
        ..Usage::default()
    };
    Some(usage)
}

fn embeddings(document: &Value) -> Option<Usage> {
    Some(Usage { input: n(&document["usage"]["prompt_tokens"]), ..Usage::default() })
}
