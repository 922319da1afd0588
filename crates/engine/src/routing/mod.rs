//! Which channel and credential to try, in which order: one pure function of request, snapshot, health, time and chance,
//! so that what it decides can be tested and told.
//!
//! Channels of higher priority come first in every strategy; the strategy orders those of one priority; among equals a
//! draw in proportion to weight decides. What may not be tried now comes last. Models that stand in come after the model
//! that was asked for.

mod order;
mod score;
mod told;

pub use score::Weights;

use crate::{
    affinity::Bound,
    health::{Figures, Health, Place, Shut, Slot, Standing},
};
use domain::{
    channel::{Channel, Credential, Model, Offer, Snapshot},
    dialect::Dialect,
    money::NanoUsd,
    route::{Facts, Rule, Strategy, Then},
};
use rand::Rng;
use std::{sync::Arc, time::Duration};
use tokio::time::Instant;

/// One way to try.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// The channel, the model's name there, and its cost.
    pub offer: Offer,
    /// Which of the channel's credentials; `None` for a channel that has none.
    pub credential: Option<usize>,
    /// What is spoken with it: the caller's dialect if the channel speaks it, else the channel's main one.
    pub dialect: Dialect,
    /// What is known of it, and where outcomes are told.
    pub slot: Arc<Slot>,
    /// Whether it may be tried, as of the decision.
    pub standing: Standing,
    /// How it did, as of the decision.
    pub figures: Figures,
    /// 0: of the model asked for; else the how-manieth fallback.
    pub stage: u16,
    /// Whether a rule prefers it.
    pub preferred: bool,
    /// Whether this conversation was answered there before.
    pub sticky: bool,
    /// Its share among equals.
    pub weight: u64,
    /// What it is expected to cost us, if that is known.
    pub cost: Option<NanoUsd>,
    /// By the strategy; higher is better. Unset where there was nothing to choose.
    pub score: Option<f64>,
}

impl Candidate {
    /// The channel.
    pub fn channel(&self) -> &Arc<Channel> {
        &self.offer.channel
    }

    /// The credential.
    pub fn credential(&self) -> Option<&Credential> {
        self.credential.and_then(|index| self.offer.channel.credentials.get(index))
    }

    /// Whether it may be tried.
    pub fn is_open(&self) -> bool {
        !matches!(self.standing, Standing::Shut(..))
    }
}

/// A request, as far as routing needs it.
pub struct Ask<'a> {
    /// The model asked for.
    pub model: &'a str,
    /// The caller's dialect.
    pub dialect: Dialect,
    /// Input tokens, estimated.
    pub input_tokens: u64,
    /// Output tokens, expected.
    pub output_tokens: u64,
    /// When it is asked, in microseconds since 1970.
    pub time_us: i64,
    /// The order the caller asks for, before the route's.
    pub strategy: Option<Strategy>,
    /// Where the conversation was answered before.
    pub bound: Option<Bound>,
    /// What rules ask about; only looked for where there are rules.
    pub facts: &'a dyn Fn() -> Facts<'a>,
    /// The caller's headers, for rules.
    pub header: &'a dyn Fn(&str) -> Option<&'a str>,
}

/// What was decided.
#[derive(Debug, Clone)]
pub struct Decision {
    /// The order that was used.
    pub strategy: Strategy,
    /// The route's rule that applied, counted from 0.
    pub rule: Option<usize>,
    /// In the order of trying; those that may not be tried come last, the least bad of them first.
    pub candidates: Vec<Candidate>,
}

/// Decides.
pub fn decide(
    snapshot: &Snapshot,
    ask: &Ask<'_>,
    health: &Health,
    weights: &Weights,
    now: Instant,
    random: &mut impl Rng,
) -> Decision {
    let asked = snapshot.models.get(ask.model);
    let route = asked.and_then(|model| model.route.as_deref());
    let (rule, then) = route.and_then(|route| applying(&route.rules, ask)).unzip();
    let strategy = then.and_then(|then| then.strategy).or_else(|| route.map(|route| route.strategy));
    let strategy = ask.strategy.or(strategy).unwrap_or_default();

    let own = match then.and_then(|then| then.model.as_deref()) {
        Some(other) => snapshot.models.get(other),
        None => asked,
    };
    let mut candidates = Vec::with_capacity(own.map_or(0, |model| model.offers.len()));
    let gathering = Gathering { ask, health, now, then };
    if let Some(model) = own {
        gathering.add(model, 0, &mut candidates);
    }
    let fallbacks = route.map_or(&[][..], |route| &route.fallbacks);
    for (model, stage) in fallbacks.iter().filter_map(|name| snapshot.models.get(name)).zip(1..) {
        gathering.add(model, stage, &mut candidates);
    }
    if candidates.len() > 1 {
        order::order(&mut candidates, strategy, ask, weights, random);
    }
    Decision { strategy, rule, candidates }
}

/// The first rule whose condition holds.
fn applying<'r>(rules: &'r [Rule], ask: &Ask<'_>) -> Option<(usize, &'r Then)> {
    if rules.is_empty() {
        return None;
    }
    let facts = (ask.facts)();
    let found = rules.iter().enumerate().find(|(_, rule)| rule.when.holds(&facts, ask.header))?;
    Some((found.0, &found.1.then))
}

struct Gathering<'a, 'b> {
    ask: &'a Ask<'b>,
    health: &'a Health,
    now: Instant,
    then: Option<&'a Then>,
}

impl Gathering<'_, '_> {
    fn add(&self, model: &Model, stage: u16, candidates: &mut Vec<Candidate>) {
        for offer in &model.offers {
            let channel = &offer.channel;
            let Some(dialect) = self.ask.dialect.through(&channel.dialects) else { continue };
            let (only, prefer) = self.then.map_or((&[][..], &[][..]), |then| (&then.only, &then.prefer));
            if stage == 0 && !only.is_empty() && !channel.is_named(only) {
                continue;
            }
            let preferred = stage == 0 && !prefer.is_empty() && channel.is_named(prefer);
            if channel.credentials.is_empty() {
                candidates.push(self.candidate(offer, None, dialect, stage, preferred));
            }
            for index in 0..channel.credentials.len() {
                candidates.push(self.candidate(offer, Some(index), dialect, stage, preferred));
            }
        }
    }

    fn candidate(
        &self,
        offer: &Offer,
        index: Option<usize>,
        dialect: Dialect,
        stage: u16,
        preferred: bool,
    ) -> Candidate {
        let channel = &offer.channel;
        let credential = index.and_then(|index| channel.credentials.get(index));
        let place = Place { channel: channel.id, credential: credential.map(|credential| credential.id) };
        let slot = self.health.slot(place, &offer.upstream_model);
        let (standing, figures) = slot.look(self.now);
        let sticky = self.ask.bound.is_some_and(|bound| bound.place == place);
        let share = credential.map_or(1, |credential| u64::from(credential.weight.max(1)));
        Candidate {
            cost: score::expected_cost(offer, self.ask, sticky),
            offer: offer.clone(),
            credential: index,
            dialect,
            slot,
            standing,
            figures,
            stage,
            preferred,
            sticky,
            weight: u64::from(channel.weight.max(1)).saturating_mul(share),
            score: None,
        }
    }
}

/// When the soonest of these may be tried, and what is in the way of all of them if that is one thing.
pub fn soonest(candidates: &[Candidate], now: Instant) -> Option<(Duration, Option<Shut>)> {
    let waits = candidates.iter().filter_map(|candidate| match candidate.slot.standing(now) {
        Standing::Shut(why, until) => Some((until.saturating_duration_since(now), Some(why))),
        Standing::Ready | Standing::Probe => None,
    });
    waits.reduce(|(soonest, all), (wait, why)| (soonest.min(wait), all.filter(|_| all == why)))
}

#[cfg(test)]
mod tests;
