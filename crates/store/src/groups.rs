//! Groups of tenants: what their prices are multiplied by, and which models they may call.
//!
//! A tenant names its group as text. One whose group has no row here has the usual terms: the name then only serves routing
//! rules.

use crate::{
    Store,
    change::{Actor, Announce, NOTHING, to_json},
    db::{Row, Tx},
    error::{Error, Result},
    prices::{Scope, standing},
    sql, time,
    words::ModelName,
};
use domain::{channel::GroupTerms, money::Multiplier};
use serde::Serialize;

/// The most models a group may list.
const MOST_MODELS: usize = 1_000;

/// A group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Group {
    /// Its name, which tenants name.
    pub name: String,
    /// What prices are multiplied by.
    pub multiplier: Multiplier,
    /// The models its tenants may call, by name; `None`: all.
    pub models: Option<Vec<String>>,
    /// How many tenants are in it.
    pub tenants: i64,
    /// Microseconds since 1970.
    pub created_us: i64,
}

/// What of a group is to change; `None` leaves it.
#[derive(Debug, Clone, Default)]
pub struct GroupPatch {
    /// What prices are multiplied by.
    pub multiplier: Option<Multiplier>,
    /// The models its tenants may call; `Some(None)`: all.
    pub models: Option<Option<Vec<ModelName>>>,
}

/// Groups. From [`Store::groups`].
#[derive(Debug, Clone, Copy)]
pub struct Groups<'a>(pub(crate) &'a Store);

const SELECT: &str = "SELECT g.name, g.multiplier, g.models, g.created, \
    (SELECT COUNT(*) FROM tenants t WHERE t.tenant_group = g.name) AS tenants FROM tenant_groups g";

fn group(row: &Row) -> Result<Group> {
    let models = row.opt_text("models")?.map(|models| serde_json::from_str(&models));
    Ok(Group {
        name: row.text("name")?,
        multiplier: Multiplier(row.int("multiplier")?),
        models: models.transpose().map_err(|_| Error::Corrupt("group"))?,
        tenants: row.int("tenants")?,
        created_us: row.int("created")?,
    })
}

/// Every group's terms, for the snapshot.
pub(crate) async fn terms(tx: &mut Tx) -> Result<Vec<(String, GroupTerms)>> {
    let rows = tx.fetch_all(crate::Sql::built(SELECT.to_owned())).await?;
    rows.iter()
        .map(|row| {
            let Group { name, multiplier, models, .. } = group(row)?;
            Ok((name, GroupTerms { multiplier, models: models.map(|models| models.into_iter().collect()) }))
        })
        .collect()
}

/// Whether there is a group of this name.
pub(crate) async fn exists(tx: &mut Tx, name: &str) -> Result<bool> {
    Ok(tx.fetch_optional(sql!("SELECT 1 FROM tenant_groups WHERE name = $1", name)).await?.is_some())
}

/// Refuses what no group can be called.
///
/// # Errors
/// [`Error::Invalid`].
pub fn check_name(name: &str) -> Result<()> {
    if name.len() > 200 || name.chars().any(char::is_control) || name.trim() != name {
        return Err(Error::invalid(
            "group",
            "must have at most 200 bytes, without control characters or blanks around",
        ));
    }
    Ok(())
}

fn check(multiplier: Multiplier, models: Option<&[String]>) -> Result<()> {
    if !(0..=Multiplier::MAX.0).contains(&multiplier.0) {
        return Err(Error::invalid("multiplier", format!("must be 0 to {}", Multiplier::MAX)));
    }
    if models.is_some_and(|models| models.len() > MOST_MODELS) {
        return Err(Error::invalid("models", format!("must be {MOST_MODELS} at most")));
    }
    Ok(())
}

fn named(models: Option<Vec<ModelName>>) -> Option<Vec<String>> {
    let mut models: Vec<String> = models?.iter().map(ToString::to_string).collect();
    models.sort_unstable();
    models.dedup();
    Some(models)
}

impl Groups<'_> {
    /// Makes a group. Tenants that name it already are in it.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a name or terms that cannot be; [`Error::Conflict`] for a name that is taken.
    pub async fn create(
        self,
        actor: &Actor,
        name: &str,
        multiplier: Multiplier,
        models: Option<Vec<ModelName>>,
    ) -> Result<Group> {
        if name.is_empty() {
            return Err(Error::invalid("name", "must not be empty"));
        }
        check_name(name)?;
        let models = named(models);
        check(multiplier, models.as_deref())?;
        let mut change = self.0.change(actor).await?;
        let insert = sql!(
            "INSERT INTO tenant_groups (name, multiplier, models, created) VALUES ($1, $2, $3, $4)",
            name,
            multiplier.0,
            models.as_ref().map(to_json).transpose()?,
            time::now_us()
        );
        change.tx.execute(insert).await.map_err(|e| e.duplicate_means("there is a group of this name"))?;
        let made = read(&mut change.tx, name).await?;
        change.announce(Announce::Catalog).await?;
        change.audit("group.create", name, NOTHING, Some(&made)).await?;
        change.commit().await?;
        Ok(made)
    }

    /// One group.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn get(self, name: &str) -> Result<Group> {
        read(&mut self.0.db().snapshot().await?, name).await
    }

    /// Every group, by name.
    ///
    /// # Errors
    /// Any of [`Error`]'s database kinds.
    pub async fn list(self) -> Result<Vec<Group>> {
        let rows = self.0.db().fetch_all(crate::Sql::built(format!("{SELECT} ORDER BY g.name"))).await?;
        rows.iter().map(group).collect()
    }

    /// Changes a group. Requests admitted from then on follow it.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Invalid`] for terms that cannot be.
    pub async fn patch(self, actor: &Actor, name: &str, patch: GroupPatch) -> Result<Group> {
        let mut change = self.0.change(actor).await?;
        let before = read(&mut change.tx, name).await?;
        let multiplier = patch.multiplier.unwrap_or(before.multiplier);
        let models = patch.models.map_or(before.models.clone(), named);
        check(multiplier, models.as_deref())?;
        let update = sql!(
            "UPDATE tenant_groups SET multiplier = $1, models = $2 WHERE name = $3",
            multiplier.0,
            models.as_ref().map(to_json).transpose()?,
            name
        );
        change.tx.execute(update).await?;
        let after = Group { multiplier, models, ..before.clone() };
        change.announce(Announce::Catalog).await?;
        change.audit("group.patch", name, Some(&before), Some(&after)).await?;
        change.commit().await?;
        Ok(after)
    }

    /// Deletes a group and its own prices: its tenants then have the usual terms.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn delete(self, actor: &Actor, name: &str) -> Result<()> {
        let mut change = self.0.change(actor).await?;
        let before = read(&mut change.tx, name).await?;
        standing::forget_all(&mut change.tx, &Scope::Sale(name.to_owned())).await?;
        change.tx.execute(sql!("DELETE FROM tenant_groups WHERE name = $1", name)).await?;
        change.announce(Announce::Catalog).await?;
        change.audit("group.delete", name, Some(&before), NOTHING).await?;
        change.commit().await
    }
}

async fn read(tx: &mut Tx, name: &str) -> Result<Group> {
    let select = crate::Sql::built(format!("{SELECT} WHERE g.name = $1")).bind(name);
    tx.fetch_optional(select).await?.as_ref().map_or(Err(Error::NotFound("group")), group)
}
