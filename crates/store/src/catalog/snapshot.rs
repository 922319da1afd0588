//! Builds the snapshot from one moment of the database.
//!
//! A credential that does not open (another key, an altered row) costs its channel that credential, never the whole
//! snapshot: one bad row must not delay a revocation or take the place down.

use crate::{
    Store, channels,
    db::Tx,
    error::{Error, Result},
    groups,
    prices::{
        Scope,
        standing::{self, Standing},
    },
    routes, sql,
};
use domain::{
    channel::{Channel, Credential, Model, Offer, Snapshot},
    ids::{ChannelId, CredentialId},
    price::Schedule,
    secret::CredentialSecret,
};
use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

pub(super) async fn build(store: &Store) -> Result<Snapshot> {
    let mut tx = store.db().snapshot().await?;
    let channels = read_channels(store, &mut tx).await?;
    let mut prices = Prices::of(&standing::read(&mut tx, None, None).await?);
    let mut models: HashMap<String, Model> = HashMap::new();
    for row in tx.fetch_all(sql!("SELECT name, max_output FROM models")).await? {
        let name = row.text("name")?;
        let max_output = row.opt_int("max_output")?.and_then(|max| u64::try_from(max).ok());
        let (sale, group_sales) = prices.sales.remove(&name).unwrap_or_default();
        models.insert(name, Model { sale, group_sales, max_output, ..Model::default() });
    }
    for row in tx.fetch_all(sql!("SELECT channel, model, upstream FROM channel_models")).await? {
        let id = ChannelId(row.int("channel")?);
        let Some(channel) = channels.get(&id) else { continue };
        let model = row.text("model")?;
        let cost = prices.costs.remove(&(id, model.clone())).unwrap_or_default();
        let offer = Offer { channel: channel.clone(), upstream_model: row.text("upstream")?.into(), cost };
        models.entry(model).or_default().offers.push(offer);
    }
    for row in tx.fetch_all(sql!("SELECT model, route FROM routes")).await? {
        let route = routes::route(&row)?;
        models.entry(row.text("model")?).or_default().route = Some(Arc::new(route));
    }
    for model in models.values_mut() {
        model.offers.sort_by_key(|offer| (Reverse(offer.channel.priority), offer.channel.id));
    }
    let groups = groups::terms(&mut tx).await?.into_iter().collect();
    Ok(Snapshot { models, groups })
}

/// Everybody's price of a model, and groups' own.
type Sales = (Schedule, Vec<(Arc<str>, Schedule)>);

/// What holds when: everybody's price and groups' own, and what channels cost.
#[derive(Default)]
struct Prices {
    sales: HashMap<String, Sales>,
    costs: HashMap<(ChannelId, String), Schedule>,
}

impl Prices {
    fn of(all: &[Standing]) -> Self {
        let mut found = Self::default();
        for it in all {
            let model = it.version.model.clone();
            let schedule = match &it.version.scope {
                Scope::Cost(channel) => found.costs.entry((*channel, model)).or_default(),
                Scope::Sale(group) => {
                    let (sale, groups) = found.sales.entry(model).or_default();
                    match groups.iter().position(|(of, _)| **of == **group) {
                        _ if group.is_empty() => sale,
                        Some(at) => &mut groups[at].1,
                        None => {
                            groups.push((group.as_str().into(), Schedule::default()));
                            let last = groups.len() - 1;
                            &mut groups[last].1
                        }
                    }
                }
            };
            schedule.add(it.begins_us, it.version.price());
        }
        found
    }
}

/// Enabled channels that can be used.
async fn read_channels(store: &Store, tx: &mut Tx) -> Result<BTreeMap<ChannelId, Arc<Channel>>> {
    let mut credentials = read_credentials(store, tx).await?;
    let mut found = BTreeMap::new();
    for full in tx.fetch_all(sql!("SELECT * FROM channels WHERE enabled = 1 AND deleted_at IS NULL")).await? {
        let row = match channels::channel(&full) {
            Ok(row) => row,
            // A provider or dialect of a newer build: not for this node.
            Err(error @ Error::Corrupt(_)) => {
                tracing::error!(channel = full.int("id")?, %error, "the channel is left out");
                continue;
            }
            Err(error) => return Err(error),
        };
        // Without its proxy it would go straight out, which may be just what must not be.
        let proxy = match channels::proxy(&full, store.sealer()) {
            Ok(proxy) => proxy,
            Err(error) => {
                tracing::error!(channel = %row.id, %error, "the proxy does not open: the channel is left out");
                continue;
            }
        };
        let mine = credentials.remove(&row.id).unwrap_or_default();
        if mine.broken > 0 && mine.opened.is_empty() {
            tracing::error!(channel = %row.id, "no credential opens: the channel is left out");
            continue;
        }
        let channel = Channel {
            id: row.id,
            name: row.name,
            provider: row.provider,
            base_url: row.base_url,
            dialects: row.dialects,
            priority: row.priority,
            weight: row.weight,
            timeouts: row.timeouts,
            allow_private_network: row.allow_private_network,
            credentials: mine.opened,
            settings: row.settings,
            proxy,
        };
        found.insert(channel.id, Arc::new(channel));
    }
    Ok(found)
}

#[derive(Default)]
struct Opened {
    opened: Vec<Credential>,
    broken: usize,
}

async fn read_credentials(store: &Store, tx: &mut Tx) -> Result<HashMap<ChannelId, Opened>> {
    let mut found: HashMap<ChannelId, Opened> = HashMap::new();
    let select = sql!(
        "SELECT k.id, k.channel, k.name, k.secret, k.weight FROM credentials k JOIN channels c ON c.id = k.channel \
         WHERE c.enabled = 1 AND c.deleted_at IS NULL ORDER BY k.id"
    );
    for row in tx.fetch_all(select).await? {
        let (id, channel) = (CredentialId(row.int("id")?), ChannelId(row.int("channel")?));
        let of_channel = found.entry(channel).or_default();
        let (row_name, owner) = (id.to_string(), channel.to_string());
        match store.sealer().open_text(channels::place(&row_name, &owner), &row.bytes("secret")?) {
            Ok(secret) => of_channel.opened.push(Credential {
                id,
                name: row.text("name")?,
                secret: CredentialSecret::new(secret),
                weight: channels::weight(&row)?,
            }),
            Err(error) => {
                tracing::error!(credential = %id, channel = %channel, %error, "the credential is left out");
                of_channel.broken += 1;
            }
        }
    }
    Ok(found)
}
