//! Setting, scheduling, cancelling and clearing prices.

use super::{PriceVersion, Prices, Scope, check_tariff, standing};
use crate::{
    change::{Actor, Announce, Change, NOTHING, to_json},
    db::Tx,
    error::{Error, Result},
    groups, ids, sql, time,
    words::ModelName,
};
use domain::{ids::PriceId, price::Tariff};

/// A version to be.
#[derive(Debug, Clone)]
pub struct NewPrice {
    /// Whose.
    pub scope: Scope,
    /// Rates and tiers.
    pub tariff: Tariff,
    /// Microseconds since 1970 from which it holds; `None`: at once.
    pub valid_from_us: Option<i64>,
}

/// A version that is to follow the one that was seen.
#[derive(Debug, Clone)]
pub struct Successor {
    /// The public model name.
    pub model: ModelName,
    /// What follows.
    pub new: NewPrice,
    /// What was seen to hold when it begins; `None`: nothing.
    pub follows: Option<PriceId>,
}

impl Successor {
    /// Refuses it where another version was set meanwhile. The caller holds the change's lock.
    async fn must_follow(&self, tx: &mut Tx) -> Result<()> {
        let (model, begins_us) = (self.model.as_str(), self.new.valid_from_us.unwrap_or_else(time::now_us));
        let all = standing::read(tx, Some(model), None).await?;
        let holding = standing::holding(&all, model, &self.new.scope, begins_us);
        if holding.map(|version| version.id) == self.follows {
            return Ok(());
        }
        Err(Error::Conflict(format!("another price of {model} was set meanwhile: look again").into()))
    }
}

/// Adds the next version. The caller holds the change's lock, so versions count up without gaps.
pub(crate) async fn add_version(
    tx: &mut Tx,
    actor: &Actor,
    model: &str,
    scope: &Scope,
    (tariff, valid_from_us): (&Tariff, i64),
) -> Result<PriceVersion> {
    check_tariff(tariff)?;
    let channel = scope.channel();
    let newest = sql!(
        "SELECT CAST(COALESCE(MAX(version), 0) AS BIGINT) FROM prices \
         WHERE scope = $1 AND model = $2 AND COALESCE(channel, 0) = $3",
        scope.word(),
        model,
        channel.map_or(0, |channel| channel.0)
    );
    let made = PriceVersion {
        id: PriceId(ids::next()),
        model: model.to_owned(),
        scope: scope.clone(),
        version: tx.fetch_one(newest).await?.int(0)? + 1,
        tariff: tariff.clone(),
        valid_from_us,
        created_by: actor.label(),
    };
    let insert = sql!(
        "INSERT INTO prices (id, scope, model, channel, tenant_group, version, rates, valid_from, created_by) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        made.id,
        scope.word(),
        model,
        channel,
        scope.group(),
        made.version,
        to_json(&made.tariff)?,
        made.valid_from_us,
        &made.created_by
    );
    tx.execute(insert).await?;
    Ok(made)
}

impl Prices<'_> {
    /// Sets what everybody pays for a model, for requests admitted from now on.
    ///
    /// # Errors
    /// As [`Self::put`].
    pub async fn put_sale(self, actor: &Actor, model: &ModelName, tariff: impl Into<Tariff>) -> Result<PriceVersion> {
        let new = NewPrice { scope: Scope::sale(), tariff: tariff.into(), valid_from_us: None };
        self.put(actor, model, new).await
    }

    /// Sets a price: a new version, in force for requests admitted from now on, or from a moment to come.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a tariff that is none, a moment that has passed or a group that does not exist;
    /// [`Error::NotFound`] where the channel does not carry the model.
    pub async fn put(self, actor: &Actor, model: &ModelName, new: NewPrice) -> Result<PriceVersion> {
        check_tariff(&new.tariff)?;
        let mut change = self.0.change(actor).await?;
        let made = put_one(&mut change, actor, model, &new).await?;
        change.commit().await?;
        Ok(made)
    }

    /// Sets several, all of them or none.
    ///
    /// # Errors
    /// [`Error::Conflict`] where what one is to follow no longer holds; as [`Self::put`].
    pub async fn put_all(self, actor: &Actor, all: &[Successor]) -> Result<Vec<PriceVersion>> {
        let mut change = self.0.change(actor).await?;
        let mut made = Vec::with_capacity(all.len());
        for one in all {
            one.must_follow(&mut change.tx).await?;
            made.push(put_one(&mut change, actor, &one.model, &one.new).await?);
        }
        change.commit().await?;
        Ok(made)
    }

    /// Cancels a version that has not begun.
    ///
    /// # Errors
    /// [`Error::NotFound`] for one that is not to come, because it was cancelled, followed by another, or never was;
    /// [`Error::Conflict`] for one that has begun.
    pub async fn cancel(self, actor: &Actor, id: PriceId) -> Result<()> {
        let mut change = self.0.change(actor).await?;
        let model = change.tx.fetch_optional(sql!("SELECT model FROM prices WHERE id = $1", id)).await?;
        let model = model.ok_or(Error::NotFound("price"))?.text(0)?;
        let all = standing::read(&mut change.tx, Some(&model), None).await?;
        let found = all.iter().find(|it| it.version.id == id).ok_or(Error::NotFound("price to come"))?;
        if found.begins_us <= time::now_us() {
            return Err(Error::Conflict("the price holds already: set another instead".into()));
        }
        change.tx.execute(sql!("DELETE FROM standing_prices WHERE price = $1", id)).await?;
        change.announce(Announce::Catalog).await?;
        change.audit("price.cancel", model, Some(&found.version), NOTHING).await?;
        change.commit().await
    }

    /// Takes a price away, and what was to follow it: a model without a sale price can no longer be called, a group pays
    /// what everybody pays.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is none.
    pub async fn clear(self, actor: &Actor, model: &ModelName, scope: &Scope) -> Result<()> {
        let mut change = self.0.change(actor).await?;
        let standing = standing::read(&mut change.tx, Some(model.as_str()), None).await?;
        let before = standing::holding(&standing, model.as_str(), scope, time::now_us());
        let forgotten = standing::forget(&mut change.tx, model.as_str(), scope, i64::MAX).await?;
        let pointer = match scope {
            Scope::Sale(group) if group.is_empty() => {
                Some(sql!("UPDATE models SET sale_price = NULL WHERE name = $1", model))
            }
            Scope::Sale(_) => None,
            Scope::Cost(channel) => Some(sql!(
                "UPDATE channel_models SET cost_price = NULL WHERE channel = $1 AND model = $2",
                *channel,
                model
            )),
        };
        if before.is_none() && forgotten == 0 {
            return Err(Error::NotFound("price"));
        }
        if let Some(pointer) = pointer {
            change.tx.execute(pointer).await?;
        }
        change.announce(Announce::Catalog).await?;
        change.audit("price.clear", model, before, NOTHING).await?;
        change.commit().await
    }
}

async fn put_one(change: &mut Change<'_>, actor: &Actor, model: &ModelName, new: &NewPrice) -> Result<PriceVersion> {
    let (now, name) = (time::now_us(), model.as_str());
    if new.valid_from_us.is_some_and(|from| from < now) {
        return Err(Error::invalid("valid_from", "must not be in the past"));
    }
    must_fit(&mut change.tx, model, &new.scope).await?;
    let all = standing::read(&mut change.tx, Some(name), None).await?;
    let before = standing::holding(&all, name, &new.scope, now);
    let times = (&new.tariff, new.valid_from_us.unwrap_or(now));
    let made = add_version(&mut change.tx, actor, name, &new.scope, times).await?;
    match new.valid_from_us {
        Some(from) => standing::add(&mut change.tx, made.id, from).await?,
        None => begin(&mut change.tx, &made).await?,
    }
    change.announce(Announce::Catalog).await?;
    change.audit("price.put", model, before, Some(&made)).await?;
    Ok(made)
}

/// A version holds from now on; what is to come stays.
pub(crate) async fn begin(tx: &mut Tx, made: &PriceVersion) -> Result<()> {
    standing::forget(tx, &made.model, &made.scope, time::now_us()).await?;
    let point = match &made.scope {
        Scope::Sale(group) if group.is_empty() => {
            sql!("UPDATE models SET sale_price = $1 WHERE name = $2", made.id, &made.model)
        }
        Scope::Sale(_) => return standing::add(tx, made.id, 0).await,
        Scope::Cost(channel) => sql!(
            "UPDATE channel_models SET cost_price = $1 WHERE channel = $2 AND model = $3",
            made.id,
            *channel,
            &made.model
        ),
    };
    tx.execute(point).await.map(drop)
}

/// Whose price it is must be there; a model comes to be by its sale price.
async fn must_fit(tx: &mut Tx, model: &ModelName, scope: &Scope) -> Result<()> {
    match scope {
        Scope::Sale(group) => {
            if !group.is_empty() && !groups::exists(tx, group).await? {
                return Err(Error::invalid("group", "there is no such group"));
            }
            let make = sql!(
                "INSERT INTO models (name, created) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING",
                model,
                time::now_us()
            );
            tx.execute(make).await.map(drop)
        }
        Scope::Cost(channel) => {
            let carried = sql!("SELECT 1 FROM channel_models WHERE channel = $1 AND model = $2", *channel, model);
            tx.fetch_optional(carried).await?.map(drop).ok_or(Error::NotFound("model on this channel"))
        }
    }
}
