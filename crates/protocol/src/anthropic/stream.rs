//! Events of a Messages stream. `message_start` tells the input and a beginning of the output; only a `message_delta`
//! with the reason of the end tells the whole.
//! Source: <https://docs.anthropic.com/en/docs/build-with-claude/streaming>.

use super::usage::Wire;
use crate::{
    error,
    lenient::{Maybe, Text, parse},
    stream::{Kind, Progress, SseEvent},
};
use domain::dialect::Dialect;
use serde::Deserialize;
use serde_json::value::RawValue;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Wrapper<'a> {
    #[serde(borrow, rename = "type")]
    kind: Text<'a>,
    message: Maybe<Message>,
    usage: Maybe<Wire>,
    #[serde(borrow)]
    delta: Maybe<Delta<'a>>,
    #[serde(borrow)]
    content_block: Maybe<Block<'a>>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Message {
    usage: Maybe<Wire>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Delta<'a> {
    #[serde(borrow)]
    text: Text<'a>,
    #[serde(borrow)]
    thinking: Text<'a>,
    #[serde(borrow)]
    partial_json: Text<'a>,
    #[serde(borrow)]
    signature: Text<'a>,
    #[serde(borrow)]
    stop_reason: Text<'a>,
    citation: Maybe<serde::de::IgnoredAny>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Block<'a> {
    #[serde(borrow, rename = "type")]
    kind: Text<'a>,
    #[serde(borrow)]
    name: Text<'a>,
    #[serde(borrow)]
    text: Text<'a>,
    #[serde(borrow)]
    thinking: Text<'a>,
}

pub(super) fn read_event(progress: &mut Progress, event: &SseEvent<'_>) -> Kind {
    let Some(data) = event.data.as_deref() else { return Kind::Other };
    let Some(wrapper) = parse::<Wrapper<'_>>(data) else { return Kind::Other };
    if wrapper.error.is_some_and(|error| error.get() != "null") || event.name == b"error" {
        return Kind::Error(error::in_answer(Dialect::Anthropic, data));
    }
    let kind = if wrapper.kind.is_empty() { event.name } else { wrapper.kind.word().as_bytes() };
    match kind {
        b"message_start" => {
            if let Some(usage) = wrapper.message.0.and_then(|message| message.usage.0) {
                progress.reported(usage.report(), &super::CELLS);
            }
            Kind::Start
        }
        b"ping" => Kind::Start,
        b"content_block_start" => begin_block(progress, wrapper.content_block.0.unwrap_or_default()),
        b"content_block_delta" => continue_block(progress, wrapper.delta.0.unwrap_or_default()),
        b"message_delta" => {
            let ends = wrapper.delta.0.is_some_and(|delta| !delta.stop_reason.is_empty());
            if let Some(usage) = wrapper.usage.0 {
                let report = usage.report();
                progress.report_is_final = report.output.is_some() && ends;
                progress.reported(report, &super::CELLS);
            }
            if ends { Kind::Content } else { Kind::Start }
        }
        b"message_stop" => Kind::Terminal,
        _ => Kind::Other,
    }
}

fn begin_block(progress: &mut Progress, block: Block<'_>) -> Kind {
    for text in [&block.name, &block.text, &block.thinking] {
        text.add_to(&mut progress.text);
    }
    let only_begins = matches!(block.kind.word(), "" | "text" | "thinking" | "fallback");
    if only_begins && block.text.is_empty() && block.thinking.is_empty() { Kind::Start } else { Kind::Content }
}

fn continue_block(progress: &mut Progress, delta: Delta<'_>) -> Kind {
    let texts = [&delta.text, &delta.thinking, &delta.partial_json];
    for text in texts {
        text.add_to(&mut progress.text);
    }
    let silent = texts.iter().all(|text| text.is_empty()) && delta.signature.is_empty() && delta.citation.0.is_none();
    if silent { Kind::Start } else { Kind::Content }
}
