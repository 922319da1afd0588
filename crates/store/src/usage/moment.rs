//! Several sums that fit together: a total beside its lines, requests beside their percentiles.

use super::{Durations, Filter, GroupBy, Line, Of, durations::durations, summary::summary};
use crate::{
    db::{Db, Tx},
    error::Result,
};
use std::collections::HashMap;

/// One moment of the roll-ups. Requests that are posted later are in none of its answers.
///
/// It keeps a connection: ask the database nothing else before it is dropped, or as many pages at once as there are
/// connections wait for each other.
#[derive(Debug)]
pub struct Moment(Tx);

impl Moment {
    /// Now.
    ///
    /// # Errors
    /// [`crate::Error::Unavailable`] when the database is away.
    pub async fn now(db: &Db) -> Result<Self> {
        Ok(Self(db.moment().await?))
    }

    /// Sums by `groups`, the largest charge first, or by time where that is asked for. Without groups: one line of
    /// everything.
    ///
    /// # Errors
    /// The database's.
    pub async fn summary(&mut self, filter: &Filter, groups: &[GroupBy]) -> Result<Vec<Line>> {
        summary(&mut self.0, filter, groups).await
    }

    /// Everything that fits, as one line.
    ///
    /// # Errors
    /// The database's.
    pub async fn total(&mut self, filter: &Filter) -> Result<Line> {
        Ok(self.summary(filter, &[]).await?.pop().unwrap_or_default())
    }

    /// How long requests took, by `groups`. They are counted by whole minutes, after some days by whole hours: a range
    /// that begins inside one begins with it. A filter by status or errors has no effect.
    ///
    /// # Errors
    /// The database's.
    pub async fn durations(&mut self, filter: &Filter, groups: &[GroupBy]) -> Result<HashMap<Of, Durations>> {
        durations(&mut self.0, filter, groups).await
    }
}
