//! What providers told, once each: so that what comes again is known, and what fits nothing is not lost.

use super::Topups;
use crate::{
    db::Tx,
    error::Result,
    events::{self, NewEvent},
    sql, time,
};
use domain::ids::TopupId;

/// Something a provider told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Who.
    pub provider: &'static str,
    /// What they call it.
    pub event: String,
    /// What kind of thing it is, in their words.
    pub kind: String,
}

/// Keeps it; whether it is new.
pub(super) async fn keep(tx: &mut Tx, told: &Told, topup: Option<TopupId>) -> Result<bool> {
    write(tx, told, topup, "").await
}

async fn write(tx: &mut Tx, told: &Told, topup: Option<TopupId>, detail: &str) -> Result<bool> {
    let insert = sql!(
        "INSERT INTO payment_events (provider, event, kind, topup, detail, time) VALUES ($1, $2, $3, $4, $5, $6) \
         ON CONFLICT (provider, event) DO NOTHING",
        told.provider,
        &told.event,
        &told.kind,
        topup,
        detail,
        time::now_us()
    );
    Ok(tx.execute(insert).await? == 1)
}

impl Topups<'_> {
    /// Whether this was told before, and is dealt with.
    ///
    /// # Errors
    /// Any of [`crate::Error`]'s database kinds.
    pub async fn is_known(self, told: &Told) -> Result<bool> {
        let select =
            sql!("SELECT time FROM payment_events WHERE provider = $1 AND event = $2", told.provider, &told.event);
        Ok(self.0.db().fetch_optional(select).await?.is_some())
    }

    /// Keeps what fits no order, and tells those who run the place, once.
    ///
    /// # Errors
    /// Any of [`crate::Error`]'s database kinds.
    pub async fn unmatched(self, told: &Told, detail: &str) -> Result<()> {
        let mut tx = self.0.db().begin().await?;
        if write(&mut tx, told, None, detail).await? {
            let detail = format!("{} {} {}: {detail}", told.provider, told.kind, told.event);
            events::insert(&mut tx, &NewEvent::now("payment_unmatched", detail)).await?;
        }
        tx.commit().await
    }
}
