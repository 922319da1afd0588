//! A decision in words, kept with the request.

use super::{Candidate, Decision};
use domain::{
    channel::Snapshot,
    route::{Considered, Decided, Strategy},
};

/// More than these are only counted, where a decision is told …
const TOLD: usize = 8;
/// … and where it is kept with a request: as many as can be tried, and the next.
const KEPT: usize = 4;

impl Decision {
    /// As it is shown.
    pub fn told(&self, snapshot: &Snapshot, model: &str) -> Decided {
        let route = snapshot.models.get(model).and_then(|model| model.route.as_deref());
        let fallbacks = route.map_or(&[][..], |route| &route.fallbacks);
        // Stages count the fallbacks that exist.
        let stages: Vec<&String> = fallbacks.iter().filter(|name| snapshot.models.contains_key(*name)).collect();
        let with_stand_in = |candidate: &Candidate| {
            let stand_in = usize::from(candidate.stage).checked_sub(1).and_then(|at| stages.get(at));
            let fallback = stand_in.map(|name| (*name).clone());
            Considered { fallback, ..self.considered(candidate) }
        };
        self.tell(TOLD, with_stand_in)
    }

    /// As it is kept: JSON of a [`Decided`] without names.
    pub fn kept(&self) -> String {
        serde_json::to_string(&self.tell(KEPT, |candidate| self.considered(candidate))).unwrap_or_default()
    }

    fn tell(&self, most: usize, considered: impl Fn(&Candidate) -> Considered) -> Decided {
        Decided {
            strategy: self.strategy,
            rule: self.rule.map(|rule| rule + 1),
            candidates: self.candidates.iter().take(most).map(considered).collect(),
            more: self.candidates.len().saturating_sub(most),
        }
    }

    fn considered(&self, candidate: &Candidate) -> Considered {
        let figures = &candidate.figures;
        let milli = |value: f64| (value * 1_000.0).round().max(0.0) as u64;
        let scale = match self.strategy {
            Strategy::Cost | Strategy::Performance => 1.0,
            Strategy::Balanced | Strategy::Availability => 1_000.0,
        };
        Considered {
            channel: candidate.channel().id.to_string(),
            channel_name: String::new(),
            credential: candidate.credential().map(|credential| credential.id.to_string()),
            fallback: None,
            state: candidate.standing.as_str().to_owned(),
            priority: candidate.channel().priority,
            weight: candidate.weight,
            score: candidate.score.filter(|score| *score > f64::MIN).map(|score| (score * scale).round() as i64),
            cost_nano: candidate.cost.map(|cost| cost.0),
            ttft_us: figures.ttft_us.map(|us| us as u64),
            tokens_per_second_milli: figures.tokens_per_second.map(milli),
            success_milli: figures.success.map(milli),
            in_flight: figures.in_flight,
            sticky: candidate.sticky,
        }
    }
}
