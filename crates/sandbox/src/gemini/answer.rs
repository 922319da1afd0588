//! Writes an answer, its events, and the list of models. Every event of a stream has the shape of a whole answer; a call
//! comes whole in one.

use crate::{
    body::{Frames, push_json},
    model,
    reply::{Content, Finish, MAX_WORDS, Prompt, Reply},
    thought::Thought,
    vocabulary::{self, Pieces},
};
use bytes::Bytes;
use serde_json::json;
use std::{collections::VecDeque, io::Write as _};

/// `{"candidates":[{"content":{"parts":[`.
const HEAD: &[u8] = br#"{"candidates":[{"content":{"parts":["#;

fn push_call(out: &mut Vec<u8>, seed: u64, (name, arguments): (&str, &str), thought: Option<&Thought>) {
    let _ = write!(out, r#"{{"functionCall":{{"id":"{seed:016x}","name":"#);
    push_json(out, name);
    let _ = write!(out, r#","args":{arguments}}}"#);
    push_signature(out, thought);
    out.push(b'}');
}

/// Google signs the part after a thought.
fn push_signature(out: &mut Vec<u8>, thought: Option<&Thought>) {
    if let Some(thought) = thought {
        let _ = write!(out, r#","thoughtSignature":"{}""#, thought.signature);
    }
}

fn push_thought(out: &mut Vec<u8>, thought: &Thought) {
    out.extend_from_slice(br#"{"text":"#);
    push_json(out, &thought.text);
    out.extend_from_slice(br#","thought":true}"#);
}

/// From the parts' end to the document's, with the end's reason and the usage where it is the last.
fn push_tail(out: &mut Vec<u8>, prompt: &Prompt, end: Option<&Reply>) {
    out.extend_from_slice(br#"],"role":"model"},"#);
    if let Some(reply) = end {
        let reason = if reply.finish == Finish::Length { "MAX_TOKENS" } else { "STOP" };
        let _ = write!(out, r#""finishReason":"{reason}","#);
    }
    out.extend_from_slice(br#""index":0}],"#);
    if let Some(reply) = end {
        let (input, reasoning) = (prompt.input_tokens, reply.reasoning_tokens);
        let thoughts = if reasoning > 0 { format!(r#""thoughtsTokenCount":{reasoning},"#) } else { String::new() };
        let _ = write!(
            out,
            r#""usageMetadata":{{"promptTokenCount":{input},"candidatesTokenCount":{},{thoughts}"totalTokenCount":{},"promptTokensDetails":[{{"modality":"TEXT","tokenCount":{input}}}]}},"#,
            reply.output_tokens - reasoning,
            input + reply.output_tokens
        );
    }
    out.extend_from_slice(br#""modelVersion":"#);
    push_json(out, &prompt.model_name);
    let _ = write!(out, r#","responseId":"{:016x}"}}"#, prompt.seed);
}

/// The whole answer.
pub(crate) fn whole(prompt: &Prompt, reply: &Reply) -> Vec<u8> {
    let mut out = Vec::with_capacity(1024);
    out.extend_from_slice(HEAD);
    let thought = reply.thought.as_ref();
    if let Some(thought) = thought {
        push_thought(&mut out, thought);
        out.push(b',');
    }
    match &reply.content {
        Content::Call { name, arguments } => push_call(&mut out, prompt.seed, (name, arguments), thought),
        Content::Text(text) => {
            out.extend_from_slice(br#"{"text":"#);
            push_json(&mut out, text);
            push_signature(&mut out, thought);
            out.push(b'}');
        }
        Content::Lorem(words) => {
            out.extend_from_slice(br#"{"text":"#);
            push_json(&mut out, &vocabulary::lorem(*words));
            out.push(b'}');
        }
    }
    push_tail(&mut out, prompt, Some(reply));
    out
}

fn event(fill: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut out = b"data: ".to_vec();
    out.extend_from_slice(HEAD);
    fill(&mut out);
    out.extend_from_slice(b"\r\n\r\n");
    out
}

/// The answer as events. There is no terminal one: the last tells why it ended.
pub(crate) fn frames(prompt: &Prompt, reply: Reply) -> Frames {
    let end = event(|out| {
        out.extend_from_slice(br#"{"text":"""#);
        let is_call = matches!(reply.content, Content::Call { .. });
        push_signature(out, reply.thought.as_ref().filter(|_| !is_call));
        out.push(b'}');
        push_tail(out, prompt, Some(&reply));
    });
    let mut around = event(|out| out.extend_from_slice(br#"{"text":"#));
    around.truncate(around.len() - 4);
    let mut after_piece = b"}".to_vec();
    push_tail(&mut after_piece, prompt, None);
    after_piece.extend_from_slice(b"\r\n\r\n");
    let thought = reply.thought.as_ref();
    let mut before = VecDeque::new();
    before.extend(thought.map(|thought| {
        let told = event(|out| {
            push_thought(out, thought);
            push_tail(out, prompt, None);
        });
        Bytes::from(told)
    }));
    let pieces = match reply.content {
        Content::Call { name, arguments } => {
            let call = event(|out| {
                push_call(out, prompt.seed, (&name, &arguments), thought);
                push_tail(out, prompt, None);
            });
            before.push_back(call.into());
            Pieces::words(String::new())
        }
        content => content.into_pieces(),
    };
    Frames { before, around: (around, after_piece), pieces, after: VecDeque::from([end.into()]), numbered: false }
}

/// One model, as `GET /v1beta/models/{model}` answers.
pub(crate) fn model(name: &str) -> serde_json::Value {
    json!({
        "name": format!("models/{name}"), "version": "001", "displayName": name, "outputTokenLimit": MAX_WORDS,
        "supportedGenerationMethods": ["generateContent"]
    })
}

/// The list of models, on one page.
pub(crate) fn models() -> serde_json::Value {
    json!({"models": model::LISTED.map(model)})
}
