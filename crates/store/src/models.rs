//! The names callers may use: what they sell for, how long they answer at most, how many channels carry them.

use crate::{
    Store,
    change::{Actor, Announce},
    error::{Error, Result},
    prices::{PriceVersion, Scope, standing},
    sql, time,
    words::ModelName,
};
use serde::Serialize;
use std::collections::HashMap;

/// A model as lists show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ModelRow {
    /// The public name.
    pub name: String,
    /// What it sells for; without one it cannot be called.
    pub sale: Option<PriceVersion>,
    /// Its longest answer in tokens, where known.
    pub max_output: Option<u64>,
    /// How many enabled channels carry it.
    pub channels: i64,
}

/// Models. From [`Store::models`].
#[derive(Debug, Clone, Copy)]
pub struct Models<'a>(pub(crate) &'a Store);

impl Models<'_> {
    /// Every model that has a price, a limit or a channel, by name.
    ///
    /// # Errors
    /// Any of [`Error`]'s database kinds.
    pub async fn list(self) -> Result<Vec<ModelRow>> {
        let select = sql!(
            "SELECT n.name, m.max_output, (SELECT COUNT(*) FROM channel_models cm \
               JOIN channels c ON c.id = cm.channel WHERE cm.model = n.name AND c.enabled = 1 AND c.deleted_at IS NULL) AS channels \
             FROM (SELECT name FROM models UNION SELECT model FROM channel_models) n \
             LEFT JOIN models m ON m.name = n.name ORDER BY n.name"
        );
        let mut tx = self.0.db().snapshot().await?;
        let standing = standing::read(&mut tx, None, None).await?;
        let (everybody, now) = (Scope::sale(), time::now_us());
        let holding = standing.iter().filter(|it| it.version.scope == everybody && it.begins_us <= now);
        // The last of each is what holds.
        let mut sales: HashMap<&str, &PriceVersion> =
            holding.map(|it| (it.version.model.as_str(), &it.version)).collect();
        let rows = tx.fetch_all(select).await?;
        rows.iter()
            .map(|row| {
                let name = row.text("name")?;
                Ok(ModelRow {
                    sale: sales.remove(name.as_str()).cloned(),
                    name,
                    max_output: row.opt_int("max_output")?.and_then(|max| u64::try_from(max).ok()),
                    channels: row.int("channels")?,
                })
            })
            .collect()
    }

    /// Takes over what the catalogue knows of models' longest answers (`(name, tokens)`). A limit set before stays.
    ///
    /// # Errors
    /// Any of [`Error`]'s database kinds.
    pub async fn learn_limits(self, actor: &Actor, limits: &[(ModelName, u64)]) -> Result<()> {
        let known = self.list().await?;
        let is_known = |name: &ModelName| known.iter().any(|m| m.name == name.as_str() && m.max_output.is_some());
        let fresh: Vec<_> = limits.iter().filter(|(name, max)| *max > 0 && !is_known(name)).collect();
        if fresh.is_empty() {
            return Ok(());
        }
        let mut change = self.0.change(actor).await?;
        for (name, max_output) in &fresh {
            let learn = sql!(
                "INSERT INTO models (name, max_output, created) VALUES ($1, $2, $3) ON CONFLICT (name) \
                 DO UPDATE SET max_output = COALESCE(models.max_output, excluded.max_output)",
                name,
                *max_output,
                time::now_us()
            );
            change.tx.execute(learn).await?;
        }
        change.announce(Announce::Catalog).await?;
        change.commit().await
    }

    /// Sets a model's longest answer, or forgets it.
    ///
    /// # Errors
    /// [`Error::Invalid`] for zero.
    pub async fn set_max_output(self, actor: &Actor, model: &ModelName, max_output: Option<u64>) -> Result<()> {
        #[derive(Serialize)]
        struct Limit {
            max_output: Option<i64>,
        }
        if max_output == Some(0) {
            return Err(Error::invalid("max_output", "must be at least 1"));
        }
        let mut change = self.0.change(actor).await?;
        let current = change.tx.fetch_optional(sql!("SELECT max_output FROM models WHERE name = $1", model)).await?;
        let before = current.map(|row| Ok::<_, Error>(Limit { max_output: row.opt_int(0)? })).transpose()?;
        let after = Limit { max_output: max_output.and_then(|max| i64::try_from(max).ok()) };
        let set = sql!(
            "INSERT INTO models (name, max_output, created) VALUES ($1, $2, $3) \
             ON CONFLICT (name) DO UPDATE SET max_output = excluded.max_output",
            model,
            after.max_output,
            time::now_us()
        );
        change.tx.execute(set).await?;
        change.announce(Announce::Catalog).await?;
        change.audit("model.limit", model, before.as_ref(), Some(&after)).await?;
        change.commit().await
    }
}
