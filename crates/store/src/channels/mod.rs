//! Channels: configured ways to providers, with their credentials (sealed) and the models they carry (with their cost).
//!
//! A deleted channel's row stays without secrets and models, so that old requests keep its name.

mod input;
mod opened;
mod rows;
mod settings;

pub use input::{BaseUrl, ChannelPatch, CredentialPatch, NewChannel, NewCredential, NewOffer};
pub use rows::{ChannelRow, CredentialRow, OfferRow};
pub(crate) use rows::{channel, proxy, weight};
pub(crate) use settings::check_limits;

use crate::{
    Store,
    change::{Actor, Announce, Change, NOTHING, to_json},
    db::Tx,
    error::{Error, Result},
    ids,
    prices::{self, Scope, standing},
    seal::{Place, last4},
    sql, time,
    words::{Listing, Page},
};
use domain::{
    channel::Proxy,
    ids::{ChannelId, CredentialId, PriceId},
};

const NAME_TAKEN: &str = "another channel has this name";

/// Where a credential's secret is sealed to.
pub(crate) fn place<'a>(credential: &'a str, channel: &'a str) -> Place<'a> {
    Place { table: "credentials", row: credential, owner: channel }
}

/// Where a channel's proxy is sealed to.
pub(crate) fn proxy_place(channel: &str) -> Place<'_> {
    Place { table: "channels", row: channel, owner: "proxy" }
}

/// Channels. From [`Store::channels`].
#[derive(Debug, Clone, Copy)]
pub struct Channels<'a>(pub(crate) &'a Store);

impl Channels<'_> {
    /// Makes a channel with its credentials and models.
    ///
    /// # Errors
    /// [`Error::Conflict`] for a name that is taken; [`Error::Invalid`] for what a channel cannot have.
    pub async fn create(self, actor: &Actor, new: NewChannel) -> Result<ChannelRow> {
        let new = new.check()?;
        let mut change = self.0.change(actor).await?;
        let id = ChannelId(ids::next());
        let insert = sql!(
            "INSERT INTO channels (id, name, provider, base_url, dialects, priority, weight, enabled, timeouts, \
             allow_private_network, settings, proxy, created) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
            id,
            &new.name,
            new.provider.as_str(),
            new.base_url.as_str(),
            to_json(&new.dialects)?,
            new.priority,
            new.weight,
            new.enabled,
            to_json(&new.timeouts)?,
            new.allow_private_network,
            to_json(&new.settings)?,
            self.sealed_proxy(id, new.proxy.as_ref())?,
            time::now_us()
        );
        change.tx.execute(insert).await.map_err(|e| e.duplicate_means(NAME_TAKEN))?;
        for credential in &new.credentials {
            self.add_credential(&mut change.tx, id, credential).await?;
        }
        write_offers(&mut change.tx, actor, id, &new.models).await?;
        self.finish(change, "channel.create", id, None).await
    }

    /// One channel.
    ///
    /// # Errors
    /// [`Error::NotFound`], also for a deleted one.
    pub async fn get(self, id: ChannelId) -> Result<ChannelRow> {
        let mut tx = self.0.db().snapshot().await?;
        rows::read(&mut tx, self.0.sealer(), id).await
    }

    /// Channels, newest first.
    ///
    /// # Errors
    /// Any of [`Error`]'s database kinds.
    pub async fn list(self, page: Page) -> Result<Listing<ChannelRow>> {
        let mut tx = self.0.db().snapshot().await?;
        let select = sql!(
            "SELECT id FROM channels WHERE id < $1 AND deleted_at IS NULL ORDER BY id DESC LIMIT $2",
            page.before(),
            page.fetch()
        );
        let mut found = Vec::new();
        for row in tx.fetch_all(select).await? {
            found.push(rows::read(&mut tx, self.0.sealer(), ChannelId(row.int(0)?)).await?);
        }
        Ok(page.cut(found, |channel| channel.id.0))
    }

    /// The name of every channel there ever was, for reports about the past.
    ///
    /// # Errors
    /// Any of [`Error`]'s database kinds.
    pub async fn names(self) -> Result<Vec<(ChannelId, String)>> {
        let found = self.0.db().fetch_all(sql!("SELECT id, name FROM channels ORDER BY id")).await?;
        found.iter().map(|row| Ok((ChannelId(row.int(0)?), row.text(1)?))).collect()
    }

    /// Changes a channel. Lists are replaced as a whole; a credential without a secret keeps the one of its name.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Conflict`] for a name that is taken; [`Error::Invalid`] for what it cannot have.
    pub async fn patch(self, actor: &Actor, id: ChannelId, patch: ChannelPatch) -> Result<ChannelRow> {
        let mut change = self.0.change(actor).await?;
        let before = rows::read(&mut change.tx, self.0.sealer(), id).await?;
        let after = patch.onto(&before)?;
        let update = sql!(
            "UPDATE channels SET name = $1, base_url = $2, dialects = $3, priority = $4, weight = $5, enabled = $6, \
             timeouts = $7, allow_private_network = $8, settings = $9 WHERE id = $10",
            &after.name,
            &after.base_url,
            to_json(&after.dialects)?,
            after.priority,
            after.weight,
            after.enabled,
            to_json(&after.timeouts)?,
            after.allow_private_network,
            to_json(&after.settings)?,
            id
        );
        change.tx.execute(update).await.map_err(|e| e.duplicate_means(NAME_TAKEN))?;
        if let Some(proxy) = &patch.proxy {
            let sealed = self.sealed_proxy(id, proxy.as_ref())?;
            change.tx.execute(sql!("UPDATE channels SET proxy = $1 WHERE id = $2", sealed, id)).await?;
        }
        if let Some(credentials) = &patch.credentials {
            self.replace_credentials(&mut change.tx, &before, credentials).await?;
        }
        if let Some(models) = &patch.models {
            write_offers(&mut change.tx, actor, id, models).await?;
        }
        self.finish(change, "channel.patch", id, Some(before)).await
    }

    /// Deletes a channel and its secrets. Running requests end undisturbed.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn delete(self, actor: &Actor, id: ChannelId) -> Result<()> {
        let mut change = self.0.change(actor).await?;
        let before = rows::read(&mut change.tx, self.0.sealer(), id).await?;
        change.tx.execute(sql!("DELETE FROM credentials WHERE channel = $1", id)).await?;
        change.tx.execute(sql!("DELETE FROM channel_models WHERE channel = $1", id)).await?;
        standing::forget_all(&mut change.tx, &Scope::Cost(id)).await?;
        let mark =
            sql!("UPDATE channels SET deleted_at = $1, enabled = 0, proxy = NULL WHERE id = $2", time::now_us(), id);
        change.tx.execute(mark).await?;
        change.announce(Announce::Catalog).await?;
        change.audit("channel.delete", id, Some(&before), NOTHING).await?;
        change.commit().await
    }

    /// Reads the channel as it is now, tells the nodes, writes the audit row, commits.
    async fn finish(
        self,
        mut change: Change<'_>,
        action: &'static str,
        id: ChannelId,
        before: Option<ChannelRow>,
    ) -> Result<ChannelRow> {
        let after = rows::read(&mut change.tx, self.0.sealer(), id).await?;
        change.announce(Announce::Catalog).await?;
        change.audit(action, id, before.as_ref(), Some(&after)).await?;
        change.commit().await?;
        Ok(after)
    }

    fn sealed_proxy(self, id: ChannelId, proxy: Option<&Proxy>) -> Result<Option<Vec<u8>>> {
        let seal = |proxy: &Proxy| self.0.sealer().seal(proxy_place(&id.to_string()), proxy.0.expose().as_bytes());
        proxy.map(seal).transpose()
    }

    async fn add_credential(self, tx: &mut Tx, channel: ChannelId, new: &NewCredential) -> Result<()> {
        let id = CredentialId(ids::next());
        let secret = new.secret.expose();
        let sealed = self.0.sealer().seal(place(&id.to_string(), &channel.to_string()), secret.as_bytes())?;
        let insert = sql!(
            "INSERT INTO credentials (id, channel, name, secret, last4, weight, created) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
            id,
            channel,
            &new.name,
            sealed,
            last4(secret),
            new.weight,
            time::now_us()
        );
        tx.execute(insert).await.map(drop).map_err(|e| e.duplicate_means("two credentials have the same name"))
    }

    async fn replace_credentials(self, tx: &mut Tx, before: &ChannelRow, list: &[CredentialPatch]) -> Result<()> {
        for old in &before.credentials {
            let kept = list.iter().find(|new| new.name.as_str() == old.name && new.secret.is_none());
            let update = match kept {
                Some(new) => sql!("UPDATE credentials SET weight = $1 WHERE id = $2", new.weight, old.id),
                None => sql!("DELETE FROM credentials WHERE id = $1", old.id),
            };
            tx.execute(update).await?;
        }
        for new in list {
            let known = before.credentials.iter().any(|old| old.name == new.name.as_str());
            match &new.secret {
                Some(secret) => {
                    let new = NewCredential { name: new.name.clone(), secret: secret.clone(), weight: new.weight };
                    self.add_credential(tx, before.id, &new).await?;
                }
                None if known => {}
                None => return Err(Error::invalid("credentials", "a new credential needs a secret")),
            }
        }
        Ok(())
    }
}

/// Replaces the models a channel carries. A cost that did not change keeps its version, and what is to follow it.
async fn write_offers(tx: &mut Tx, actor: &Actor, channel: ChannelId, offers: &[NewOffer]) -> Result<()> {
    let (old, scope, now) = (rows::offers(tx, channel).await?, Scope::Cost(channel), time::now_us());
    tx.execute(sql!("DELETE FROM channel_models WHERE channel = $1", channel)).await?;
    let has_cost = |model: &str| offers.iter().any(|new| new.model.as_str() == model && new.cost.is_some());
    for gone in old.iter().filter(|old| !has_cost(&old.model)) {
        standing::forget(tx, &gone.model, &scope, i64::MAX).await?;
    }
    for offer in offers {
        let model = offer.model.as_str();
        let known = old.iter().find(|old| old.model == model).and_then(|old| old.cost.as_ref());
        let cost: Option<PriceId> = match (&offer.cost, known) {
            (None, _) => None,
            (Some(tariff), Some(price)) if price.tariff == *tariff => Some(price.id),
            (Some(tariff), _) => Some(prices::add_version(tx, actor, model, &scope, (tariff, now)).await?.id),
        };
        // Either is what holds now, whatever began before it.
        standing::forget(tx, model, &scope, now).await?;
        let insert = sql!(
            "INSERT INTO channel_models (channel, model, upstream, cost_price) VALUES ($1, $2, $3, $4)",
            channel,
            model,
            offer.upstream.as_ref().map_or(model, |upstream| upstream.as_str()),
            cost
        );
        tx.execute(insert).await.map_err(|e| e.duplicate_means("a model is listed twice"))?;
    }
    Ok(())
}
