//! Events of a stream. Each has the shape of a whole answer. There is no terminal event: the one that tells the reason of
//! the end is the last, or one of the last. Source: <https://ai.google.dev/api/generate-content#method:-models.streamgeneratecontent>.

use super::response::Document;
use crate::{
    error,
    lenient::parse,
    stream::{Kind, Progress, SseEvent},
    usage::Report,
};
use domain::dialect::Dialect;

pub(super) fn read_event(progress: &mut Progress, event: &SseEvent<'_>) -> Kind {
    let Some(data) = event.data.as_deref() else { return Kind::Other };
    let Some(document) = parse::<Document<'_>>(data) else { return Kind::Other };
    if document.is_error() || event.name == b"error" {
        return Kind::Error(error::in_answer(Dialect::Gemini, data));
    }
    for candidate in document.candidates.iter() {
        let bit = 1u128.checked_shl(u32::try_from(candidate.index.or_zero()).unwrap_or(u32::MAX)).unwrap_or(0);
        progress.begun |= bit;
        if !candidate.finish_reason.is_empty() {
            progress.finished |= bit;
        }
    }
    let ended = progress.begun != 0 && progress.begun == progress.finished || document.is_blocked();
    progress.complete |= ended;
    if let Some(usage) = &document.usage_metadata.0 {
        let report = usage.report(progress.complete);
        // Each tells everything so far, and the last is right, be it the smaller: prompts are counted anew.
        if report.is_complete() {
            progress.report = Report::default();
        }
        progress.reported(report, &super::CELLS);
    }
    document.add_text(&mut progress.text);
    if ended || document.says_something() { Kind::Content } else { Kind::Start }
}
