//! Events of a Responses stream. Only the last one, `response.completed` or `response.incomplete`, tells usage.
//! Source: <https://platform.openai.com/docs/api-reference/responses-streaming>.

use super::response::{Item, Response};
use crate::{
    error,
    lenient::{Maybe, Text, parse},
    stream::{Kind, Progress, SseEvent},
    usage::Report,
};
use domain::dialect::Dialect;
use serde::Deserialize;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Wrapper<'a> {
    #[serde(borrow, rename = "type")]
    kind: Text<'a>,
    #[serde(borrow)]
    delta: Text<'a>,
    #[serde(borrow)]
    item: Maybe<Item<'a>>,
    #[serde(borrow)]
    response: Maybe<Response<'a>>,
}

pub(super) fn read_event(progress: &mut Progress, event: &SseEvent<'_>) -> Kind {
    let Some(data) = event.data.as_deref() else { return Kind::Other };
    let Some(wrapper) = parse::<Wrapper<'_>>(data) else { return Kind::Other };
    let kind = match wrapper.kind.word() {
        "" => std::str::from_utf8(event.name).unwrap_or_default(),
        kind => kind,
    };
    match kind {
        "response.created" | "response.in_progress" | "response.queued" => Kind::Start,
        "response.completed" | "response.incomplete" => {
            let response = wrapper.response.0.unwrap_or_default();
            if let Some(usage) = response.usage.0 {
                let report = Report { service_tier: response.service_tier.0, ..usage.report() };
                progress.reported(report, &super::CELLS);
            }
            progress.report_is_final = true;
            Kind::Terminal
        }
        "response.failed" | "error" => Kind::Error(failure(data)),
        "response.output_item.added" => {
            let item = wrapper.item.0.unwrap_or_default();
            let begins = matches!(item.kind.word(), "message" | "reasoning");
            if begins { Kind::Start } else { Kind::Content }
        }
        kind if kind.ends_with(".delta") => {
            wrapper.delta.add_to(&mut progress.text);
            if wrapper.delta.is_empty() { Kind::Start } else { Kind::Content }
        }
        kind if kind.starts_with("response.") => Kind::Start,
        _ => Kind::Other,
    }
}

/// The error object stands in the event, or in the response in it.
fn failure(data: &[u8]) -> error::UpstreamError {
    let document = crate::form::document::parse(data).unwrap_or_default();
    let inner = document.pointer("/response/error").or_else(|| document.get("error")).unwrap_or(&document);
    let told = serde_json::json!({ "error": inner }).to_string();
    error::in_answer(Dialect::OpenaiResponses, told.as_bytes())
}
