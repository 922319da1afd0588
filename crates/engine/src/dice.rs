//! Where chance comes from: the thread's own source, or one number, so that a simulation can be run again.

use parking_lot::Mutex;
use rand::{Rng, RngCore, SeedableRng, rngs::StdRng};

/// See the module.
#[derive(Debug, Default)]
pub struct Dice(Option<Mutex<StdRng>>);

impl Dice {
    /// Of the thread, or of this number.
    pub fn new(seed: Option<u64>) -> Self {
        Self(seed.map(|seed| Mutex::new(StdRng::seed_from_u64(seed))))
    }

    /// Throws them.
    pub(crate) fn throw<T>(&self, with: impl FnOnce(&mut dyn RngCore) -> T) -> T {
        match &self.0 {
            None => with(&mut rand::rng()),
            Some(seeded) => with(&mut *seeded.lock()),
        }
    }

    /// In 0 to 1.
    pub(crate) fn share(&self) -> f64 {
        self.throw(|random| random.random())
    }
}
