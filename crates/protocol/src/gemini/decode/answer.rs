//! A whole answer.

use super::stream::Decoder;
use crate::{
    form::{
        answer::{Message, Stop},
        document::text,
        piece::{Begin, Piece},
        request::{Block, Reasoning, ToolUse, What},
    },
    stream::Fault,
};
use serde_json::Value;

/// It has the shape of a stream's only event, and is read as one.
pub(in crate::gemini) fn answer(document: &Value, seed: &str) -> Result<Message, Fault> {
    if document.get("candidates").is_none() && document.get("promptFeedback").is_none() {
        return Err(Fault::Malformed);
    }
    let mut pieces = Vec::new();
    Decoder::new(seed).document(document, &mut pieces);
    let mut message = Message { blocks: Vec::new(), stop: Stop::Unknown(String::new()) };
    for piece in pieces {
        match (piece, message.blocks.last_mut().map(|block| &mut block.what)) {
            (Piece::Begin(_, begin), _) => message.blocks.push(begun(begin)),
            (Piece::Text(_, more), Some(What::Text(text))) => text.push_str(&more),
            (Piece::Text(_, more), Some(What::Reasoning(thought))) => thought.text.push_str(&more),
            (Piece::Arguments(_, more), Some(What::ToolUse(call))) => call.arguments.push_str(&more),
            (Piece::Sign(_, signature), Some(What::Reasoning(thought))) => thought.signature = Some(signature),
            (Piece::Stop(stop), _) => message.stop = stop,
            _ => {}
        }
    }
    Ok(message)
}

fn begun(begin: Begin) -> Block {
    match begin {
        Begin::Text => Block::text(""),
        Begin::Refusal => What::Refusal(String::new()).into(),
        Begin::Reasoning(id) => What::Reasoning(Reasoning { id, ..Reasoning::default() }).into(),
        Begin::ToolUse { id, name, custom, signature } => {
            What::ToolUse(ToolUse { id, name, arguments: String::new(), signature, custom }).into()
        }
        Begin::Opaque(opaque) => What::Opaque(opaque).into(),
    }
}

/// Why it ended, by Google's word for it. <https://ai.google.dev/api/generate-content#FinishReason>
pub(super) fn stop_of(word: &str) -> Stop {
    match word {
        "STOP" => Stop::End,
        "MAX_TOKENS" => Stop::MaxTokens,
        "SAFETY"
        | "RECITATION"
        | "LANGUAGE"
        | "BLOCKLIST"
        | "PROHIBITED_CONTENT"
        | "SPII"
        | "IMAGE_SAFETY"
        | "IMAGE_PROHIBITED_CONTENT"
        | "IMAGE_RECITATION"
        | "MODEL_ARMOR" => Stop::Filtered,
        other => Stop::Unknown(other.to_owned()),
    }
}

/// The prompt itself was refused.
pub(super) fn is_blocked(document: &Value) -> bool {
    document.get("promptFeedback").is_some_and(|feedback| !text(feedback, "blockReason").is_empty())
}
