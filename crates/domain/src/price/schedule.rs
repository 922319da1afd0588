//! Versions of a price by when they begin to hold.

use super::Price;
use std::sync::Arc;

/// What holds when. Most have one version, which holds already.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Schedule {
    /// Microseconds since 1970 from which each holds, earliest first.
    versions: Vec<(i64, Arc<Price>)>,
}

impl Schedule {
    /// Adds a version. Of two that begin at one moment, the one added later holds.
    pub fn add(&mut self, from_us: i64, price: Arc<Price>) {
        let place = self.versions.partition_point(|(from, _)| *from <= from_us);
        self.versions.insert(place, (from_us, price));
    }

    /// What holds at this moment; `None`: nothing.
    pub fn at(&self, time_us: i64) -> Option<&Arc<Price>> {
        self.versions.iter().rev().find(|(from, _)| *from <= time_us).map(|(_, price)| price)
    }
}

impl From<Option<Arc<Price>>> for Schedule {
    /// Holds always, or never.
    fn from(price: Option<Arc<Price>>) -> Self {
        price.map(Self::from).unwrap_or_default()
    }
}

impl From<Arc<Price>> for Schedule {
    /// Holds always.
    fn from(price: Arc<Price>) -> Self {
        Self { versions: vec![(i64::MIN, price)] }
    }
}
