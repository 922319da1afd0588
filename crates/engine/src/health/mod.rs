//! What this node knows of its upstreams: per credential and model whether it may be tried and how it did of late. On by
//! itself, no setting needed; each node decides alone.

mod account;
pub mod breaker;
pub mod decay;
mod permit;
mod slot;
mod standing;

pub use account::{Account, CONFIRMATIONS};
pub use permit::Permit;
pub use slot::Slot;
pub use standing::{Figures, Place, Shut, Standing, Turn};

use parking_lot::RwLock;
use std::{collections::HashMap, sync::Arc};

/// All slots, by credential and model.
#[derive(Debug, Default)]
pub struct Health {
    places: RwLock<HashMap<Place, Known>>,
}

#[derive(Debug, Default)]
struct Known {
    account: Arc<Account>,
    models: HashMap<Box<str>, Arc<Slot>>,
}

impl Health {
    /// The slot of a credential and a model's name upstream.
    pub fn slot(&self, place: Place, model: &str) -> Arc<Slot> {
        if let Some(slot) = self.places.read().get(&place).and_then(|known| known.models.get(model)) {
            return slot.clone();
        }
        let mut places = self.places.write();
        let known = places.entry(place).or_default();
        let make = || Arc::new(Slot::new(place, model, known.account.clone()));
        known.models.entry(model.into()).or_insert_with(make).clone()
    }

    /// Every slot that was ever used, in no order.
    pub fn slots(&self) -> Vec<Arc<Slot>> {
        self.places.read().values().flat_map(|known| known.models.values().cloned()).collect()
    }

    /// Forgets what was held against a channel: it has been changed, or its operator says so.
    pub fn reset(&self, of: impl Fn(Place) -> bool) {
        for (_, known) in self.places.read().iter().filter(|(place, _)| of(**place)) {
            known.models.values().for_each(|slot| slot.reset());
        }
    }

    /// Drops what is known of places that are no more.
    pub fn keep(&self, still_there: impl Fn(Place) -> bool) {
        self.places.write().retain(|place, _| still_there(*place));
    }
}
