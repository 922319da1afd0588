//! What fits together: a total beside its lines, a wallet beside what was charged to it, requests beside their percentiles.

use crate::{
    db::{Db, Tx},
    error::Result,
    ledger::listing,
    overview::{self, Overview},
    usage::{Durations, Event, Filter, GroupBy, Line, Of, Place, durations, event, summary},
    words::{Listing, Page},
};
use domain::ids::TenantId;
use std::collections::HashMap;

/// One moment of the books. Requests that are posted later are in none of its answers.
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
        summary::summary(&mut self.0, filter, groups).await
    }

    /// Requests, sale and cost by `groups`; the other sums are 0.
    ///
    /// # Errors
    /// The database's.
    pub async fn margin(&mut self, filter: &Filter, groups: &[GroupBy]) -> Result<Vec<Line>> {
        summary::margin(&mut self.0, filter, groups).await
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
        durations::durations(&mut self.0, filter, groups).await
    }

    /// The newest requests before `before` (`None`: the newest of all), newest first.
    ///
    /// # Errors
    /// The database's.
    pub async fn requests(&mut self, filter: &Filter, before: Option<Place>, limit: u32) -> Result<Vec<Event>> {
        event::page(&mut self.0, filter, before, limit).await
    }

    /// At most `limit` lines of a wallet before line `before` (`None`: the newest), newest first.
    ///
    /// # Errors
    /// The database's.
    pub async fn transfers(&mut self, tenant: TenantId, before: Option<i64>, limit: u32) -> Result<Vec<listing::Line>> {
        listing::lines(&mut self.0, tenant, before, limit).await
    }

    /// One tenant with what it spent since `since_us`.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`].
    pub async fn tenant(&mut self, since_us: i64, tenant: TenantId) -> Result<Overview> {
        overview::one(&mut self.0, since_us, tenant).await
    }

    /// Tenants, newest first, with what they spent since `since_us`.
    ///
    /// # Errors
    /// The database's.
    pub async fn tenants(&mut self, since_us: i64, page: Page) -> Result<Listing<Overview>> {
        overview::listing(&mut self.0, since_us, page).await
    }
}
