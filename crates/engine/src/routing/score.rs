//! How good a candidate is, by each strategy. ARCHITECTURE.md has the formulas.

use super::{Ask, Candidate};
use domain::{channel::Offer, money::NanoUsd, price::TierName, route::Strategy, usage::Usage};

/// What the terms of the balanced strategy weigh; the defaults add up to 1, and the cache's comes on top.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Weights {
    /// Cheapest by this one's expected cost.
    pub price: f64,
    /// The share of attempts that served.
    pub success: f64,
    /// Soonest by this one's time to the first byte.
    pub ttft: f64,
    /// This one's tokens a second by the fastest.
    pub throughput: f64,
    /// How much room is left.
    pub load: f64,
    /// Whether the conversation's prompt is cached there.
    pub cache: f64,
}

impl Default for Weights {
    fn default() -> Self {
        Self { price: 0.25, success: 0.35, ttft: 0.20, throughput: 0.10, load: 0.10, cache: 0.30 }
    }
}

/// Differences under this time are noise.
const TTFT_NOISE_US: f64 = 100_000.0;
/// And under this pace, in tokens a second.
const PACE_NOISE: f64 = 10.0;
/// And under this cost, in nano-USD.
const COST_NOISE: f64 = 1_000.0;
/// So many requests at once are a full load where a channel has no limit of its own.
const FULL_LOAD: f64 = 100.0;
/// A cached prompt is read in so much of the time.
const CACHED_TTFT: f64 = 0.7;
/// The pace taken where none is known, in tokens a second.
const USUAL_PACE: f64 = 50.0;

/// What a request is expected to cost us there; its input at the cache's rate where the prompt is cached.
pub(super) fn expected_cost(offer: &Offer, ask: &Ask<'_>, cached: bool) -> Option<NanoUsd> {
    let price = offer.cost.at(ask.time_us)?;
    let (input, cache_read) = if cached { (0, ask.input_tokens) } else { (ask.input_tokens, 0) };
    let usage = Usage { input, cache_read, output: ask.output_tokens, ..Usage::default() };
    Some(price.cost(&usage, TierName::STANDARD))
}

/// What is best among candidates that compete.
pub(super) struct Best {
    cost: Option<f64>,
    ttft_us: Option<f64>,
    pace: Option<f64>,
}

impl Best {
    pub fn of(group: &[Candidate]) -> Self {
        let least = |values: &mut dyn Iterator<Item = f64>| values.min_by(f64::total_cmp);
        Self {
            cost: least(&mut group.iter().filter_map(|c| c.cost).map(|cost| cost.0 as f64)),
            ttft_us: least(&mut group.iter().filter_map(|c| c.figures.ttft_us)),
            pace: group.iter().filter_map(|c| c.figures.tokens_per_second).max_by(f64::total_cmp),
        }
    }

    /// Higher is better.
    pub fn score(&self, candidate: &Candidate, strategy: Strategy, ask: &Ask<'_>, weights: &Weights) -> f64 {
        match strategy {
            // What is not known comes after what is.
            Strategy::Cost => candidate.cost.map_or(f64::MIN, |cost| -(cost.0 as f64)),
            Strategy::Performance => -self.expected_us(candidate, ask),
            Strategy::Balanced => self.utility(candidate, weights),
            Strategy::Availability => candidate.figures.success.unwrap_or(1.0),
        }
    }

    /// The time to the last token: what is unknown is taken to be as good as the best, so that it is found out.
    fn expected_us(&self, candidate: &Candidate, ask: &Ask<'_>) -> f64 {
        let figures = &candidate.figures;
        let mean = figures.ttft_us.or(self.ttft_us).unwrap_or(0.0);
        let tail = figures.ttft_p95_us.map_or(0.0, |p95| (p95 as f64 - mean).max(0.0)) / 4.0;
        let cached = if candidate.sticky { CACHED_TTFT } else { 1.0 };
        let pace = figures.tokens_per_second.or(self.pace).unwrap_or(USUAL_PACE).max(0.1);
        (mean + tail) * cached + ask.output_tokens as f64 / pace * 1e6
    }

    fn utility(&self, candidate: &Candidate, weights: &Weights) -> f64 {
        let figures = &candidate.figures;
        let price = match (self.cost, candidate.cost) {
            (None, _) => 1.0,
            (Some(_), None) => 0.5,
            (Some(best), Some(cost)) => (best + COST_NOISE) / (cost.0 as f64 + COST_NOISE),
        };
        let ttft = match (self.ttft_us, figures.ttft_us) {
            (Some(best), Some(own)) => (best + TTFT_NOISE_US) / (own + TTFT_NOISE_US),
            _ => 1.0,
        };
        let throughput = match (self.pace, figures.tokens_per_second) {
            (Some(best), Some(own)) => (own + PACE_NOISE) / (best + PACE_NOISE),
            _ => 1.0,
        };
        let full = candidate.channel().settings.limits.concurrency.map_or(FULL_LOAD, |limit| f64::from(limit.max(1)));
        let load = (1.0 - f64::from(figures.in_flight) / full).max(0.0);
        weights.price * price
            + weights.success * figures.success.unwrap_or(1.0)
            + weights.ttft * ttft
            + weights.throughput * throughput
            + weights.load * load
            + if candidate.sticky { weights.cache } else { 0.0 }
    }
}

/// Scores this close are equal, and weight decides.
pub(super) fn are_equal(strategy: Strategy, best: f64, other: f64) -> bool {
    match strategy {
        Strategy::Cost => best <= other,
        Strategy::Performance => other.abs() <= best.abs() * 1.1,
        Strategy::Balanced => best - other <= 0.05,
        Strategy::Availability => best - other <= 0.01,
    }
}
