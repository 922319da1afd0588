//! Whole answers: their bytes pass unchanged, and are read once for what they cost.

use crate::{
    dialects::cells,
    stream::Fault,
    usage::{InputCount, Report},
};
use domain::{dialect::Dialect, price::TierName, usage::Usage};

/// What an answer says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// What the provider reported, parts cut to their totals; `None` if it reported nothing whole.
    pub usage: Option<Usage>,
    /// The service tier that served it, where the answer says.
    pub service_tier: Option<TierName>,
    /// What the model wrote; only filled if there is no usage, to be counted.
    pub output_text: String,
    /// Pictures whose tokens nobody counted.
    pub pictures: u64,
    /// No content, no tool call, no refusal and no reason of an end: not an answer.
    pub empty: bool,
    /// The report's parts exceeded their totals.
    pub violation: bool,
}

impl Answer {
    pub(crate) fn new(report: Option<Report>, counts: InputCount, empty: bool, text: impl FnOnce() -> String) -> Self {
        let service_tier = report.and_then(|report| report.service_tier);
        match report.map(|report| report.usage(counts)) {
            Some((usage, violation)) => {
                Self { usage: Some(usage), service_tier, output_text: String::new(), pictures: 0, empty, violation }
            }
            None => Self { usage: None, service_tier, output_text: text(), pictures: 0, empty, violation: false },
        }
    }
}

/// Reads a whole answer that came with a 2xx status.
///
/// # Errors
/// [`Fault::UpstreamError`] for an error object, [`Fault::Malformed`] for what is no answer at all.
pub fn read_answer(dialect: Dialect, body: &[u8]) -> Result<Answer, Fault> {
    (cells(dialect).read_answer)(body)
}
