//! How much to set aside: an upper bound of a request's cost without a tokenizer on the path.
//!
//! Input tokens are bounded by the body's bytes (byte-level vocabularies never need more tokens than bytes); what is only
//! named in the body (an image's URL) is bounded by [`REFERENCED_MEDIA_TOKENS`]. Output is bounded by `max_tokens`, the
//! model's limit, or [`OUTPUT_STEP`]; a stream holds one step at a time and is extended as it grows.
#![deny(clippy::float_arithmetic)]

use domain::{
    money::{Multiplier, NanoUsd},
    price::Price,
};
use protocol::request::RequestHead;

/// Output tokens held for a stream at a time, and for an answer whose length nothing bounds.
pub const OUTPUT_STEP: u64 = 4_096;
/// Tokens held per image, document or audio given by reference. The dearest in use is a 100-page PDF at about 3 000
/// tokens a page (Anthropic, "PDF support"); images stay under 5 000.
pub const REFERENCED_MEDIA_TOKENS: u64 = 300_000;

/// A request's bounds, in tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// At most this much input.
    pub input: u64,
    /// At most this much output, all choices together, as far as anybody can know.
    pub output: u64,
    /// The output that is held at admission.
    pub output_held: u64,
}

/// The bounds of a request with this head and body size, on a model with this output limit.
pub fn bounds(head: &RequestHead, body_bytes: usize, model_limit: Option<u64>) -> Bounds {
    let media = u64::from(head.referenced_media).saturating_mul(REFERENCED_MEDIA_TOKENS);
    let one = match (head.max_output, model_limit) {
        (Some(asked), Some(limit)) => asked.min(limit),
        (Some(asked), None) => asked,
        (None, Some(limit)) => limit,
        (None, None) if head.stream => u64::MAX,
        (None, None) => OUTPUT_STEP,
    };
    let output = one.saturating_mul(u64::from(head.choices.max(1)));
    let output_held = if head.stream { output.min(OUTPUT_STEP) } else { output };
    let input = head.input_bound.unwrap_or((body_bytes as u64).saturating_add(media));
    Bounds { input, output, output_held }
}

/// What a request with these bounds sets aside at admission.
pub fn quote(bounds: &Bounds, price: &Price, multiplier: Multiplier) -> NanoUsd {
    price.upper_bound(bounds.input, bounds.output_held, multiplier)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{dialect::Dialect, ids::PriceId, money::PicoPerUnit, price::Rates};

    fn head(body: &str) -> RequestHead {
        RequestHead::read(Dialect::OpenaiChat, None, body.as_bytes()).unwrap()
    }

    #[test]
    fn output_is_bounded_by_what_was_asked_then_by_the_model_then_by_a_step() {
        let asked = head(r#"{"model":"m","messages":[],"max_tokens":10,"n":2}"#);
        assert_eq!(bounds(&asked, 100, Some(5)).output_held, 10, "two choices of five");
        assert_eq!(bounds(&asked, 100, None).output_held, 20);
        let open = head(r#"{"model":"m","messages":[]}"#);
        assert_eq!(bounds(&open, 100, Some(9_000)).output_held, 9_000);
        assert_eq!(bounds(&open, 100, None).output_held, OUTPUT_STEP);
    }

    #[test]
    fn a_stream_holds_one_step_at_a_time() {
        let stream = head(r#"{"model":"m","messages":[],"max_tokens":100000,"stream":true}"#);
        let bounds = bounds(&stream, 100, None);
        assert_eq!((bounds.output_held, bounds.output), (OUTPUT_STEP, 100_000));
    }

    #[test]
    fn a_free_input_and_an_exact_answer_make_the_hold_the_cost() {
        let exact = head(r#"{"model":"m","messages":[],"max_tokens":10}"#);
        let rates = Rates { output: PicoPerUnit(1_000_000), ..Rates::default() };
        let price = Price::new(PriceId(1), rates);
        assert_eq!(quote(&bounds(&exact, 5_000, None), &price, Multiplier::ONE), NanoUsd(10_000));
        assert_eq!(quote(&bounds(&exact, 5_000, None), &price, Multiplier(500_000)), NanoUsd(5_000));
    }
}
