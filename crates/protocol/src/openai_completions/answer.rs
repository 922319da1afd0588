//! A whole answer. Source: <https://platform.openai.com/docs/api-reference/completions/object>.

use crate::{
    form::{
        answer::{Asked, Message, Stop},
        request::What,
    },
    openai_chat,
};
use domain::usage::Usage;
use serde_json::{Value, json};

/// The texts of it; thoughts have no place here.
pub(super) fn answer(message: &Message, usage: &Usage, asked: &Asked) -> Value {
    let texts = message.blocks.iter().filter_map(|block| match &block.what {
        What::Text(text) | What::Refusal(text) => Some(text.as_str()),
        _ => None,
    });
    let choice = choice(&texts.collect::<String>(), Some(&message.stop));
    document(json!([choice]), Some(openai_chat::usage(usage)), asked)
}

/// A whole answer, or a chunk.
pub(super) fn document(choices: Value, usage: Option<Value>, asked: &Asked) -> Value {
    let mut document = json!({
        "id": format!("cmpl-{}", asked.id), "object": "text_completion", "created": asked.created, "model": asked.model,
        "choices": choices,
    });
    if let (Some(usage), Some(document)) = (usage, document.as_object_mut()) {
        document.insert("usage".into(), usage);
    }
    document
}

pub(super) fn choice(text: &str, stop: Option<&Stop>) -> Value {
    json!({"text": text, "index": 0, "logprobs": null, "finish_reason": stop.map(finish)})
}

/// OpenAI's word for the end; this dialect knows no calls.
fn finish(stop: &Stop) -> &'static str {
    match openai_chat::finish(stop) {
        "tool_calls" => "stop",
        word => word,
    }
}
