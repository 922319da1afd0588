//! Models and prices for the console.

use super::{ServerConsole, actor, failed, time};
use crate::{import, selling::sales};
use app::port::{Author, Failed, Models, NewPrice};
use domain::{
    price::{Price, Tariff},
    views::{CataloguePrice, ImportAsked, ImportView, ModelLine, ModelPrices, PriceLine, PriceVersionLine},
};
use futures::future::BoxFuture;
use serde_json::{Map, Value};
use std::{collections::HashMap, sync::Arc};
use store::{
    Error, ModelName, Page,
    channels::ChannelRow,
    prices::{PriceVersion, Scope, Standing, State},
};

/// So many versions are shown.
const VERSIONS: u32 = 50;

/// Versions, the one set last first. What holds, held or will, does so until another that begins later.
fn history(
    versions: &[PriceVersion],
    standing: &[Standing],
    people: &HashMap<String, String>,
) -> Vec<PriceVersionLine> {
    let now = store::time::now_us();
    let state = |version: &PriceVersion| version.state(standing, now);
    // What was cancelled before it began never followed anything.
    let began = |it: &&PriceVersion| state(it) != State::Past || it.valid_from_us <= now;
    let line = |version: &PriceVersion| {
        let later = versions.iter().filter(began).map(|it| (it.valid_from_us, it.version));
        let next = later.filter(|it| *it > (version.valid_from_us, version.version)).min();
        PriceVersionLine {
            id: version.id.to_string(),
            version: version.version,
            tariff: version.tariff.clone(),
            since: time(version.valid_from_us),
            until: next.map(|(from, _)| time(from)),
            holds: state(version) == State::Holds,
            scheduled: state(version) == State::Scheduled,
            who: people.get(&version.created_by).unwrap_or(&version.created_by).clone(),
        }
    };
    versions.iter().map(line).collect()
}

impl ServerConsole {
    /// Every model with its prices.
    pub(super) async fn model_lines(&self) -> Result<Vec<ModelLine>, Error> {
        let mut costs: HashMap<String, Vec<Arc<Price>>> = HashMap::new();
        let mut without: HashMap<String, u64> = HashMap::new();
        for channel in self.store.channels().list(Page::first(Page::MAX)).await?.rows {
            for offer in channel.models {
                match offer.cost {
                    Some(cost) => costs.entry(offer.model).or_default().push(cost.price()),
                    None if channel.enabled => *without.entry(offer.model).or_default() += 1,
                    None => {}
                }
            }
        }
        let mut standing: HashMap<String, Vec<Standing>> = HashMap::new();
        for it in self.store.prices().standing(None).await? {
            standing.entry(it.version.model.clone()).or_default().push(it);
        }
        let groups = self.store.groups().list().await?;
        let line = |model: store::models::ModelRow| {
            let costs = costs.get(&model.name).map_or(&[][..], Vec::as_slice);
            let dearest = costs.iter().map(|price| &price.tariff.rates).max_by_key(|rates| (rates.output, rates.input));
            let standing = standing.get(&model.name).map_or(&[][..], Vec::as_slice);
            let below = sales(&model.name, standing, &groups).into_iter().any(|(sale, multiplier)| {
                let sale = sale.price();
                costs.iter().any(|cost| sale.sells_below(cost, multiplier))
            });
            ModelLine {
                below_cost: below,
                without_cost: without.get(&model.name).copied().unwrap_or(0),
                sale: model.sale.as_ref().map(|sale| PriceLine::from(&sale.tariff.rates)),
                cost: dearest.map(PriceLine::from),
                channels: u64::try_from(model.channels).unwrap_or(0),
                name: model.name,
            }
        };
        Ok(self.store.models().list().await?.into_iter().map(line).collect())
    }

    async fn prices_of(&self, model: &ModelName) -> Result<ModelPrices, Error> {
        let channels = self.store.channels().list(Page::first(Page::MAX)).await?.rows;
        let versions = self.store.prices().history(model, &Scope::sale(), Page::first(VERSIONS)).await?.rows;
        let standing = self.store.prices().standing(Some(model)).await?;
        let sale = store::prices::holding(&standing, model.as_str(), &Scope::sale(), store::time::now_us());
        let groups = self.store.groups().list().await?;
        let users = self.store.users().list(Page::first(Page::MAX)).await?.rows;
        let people = users.into_iter().map(|user| (user.id.to_string(), user.email)).collect();
        let offers = |channel: &ChannelRow| {
            let offer = channel.models.iter().find(|offer| offer.model == model.as_str())?;
            Some((channel.name.clone(), offer.cost.as_ref()?.tariff.clone()))
        };
        let mut costs: Vec<(String, Tariff)> = channels.iter().filter_map(offers).collect();
        costs.sort_by_key(|(_, tariff)| std::cmp::Reverse((tariff.rates.output, tariff.rates.input)));
        Ok(ModelPrices {
            versions: history(&versions, &standing, &people),
            sale: sale.map(|price| price.tariff.clone()),
            groups: groups.into_iter().map(|group| group.name).collect(),
            costs,
            catalogue: import::known(model.as_str(), &channels)
                .map(|entry| CataloguePrice { provider: entry.provider.clone(), tariff: entry.rates.clone() }),
        })
    }

    async fn put_price(&self, by: Author, new: NewPrice) -> Result<(), Failed> {
        let model = ModelName::parse("Model", new.model.trim()).map_err(failed)?;
        let given: Map<String, Value> =
            new.rates.into_iter().map(|(name, rate)| (name.to_owned(), Value::String(rate))).collect();
        let invalid = |field: &str, why: String| Failed::Invalid { field: field.to_owned(), why };
        let tariff: Tariff = serde_json::from_value(Value::Object(given)).map_err(|_| {
            invalid("Price", "must be USD per million units, like 0.15, with six decimals at most".to_owned())
        })?;
        let tariff = tariff.with_tier_lines(&new.tiers).map_err(|bad| invalid("Tiers", bad.to_string()))?;
        let valid_from_us = moment(&new.valid_from)
            .ok_or_else(|| invalid("Valid from", "must be a date and time in UTC, like 2026-12-01T00:00".to_owned()))?;
        let new = store::prices::NewPrice { scope: Scope::Sale(new.group), tariff, valid_from_us };
        self.store.prices().put(&actor(by), &model, new).await.map(drop).map_err(failed)
    }
}

/// A moment as a form sends it, in UTC; `Some(None)`: left empty.
pub(super) fn moment(text: &str) -> Option<Option<i64>> {
    if text.trim().is_empty() {
        return Some(None);
    }
    let civil: jiff::civil::DateTime = text.trim().trim_end_matches('Z').parse().ok()?;
    let time = jiff::tz::TimeZone::UTC.to_timestamp(civil).ok()?;
    Some(Some(time.as_microsecond()))
}

impl Models for ServerConsole {
    fn cancel_price(&self, by: Author, id: String) -> BoxFuture<'_, Result<(), Failed>> {
        Box::pin(async move {
            let id = id.parse().map_err(|_| failed(Error::NotFound("price")))?;
            self.store.prices().cancel(&actor(by), id).await.map_err(failed)
        })
    }

    fn models(&self) -> BoxFuture<'_, Result<Vec<ModelLine>, Failed>> {
        Box::pin(async move { self.model_lines().await.map_err(failed) })
    }

    fn model_prices(&self, model: String) -> BoxFuture<'_, Result<ModelPrices, Failed>> {
        Box::pin(async move {
            let model = ModelName::parse("Model", model.trim()).map_err(failed)?;
            self.prices_of(&model).await.map_err(failed)
        })
    }

    fn import_view(&self, asked: ImportAsked) -> BoxFuture<'_, Result<ImportView, Failed>> {
        Box::pin(self.prices_beside(asked))
    }

    fn import_prices(
        &self,
        by: Author,
        asked: ImportAsked,
        chosen: Vec<String>,
    ) -> BoxFuture<'_, Result<usize, Failed>> {
        Box::pin(self.take_over(by, asked, chosen))
    }

    fn set_price(&self, by: Author, new: NewPrice) -> BoxFuture<'_, Result<(), Failed>> {
        Box::pin(self.put_price(by, new))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::ids::PriceId;

    const HOUR: i64 = 3_600_000_000;

    fn version(version: i64, valid_from_us: i64, by: &str) -> PriceVersion {
        PriceVersion {
            id: PriceId(version),
            model: "m".into(),
            scope: Scope::sale(),
            version,
            tariff: Tariff::default(),
            valid_from_us,
            created_by: by.into(),
        }
    }

    #[test]
    fn a_version_holds_until_the_next_and_is_told_by_whom() {
        let now = store::time::now_us();
        // The fourth was cancelled before it began.
        let versions = [
            version(4, now + HOUR, "system"),
            version(3, now + 2 * HOUR, "system"),
            version(2, 60_000_000, "system"),
            version(1, 0, "usr_1"),
        ];
        let stands = |(begins_us, at): (i64, usize)| Standing { begins_us, version: versions[at].clone() };
        let standing = [(0, 2), (now + 2 * HOUR, 1)].map(stands);
        let people = HashMap::from([("usr_1".to_owned(), "ada@example.com".to_owned())]);
        let lines = history(&versions, &standing, &people);
        let told: Vec<_> = lines.iter().map(|line| (line.until.as_deref(), line.holds, line.scheduled)).collect();
        let last = time(now + 2 * HOUR);
        assert_eq!(told[1], (None, false, true));
        assert_eq!(told[2], (Some(last.as_str()), true, false));
        assert_eq!(told[3], (Some("1970-01-01T00:01:00Z"), false, false));
        assert_eq!((told[0].1, told[0].2), (false, false));
        assert_eq!(lines[3].who, "ada@example.com");
        assert!(!history(&versions, &[], &people)[2].holds, "it was taken away");
    }

    #[test]
    fn a_moment_is_read_as_utc() {
        assert_eq!(moment("1970-01-01T00:01"), Some(Some(60_000_000)));
        assert_eq!(moment(" "), Some(None));
        assert_eq!(moment("tomorrow"), None);
    }
}
