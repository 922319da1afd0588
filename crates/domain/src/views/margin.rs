//! Margins, as those who run the place see them.

use super::{Span, Window};
use crate::money::NanoUsd;

/// One margin.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MarginLine {
    /// Of what: a name, or one each of model, channel and tenant.
    pub of: Vec<String>,
    /// Requests.
    pub requests: u64,
    /// What was charged.
    pub sale: NanoUsd,
    /// What it cost us.
    pub cost: NanoUsd,
}

/// Margins over a range of whole hours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MarginView {
    /// The range that was asked for.
    pub span: Span,
    /// As it is answered.
    pub window: Window,
    /// By what: `model`, `channel`, `tenant` or `each` of them.
    pub by: String,
    /// The largest charges.
    pub lines: Vec<MarginLine>,
    /// What the lines leave out, where they do.
    pub rest: Option<MarginLine>,
    /// All of it.
    pub total: MarginLine,
    /// The file of all lines.
    pub csv: String,
}
