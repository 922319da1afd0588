//! Routes: how a model's requests find their channel, where that is configured.

use crate::{
    Store,
    change::{Actor, Announce, to_json},
    db::{Row, Tx},
    error::{Error, Result},
    sql, time,
    words::ModelName,
};
use domain::route::{Route, Rule};

/// The most fallbacks and the most rules of a route.
const MAX_LIST: usize = 100;

/// Routes. From [`Store::routes`].
#[derive(Debug, Clone, Copy)]
pub struct Routes<'a>(pub(crate) &'a Store);

/// Of a row of `routes`.
pub(crate) fn route(row: &Row) -> Result<Route> {
    serde_json::from_str(&row.text("route")?).map_err(|_| Error::Corrupt("route"))
}

impl Routes<'_> {
    /// A model's route; the default where none is configured.
    ///
    /// # Errors
    /// Any of [`Error`]'s database kinds.
    pub async fn get(self, model: &ModelName) -> Result<Route> {
        let select = sql!("SELECT route FROM routes WHERE model = $1", model.as_str());
        self.0.db().fetch_optional(select).await?.as_ref().map_or(Ok(Route::default()), route)
    }

    /// Every model that has one, by name.
    ///
    /// # Errors
    /// Any of [`Error`]'s database kinds.
    pub async fn list(self) -> Result<Vec<(String, Route)>> {
        let rows = self.0.db().fetch_all(sql!("SELECT model, route FROM routes ORDER BY model")).await?;
        rows.iter().map(|row| Ok((row.text("model")?, route(row)?))).collect()
    }

    /// Puts a model's route in place of the one it had. Nodes follow it within a second.
    ///
    /// # Errors
    /// [`Error::Invalid`] for what a route cannot be.
    pub async fn put(self, actor: &Actor, model: &ModelName, new: &Route) -> Result<()> {
        check(model, new)?;
        let mut change = self.0.change(actor).await?;
        let before = read(&mut change.tx, model).await?;
        let upsert = sql!(
            "INSERT INTO routes (model, route, changed) VALUES ($1, $2, $3) \
             ON CONFLICT (model) DO UPDATE SET route = excluded.route, changed = excluded.changed",
            model.as_str(),
            to_json(new)?,
            time::now_us()
        );
        change.tx.execute(upsert).await?;
        change.announce(Announce::Catalog).await?;
        change.audit("route.put", model.as_str(), before.as_ref(), Some(new)).await?;
        change.commit().await
    }

    /// Takes a model's route away: the default applies again.
    ///
    /// # Errors
    /// [`Error::NotFound`] where there is none.
    pub async fn delete(self, actor: &Actor, model: &ModelName) -> Result<()> {
        let mut change = self.0.change(actor).await?;
        let before = read(&mut change.tx, model).await?.ok_or(Error::NotFound("route"))?;
        change.tx.execute(sql!("DELETE FROM routes WHERE model = $1", model.as_str())).await?;
        change.announce(Announce::Catalog).await?;
        change.audit("route.delete", model.as_str(), Some(&before), crate::change::NOTHING).await?;
        change.commit().await
    }
}

async fn read(tx: &mut Tx, model: &ModelName) -> Result<Option<Route>> {
    let select = sql!("SELECT route FROM routes WHERE model = $1", model.as_str());
    tx.fetch_optional(select).await?.as_ref().map(route).transpose()
}

fn check(model: &ModelName, route: &Route) -> Result<()> {
    if route.fallbacks.len() > MAX_LIST || route.rules.len() > MAX_LIST {
        return Err(Error::invalid("route", "must have at most 100 fallbacks and 100 rules"));
    }
    for (at, name) in route.fallbacks.iter().enumerate() {
        ModelName::parse("fallbacks", name)?;
        if name == model.as_str() || route.fallbacks.iter().take(at).any(|before| before == name) {
            return Err(Error::invalid("fallbacks", format!("{name:?} is named twice, or is the model itself")));
        }
    }
    route.rules.iter().try_for_each(check_rule)
}

fn check_rule(rule: &Rule) -> Result<()> {
    let invalid = |why: &str| Error::invalid("rules", why.to_owned());
    if rule.then.is_empty() {
        return Err(invalid("a rule must do something: strategy, only, prefer or model"));
    }
    if rule.when.hours_utc.is_some_and(|(from, to)| from > 23 || to > 24) {
        return Err(invalid("hours_utc must be hours of a day, the first 0 to 23 and the second 0 to 24"));
    }
    if let Some(header) = &rule.when.header
        && !header.name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_')
    {
        return Err(invalid("a header is named in lower case"));
    }
    rule.then.model.as_ref().map_or(Ok(()), |name| ModelName::parse("rules", name).map(drop))
}
