//! Where an encoded request goes: what differs between the upstreams of one dialect.

use domain::dialect::Provider;

/// An upstream's model.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Target<'a> {
    pub provider: Provider,
    /// The model, by the upstream's name for it.
    pub model: &'a str,
    /// The most output tokens it gives, if that is known.
    pub max_output: Option<u64>,
}
