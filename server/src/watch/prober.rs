//! Tries credentials that were refused again, so that no caller's request has to: one short request when its time has come,
//! within what a channel may spend on that in a day.

use crate::api::{
    ApiState,
    probe::{self, TestFields},
};
use domain::{ids::ChannelId, money::NanoUsd, ports::Catalog as _, price::TierName, usage::Usage};
use engine::{
    health::{Permit, Place, Slot, Standing, Turn},
    notices::Kind,
};
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::{Duration, Instant},
};
use store::events::NewEvent;
use tokio_util::sync::CancellationToken;

/// How often it is looked whose time has come.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How often channels that are no more are forgotten.
const SWEPT_EVERY: Duration = Duration::from_secs(60);
/// What a channel's probes may cost this node in a day: a cent.
const CAP: NanoUsd = NanoUsd(10_000_000);
/// What one is taken to cost where the cost is not known: a twentieth of that.
const UNKNOWN: NanoUsd = NanoUsd(500_000);
const DAY: Duration = Duration::from_secs(86_400);
/// The words of a probe, in tokens, as far as they are paid for.
const WORDS: u64 = 20;

/// What was spent on probes.
#[derive(Debug, Default)]
struct Spent(HashMap<ChannelId, (Instant, NanoUsd)>);

impl Spent {
    fn allows(&mut self, channel: ChannelId, now: Instant) -> bool {
        self.0.retain(|_, (since, _)| now.saturating_duration_since(*since) < DAY);
        self.0.get(&channel).is_none_or(|(_, spent)| *spent < CAP)
    }

    fn add(&mut self, channel: ChannelId, cost: NanoUsd, now: Instant) {
        let (_, spent) = self.0.entry(channel).or_insert((now, NanoUsd::ZERO));
        *spent = spent.saturating_add(cost);
    }
}

/// Probes until `stop`.
pub async fn watch(state: ApiState, stop: CancellationToken) {
    let mut looks = tokio::time::interval(LOOK_EVERY);
    looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut spent = Spent::default();
    let mut swept = Instant::now();
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = looks.tick() => {}
        }
        if swept.elapsed() >= SWEPT_EVERY {
            sweep(&state);
            swept = Instant::now();
        }
        for slot in due(&state) {
            tokio::select! {
                () = stop.cancelled() => return,
                () = probe_one(&state, &slot, &mut spent) => {}
            }
        }
    }
}

/// Forgets what is known of channels and credentials that are no more.
fn sweep(state: &ApiState) {
    let snapshot = state.catalog.snapshot();
    let channels = snapshot.models.values().flat_map(|model| &model.offers).map(|offer| &offer.channel);
    let places: HashSet<Place> = channels
        .flat_map(|channel| {
            let own = channel.credentials.iter().map(|credential| Some(credential.id));
            own.chain([None]).map(|credential| Place { channel: channel.id, credential })
        })
        .collect();
    state.health.keep(|place| places.contains(&place));
    state.templates.keep(|channel, credential| places.contains(&Place { channel, credential }));
    let channels: HashSet<ChannelId> = places.iter().map(|place| place.channel).collect();
    state.upstream.keep(|channel| channels.contains(&channel));
}

/// One slot of each credential that was refused and may be tried.
fn due(state: &ApiState) -> Vec<Arc<Slot>> {
    let now = tokio::time::Instant::now();
    let mut found: Vec<Arc<Slot>> = Vec::new();
    for slot in state.health.slots() {
        let waits = slot.is_refused() && slot.standing(now) == Standing::Probe;
        if waits && !found.iter().any(|other| other.place == slot.place) {
            found.push(slot);
        }
    }
    found
}

async fn probe_one(state: &ApiState, slot: &Arc<Slot>, spent: &mut Spent) {
    let channel = slot.place.channel;
    let snapshot = state.catalog.snapshot();
    let carried = snapshot.models.iter().find_map(|(name, model)| {
        let offer = model.offers.iter().find(|it| it.channel.id == channel && *it.upstream_model == *slot.model)?;
        Some((name.clone(), offer.clone()))
    });
    // A channel or model that is no more is nobody's to try.
    let Some((model, offer)) = carried else { return };
    if !spent.allows(channel, Instant::now()) {
        return;
    }
    let credential = offer.channel.credentials.iter().find(|it| Some(it.id) == slot.place.credential);
    let Some(permit) = slot.admit(tokio::time::Instant::now()) else { return };
    let fields = TestFields::of(model.clone(), credential.map(|credential| credential.name.clone()));
    let began = Instant::now();
    let outcome = probe::run(state, channel, fields).await;
    let output = outcome.as_ref().map_or(0, probe::TestShown::output_tokens);
    let usage = Usage { input: WORDS, output, ..Usage::default() };
    let price = offer.cost.at(store::time::now_us());
    let cost = price.map_or(UNKNOWN, |price| price.cost(&usage, TierName::STANDARD));
    spent.add(channel, cost, began);
    let Some(turn) = tell(permit, outcome.ok().as_ref(), began.elapsed()) else { return };
    let kind = Kind::Upstream(turn).as_str();
    metrics::counter!("turnpike_events_total", "kind" => kind).increment(1);
    let place = (Some(channel), slot.place.credential);
    let event =
        NewEvent { model, channel: place.0, credential: place.1, ..NewEvent::now(kind, "by a probe".to_owned()) };
    if let Err(error) = state.store.events().add(&[event]).await {
        tracing::warn!(%error, "an event could not be kept");
    }
}

/// What came of it, for the slot; what turned by it, if anything did.
fn tell(mut permit: Permit, outcome: Option<&probe::TestShown>, took: Duration) -> Option<Turn> {
    let shown = outcome?;
    if shown.is_ok() {
        return permit.served(took, true);
    }
    // No answer, or one that makes no sense, says nothing about the credential: the permit's end lets another try.
    permit.failed(shown.class()?, None, 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_channels_probes_stop_at_their_cap_for_the_day() {
        let (mut spent, now, channel) = (Spent::default(), Instant::now(), ChannelId(1));
        for _ in 0..20 {
            assert!(spent.allows(channel, now));
            spent.add(channel, UNKNOWN, now);
        }
        assert!(!spent.allows(channel, now));
        assert!(spent.allows(ChannelId(2), now));
        assert!(spent.allows(channel, now + DAY));
    }
}
