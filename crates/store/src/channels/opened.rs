//! A channel with its secrets opened, enabled or not: for testing it. What serves requests is in the catalogue.

use super::{Channels, place, rows};
use crate::{error::Result, sql};
use domain::{
    channel::{Channel, Credential},
    ids::{ChannelId, CredentialId},
    secret::CredentialSecret,
};

impl Channels<'_> {
    /// One channel as the relay would use it.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`]; [`crate::Error::Seal`] when a credential does not open.
    pub async fn opened(self, id: ChannelId) -> Result<Channel> {
        let mut tx = self.0.db().snapshot().await?;
        let row = rows::read(&mut tx, self.0.sealer(), id).await?;
        let with_proxy = tx.fetch_one(sql!("SELECT id, proxy FROM channels WHERE id = $1", id)).await?;
        let proxy = rows::proxy(&with_proxy, self.0.sealer())?;
        let select = sql!("SELECT id, name, secret, weight FROM credentials WHERE channel = $1 ORDER BY id", id);
        let mut credentials = Vec::new();
        for credential in tx.fetch_all(select).await? {
            let own = CredentialId(credential.int("id")?);
            let sealed = credential.bytes("secret")?;
            let secret = self.0.sealer().open_text(place(&own.to_string(), &id.to_string()), &sealed)?;
            credentials.push(Credential {
                id: own,
                name: credential.text("name")?,
                secret: CredentialSecret::new(secret),
                weight: rows::weight(&credential)?,
            });
        }
        Ok(Channel {
            id,
            name: row.name,
            provider: row.provider,
            base_url: row.base_url,
            dialects: row.dialects,
            priority: row.priority,
            weight: row.weight,
            timeouts: row.timeouts,
            allow_private_network: row.allow_private_network,
            credentials,
            settings: row.settings,
            proxy,
        })
    }
}
