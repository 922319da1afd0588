//! Prices: immutable versions. A new price is a new row; the model (or a channel's model) points at the newest.

use crate::{
    Store,
    change::{Actor, Announce, NOTHING, to_json},
    db::{Row, Tx},
    error::{Error, Result},
    ids, sql, time,
    words::{Listing, ModelName, Page},
};
use domain::{
    ids::{ChannelId, PriceId},
    price::{Price, Rates},
};
use serde::Serialize;

/// One version of a price.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PriceVersion {
    /// Which.
    pub id: PriceId,
    /// The public model name.
    pub model: String,
    /// The channel whose cost it is; `None` for a sale price.
    pub channel: Option<ChannelId>,
    /// Counts up from 1 for each model (and channel).
    pub version: i64,
    /// The rates.
    pub rates: Rates,
    /// In force from, microseconds since 1970.
    pub valid_from_us: i64,
    /// Who set it.
    pub created_by: String,
}

/// The price in a row with `id` and `rates`, under other names perhaps.
pub(crate) fn price(row: &Row, id: &str, rates: &str) -> Result<Option<Price>> {
    let (Some(id), Some(rates)) = (row.opt_int(id)?, row.opt_text(rates)?) else { return Ok(None) };
    Ok(Some(Price::new(PriceId(id), read_rates(&rates)?)))
}

fn read_rates(json: &str) -> Result<Rates> {
    serde_json::from_str(json).map_err(|_| Error::Corrupt("price"))
}

fn version(row: &Row) -> Result<PriceVersion> {
    Ok(PriceVersion {
        id: PriceId(row.int("id")?),
        model: row.text("model")?,
        channel: row.opt_int("channel")?.map(ChannelId),
        version: row.int("version")?,
        rates: read_rates(&row.text("rates")?)?,
        valid_from_us: row.int("valid_from")?,
        created_by: row.text("created_by")?,
    })
}

/// Refuses rates that no price may have.
pub(crate) fn check_rates(rates: &Rates) -> Result<()> {
    if rates.any_negative() { Err(Error::invalid("price", "a rate must not be negative")) } else { Ok(()) }
}

/// Adds the next version. The caller holds the change's lock, so versions count up without gaps.
pub(crate) async fn add_version(
    tx: &mut Tx,
    actor: &Actor,
    model: &str,
    channel: Option<ChannelId>,
    rates: Rates,
) -> Result<PriceVersion> {
    check_rates(&rates)?;
    let scope = if channel.is_some() { "cost" } else { "sale" };
    let newest = sql!(
        "SELECT CAST(COALESCE(MAX(version), 0) AS BIGINT) FROM prices \
         WHERE scope = $1 AND model = $2 AND COALESCE(channel, 0) = $3",
        scope,
        model,
        channel.map_or(0, |channel| channel.0)
    );
    let made = PriceVersion {
        id: PriceId(ids::next()),
        model: model.to_owned(),
        channel,
        version: tx.fetch_one(newest).await?.int(0)? + 1,
        rates,
        valid_from_us: time::now_us(),
        created_by: actor.label(),
    };
    let insert = sql!(
        "INSERT INTO prices (id, scope, model, channel, version, rates, valid_from, created_by) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        made.id,
        scope,
        model,
        channel,
        made.version,
        to_json(&made.rates)?,
        made.valid_from_us,
        &made.created_by
    );
    tx.execute(insert).await?;
    Ok(made)
}

/// Prices. From [`Store::prices`].
#[derive(Debug, Clone, Copy)]
pub struct Prices<'a>(pub(crate) &'a Store);

impl Prices<'_> {
    /// Sets a model's sale price: a new version, in force for requests admitted from now on.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a negative rate.
    pub async fn put_sale(self, actor: &Actor, model: &ModelName, rates: Rates) -> Result<PriceVersion> {
        check_rates(&rates)?;
        let mut change = self.0.change(actor).await?;
        let current = sql!("SELECT p.* FROM models m JOIN prices p ON p.id = m.sale_price WHERE m.name = $1", model);
        let before = change.tx.fetch_optional(current).await?.as_ref().map(version).transpose()?;
        let made = add_version(&mut change.tx, actor, model.as_str(), None, rates).await?;
        let point = sql!(
            "INSERT INTO models (name, sale_price, created) VALUES ($1, $2, $3) \
             ON CONFLICT (name) DO UPDATE SET sale_price = excluded.sale_price",
            model,
            made.id,
            made.valid_from_us
        );
        change.tx.execute(point).await?;
        change.announce(Announce::Catalog).await?;
        change.audit("price.put", model, before.as_ref(), Some(&made)).await?;
        change.commit().await?;
        Ok(made)
    }

    /// One version.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn get(self, id: PriceId) -> Result<PriceVersion> {
        let row = self.0.db().fetch_optional(sql!("SELECT * FROM prices WHERE id = $1", id)).await?;
        row.as_ref().map_or(Err(Error::NotFound("price")), version)
    }

    /// Every version of a model's sale price (or its cost on a channel), newest first.
    ///
    /// # Errors
    /// Any of [`Error`]'s database kinds.
    pub async fn history(
        self,
        model: &ModelName,
        channel: Option<ChannelId>,
        page: Page,
    ) -> Result<Listing<PriceVersion>> {
        let select = sql!(
            "SELECT * FROM prices WHERE scope = $1 AND model = $2 AND COALESCE(channel, 0) = $3 AND version < $4 \
             ORDER BY version DESC LIMIT $5",
            if channel.is_some() { "cost" } else { "sale" },
            model,
            channel.map_or(0, |channel| channel.0),
            page.before(),
            page.fetch()
        );
        let rows = self.0.db().fetch_all(select).await?;
        Ok(page.cut(rows.iter().map(version).collect::<Result<_>>()?, |price| price.version))
    }

    /// Takes a model's sale price away: it can no longer be called.
    ///
    /// # Errors
    /// [`Error::NotFound`] when it has none.
    pub async fn clear_sale(self, actor: &Actor, model: &ModelName) -> Result<()> {
        let mut change = self.0.change(actor).await?;
        let clear = sql!("UPDATE models SET sale_price = NULL WHERE name = $1 AND sale_price IS NOT NULL", model);
        if change.tx.execute(clear).await? == 0 {
            return Err(Error::NotFound("price"));
        }
        change.announce(Announce::Catalog).await?;
        change.audit("price.clear", model, NOTHING, NOTHING).await?;
        change.commit().await
    }
}
