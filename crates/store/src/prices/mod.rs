//! Prices: immutable versions. A new price is a new row; which version holds when is kept apart ([`standing`]).
//!
//! A version begins at once or at a moment to come, and holds until another begins. One that has not begun can be
//! cancelled: it never held, so no request names it, and it stays in the history as what it was.

mod put;
pub(crate) mod standing;

pub(crate) use put::add_version;
pub use put::{NewPrice, Successor};
pub use standing::{Standing, holding};

use crate::{
    Store,
    db::Row,
    error::{Error, Result},
    sql,
    words::{Listing, ModelName, Page},
};
use domain::{
    ids::{ChannelId, PriceId},
    price::{Price, Tariff},
};
use serde::Serialize;
use std::sync::Arc;

/// Whose price.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// What tenants of a group pay; the empty one is everybody's.
    Sale(String),
    /// What a channel costs us.
    Cost(ChannelId),
}

impl Scope {
    /// What everybody pays.
    pub fn sale() -> Self {
        Self::Sale(String::new())
    }

    fn word(&self) -> &'static str {
        match self {
            Self::Sale(_) => "sale",
            Self::Cost(_) => "cost",
        }
    }

    fn group(&self) -> &str {
        match self {
            Self::Sale(group) => group,
            Self::Cost(_) => "",
        }
    }

    fn channel(&self) -> Option<ChannelId> {
        match self {
            Self::Sale(_) => None,
            Self::Cost(channel) => Some(*channel),
        }
    }
}

/// One version of a price.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PriceVersion {
    /// Which.
    pub id: PriceId,
    /// The public model name.
    pub model: String,
    /// Whose.
    pub scope: Scope,
    /// Counts up from 1 for each model, its groups' among them, and for each model on a channel.
    pub version: i64,
    /// The rates and their tiers.
    pub tariff: Tariff,
    /// In force from, microseconds since 1970.
    pub valid_from_us: i64,
    /// Who set it.
    pub created_by: String,
}

/// Where a version stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Requests are charged by it.
    Holds,
    /// They will be.
    Scheduled,
    /// It was followed by another, cancelled, or taken away.
    Past,
}

impl State {
    /// The word in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::Scheduled => "scheduled",
            Self::Past => "past",
        }
    }
}

impl PriceVersion {
    /// Where it stands at this moment, among what stands of its model.
    pub fn state(&self, all: &[Standing], now_us: i64) -> State {
        let holding = standing::holding(all, &self.model, &self.scope, now_us);
        match all.iter().find(|it| it.version.id == self.id) {
            _ if holding.is_some_and(|holding| holding.id == self.id) => State::Holds,
            Some(it) if it.begins_us > now_us => State::Scheduled,
            _ => State::Past,
        }
    }

    /// As requests are charged by it.
    pub fn price(&self) -> Arc<Price> {
        Arc::new(Price::new(self.id, self.tariff.clone()))
    }
}

fn version(row: &Row) -> Result<PriceVersion> {
    let scope = match row.opt_int("channel")? {
        Some(channel) => Scope::Cost(ChannelId(channel)),
        None => Scope::Sale(row.text("tenant_group")?),
    };
    Ok(PriceVersion {
        id: PriceId(row.int("id")?),
        model: row.text("model")?,
        scope,
        version: row.int("version")?,
        tariff: serde_json::from_str(&row.text("rates")?).map_err(|_| Error::Corrupt("price"))?,
        valid_from_us: row.int("valid_from")?,
        created_by: row.text("created_by")?,
    })
}

/// Refuses a tariff that no price may have.
pub(crate) fn check_tariff(tariff: &Tariff) -> Result<()> {
    tariff.check().map_err(|(field, wrong)| Error::invalid("price", format!("{field} {wrong}")))
}

/// Prices. From [`Store::prices`].
#[derive(Debug, Clone, Copy)]
pub struct Prices<'a>(pub(crate) &'a Store);

impl Prices<'_> {
    /// One version.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn get(self, id: PriceId) -> Result<PriceVersion> {
        let row = self.0.db().fetch_optional(sql!("SELECT * FROM prices WHERE id = $1", id)).await?;
        row.as_ref().map_or(Err(Error::NotFound("price")), version)
    }

    /// Every version of a model's sale price, a group's, or its cost on a channel, the one set last first.
    ///
    /// # Errors
    /// Any of [`Error`]'s database kinds.
    pub async fn history(self, model: &ModelName, scope: &Scope, page: Page) -> Result<Listing<PriceVersion>> {
        let select = sql!(
            "SELECT * FROM prices WHERE scope = $1 AND model = $2 AND COALESCE(channel, 0) = $3 AND tenant_group = $4 \
             AND version < $5 ORDER BY version DESC LIMIT $6",
            scope.word(),
            model,
            scope.channel().map_or(0, |channel| channel.0),
            scope.group(),
            page.before(),
            page.fetch()
        );
        let rows = self.0.db().fetch_all(select).await?;
        Ok(page.cut(rows.iter().map(version).collect::<Result<_>>()?, |price| price.version))
    }

    /// What holds and what will, of every model and scope; of one model, where it is named.
    ///
    /// # Errors
    /// Any of [`Error`]'s database kinds.
    pub async fn standing(self, model: Option<&ModelName>) -> Result<Vec<Standing>> {
        let mut tx = self.0.db().snapshot().await?;
        standing::read(&mut tx, model.map(ModelName::as_str), None).await
    }
}
