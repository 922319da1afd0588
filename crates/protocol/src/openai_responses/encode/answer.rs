//! A whole answer. Source: <https://platform.openai.com/docs/api-reference/responses/object>.

use super::output::{call, ended, head, item_id, message, refusal_part, text_part, thought};
use crate::form::{
    answer::{Asked, Message},
    request::{ToolUse, What},
};
use domain::usage::Usage;
use serde_json::Value;

pub(in crate::openai_responses) fn answer(message: &Message, usage: &Usage, asked: &Asked) -> Value {
    let mut output = Vec::new();
    for block in &message.blocks {
        output.extend(item(&block.what, asked, output.len()));
    }
    ended(head(asked), &message.stop, output, usage)
}

fn item(what: &What, asked: &Asked, index: usize) -> Option<Value> {
    let id = |kind: &str| item_id(kind, asked, index);
    match what {
        What::Text(text) => Some(message(&id("msg"), "completed", vec![text_part(text)])),
        What::Refusal(text) => Some(message(&id("msg"), "completed", vec![refusal_part(text)])),
        What::Reasoning(reasoning) => Some(thought(&id("rs"), reasoning)),
        What::ToolUse(used) if used.custom => Some(call(&id("ctc"), "completed", used)),
        What::ToolUse(used) => {
            let used = ToolUse { arguments: used.function_arguments(), ..used.clone() };
            Some(call(&id("fc"), "completed", &used))
        }
        What::Media(_) | What::ToolResult(_) | What::Opaque(_) => None,
    }
}
