//! Channels as lists show them: whole, but for the secrets.

use super::{proxy_place, settings};
use crate::{
    db::{Row, Tx},
    error::{Error, Result},
    prices::{PriceVersion, Scope, standing},
    seal::Sealer,
    sql, time,
};
use domain::{
    channel::{ChannelSettings, Proxy, Timeouts},
    dialect::{Dialect, Provider},
    ids::{ChannelId, CredentialId},
    secret::CredentialSecret,
};
use serde::Serialize;

/// A channel as lists show it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ChannelRow {
    /// Which.
    pub id: ChannelId,
    /// What people call it.
    pub name: String,
    /// What is at the other end.
    pub provider: Provider,
    /// Where.
    pub base_url: String,
    /// What it speaks, preferred first.
    pub dialects: Vec<Dialect>,
    /// Higher comes first.
    pub priority: i32,
    /// Share among equals.
    pub weight: u32,
    /// Whether it is used.
    pub enabled: bool,
    /// How long it may take.
    pub timeouts: Timeouts,
    /// Whether it may be at a private address.
    pub allow_private_network: bool,
    /// How it is treated.
    pub settings: ChannelSettings,
    /// The way out, without user and password; `None`: the straight one.
    pub proxy: Option<String>,
    /// Microseconds since 1970.
    pub created_us: i64,
    /// Its secrets, masked.
    pub credentials: Vec<CredentialRow>,
    /// What it carries, by name.
    pub models: Vec<OfferRow>,
}

/// A credential, masked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CredentialRow {
    /// Which.
    pub id: CredentialId,
    /// What people call it.
    pub name: String,
    /// How its secret ends; empty for a short one.
    pub last4: String,
    /// Share among the channel's.
    pub weight: u32,
}

/// A model that a channel carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OfferRow {
    /// The public name.
    pub model: String,
    /// Its name there.
    pub upstream: String,
    /// What it costs us.
    pub cost: Option<PriceVersion>,
}

/// The columns of `channels`, without its lists.
pub(crate) fn channel(row: &Row) -> Result<ChannelRow> {
    let corrupt = |_| Error::Corrupt("channel");
    Ok(ChannelRow {
        id: ChannelId(row.int("id")?),
        name: row.text("name")?,
        provider: row.text("provider")?.parse().map_err(|_| Error::Corrupt("provider"))?,
        base_url: row.text("base_url")?,
        dialects: serde_json::from_str(&row.text("dialects")?).map_err(corrupt)?,
        priority: i32::try_from(row.int("priority")?).map_err(|_| Error::Corrupt("priority"))?,
        weight: weight(row)?,
        enabled: row.flag("enabled")?,
        timeouts: serde_json::from_str(&row.text("timeouts")?).map_err(corrupt)?,
        allow_private_network: row.flag("allow_private_network")?,
        settings: serde_json::from_str(&row.text("settings")?).map_err(corrupt)?,
        proxy: None,
        created_us: row.int("created")?,
        credentials: Vec::new(),
        models: Vec::new(),
    })
}

pub(crate) fn weight(row: &Row) -> Result<u32> {
    u32::try_from(row.int("weight")?).map_err(|_| Error::Corrupt("weight"))
}

/// The way out of a row of `channels`.
pub(crate) fn proxy(row: &Row, sealer: &Sealer) -> Result<Option<Proxy>> {
    let Some(sealed) = row.opt_bytes("proxy")? else { return Ok(None) };
    let id = ChannelId(row.int("id")?).to_string();
    Ok(Some(Proxy(CredentialSecret::new(sealer.open_text(proxy_place(&id), &sealed)?))))
}

/// A channel with its lists, as this transaction sees it.
pub(super) async fn read(tx: &mut Tx, sealer: &Sealer, id: ChannelId) -> Result<ChannelRow> {
    let found = tx.fetch_optional(sql!("SELECT * FROM channels WHERE id = $1 AND deleted_at IS NULL", id)).await?;
    let found = found.ok_or(Error::NotFound("channel"))?;
    let mut row = channel(&found)?;
    row.proxy = proxy(&found, sealer)?.as_ref().map(settings::shown_proxy);
    let select = sql!("SELECT id, name, last4, weight FROM credentials WHERE channel = $1 ORDER BY id", id);
    for credential in tx.fetch_all(select).await? {
        row.credentials.push(CredentialRow {
            id: CredentialId(credential.int("id")?),
            name: credential.text("name")?,
            last4: credential.text("last4")?,
            weight: weight(&credential)?,
        });
    }
    row.models = offers(tx, id).await?;
    Ok(row)
}

/// What a channel carries.
pub(super) async fn offers(tx: &mut Tx, id: ChannelId) -> Result<Vec<OfferRow>> {
    let standing = standing::read(tx, None, Some(id)).await?;
    let select = sql!("SELECT model, upstream FROM channel_models WHERE channel = $1 ORDER BY model", id);
    let (scope, now) = (Scope::Cost(id), time::now_us());
    let rows = tx.fetch_all(select).await?;
    rows.iter()
        .map(|row| {
            let model = row.text("model")?;
            let cost = standing::holding(&standing, &model, &scope, now).cloned();
            Ok(OfferRow { model, upstream: row.text("upstream")?, cost })
        })
        .collect()
}
