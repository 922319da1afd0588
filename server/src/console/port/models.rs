//! Models and prices for the console.

use super::{ServerConsole, actor, failed, time};
use crate::api::catalogue;
use app::port::{Author, Failed, Models, NewPrice};
use domain::{
    price::Rates,
    views::{CataloguePrice, ModelLine, ModelPrices, PriceLine, PriceVersionLine},
};
use futures::future::BoxFuture;
use serde_json::{Map, Value};
use std::collections::HashMap;
use store::{Error, ModelName, Page, channels::ChannelRow, prices::PriceVersion};

/// So many versions are shown.
const VERSIONS: u32 = 50;

/// Whether any unit that both name sells for less than it costs.
fn sells_below(sale: &Rates, cost: &Rates) -> bool {
    let cache = |rates: &Rates| rates.cache_read.unwrap_or(rates.input);
    sale.input < cost.input || sale.output < cost.output || cache(sale) < cache(cost)
}

/// What the catalogue has under a model's name, or under its name at one of the channels that carry it.
fn in_catalogue(model: &str, channels: &[ChannelRow]) -> Option<CataloguePrice> {
    let carried = channels.iter().flat_map(|channel| {
        let offers = channel.models.iter().filter(|offer| offer.model == model);
        offers.flat_map(|offer| catalogue::of(channel.provider.as_str()).filter(|it| it.model == offer.upstream))
    });
    let entry = carried.chain(catalogue::named(model)).next()?;
    let rates = serde_json::to_value(&entry.rates).and_then(serde_json::from_value).ok()?;
    Some(CataloguePrice { provider: entry.provider.clone(), rates, dearer_above: entry.dearer_above.clone() })
}

/// Versions, newest first, each until the next one came.
fn history(
    versions: &[PriceVersion],
    sale: Option<&domain::price::Price>,
    people: &HashMap<String, String>,
) -> Vec<PriceVersionLine> {
    let line = |(at, version): (usize, &PriceVersion)| {
        let next = at.checked_sub(1).and_then(|next| versions.get(next));
        PriceVersionLine {
            version: version.version,
            rates: version.rates,
            since: time(version.valid_from_us),
            until: next.map(|next| time(next.valid_from_us)),
            holds: sale.is_some_and(|sale| sale.id == version.id),
            who: people.get(&version.created_by).unwrap_or(&version.created_by).clone(),
        }
    };
    versions.iter().enumerate().map(line).collect()
}

impl ServerConsole {
    /// Every model with its prices.
    pub(super) async fn model_lines(&self) -> Result<Vec<ModelLine>, Error> {
        let mut costs: HashMap<String, Vec<Rates>> = HashMap::new();
        for channel in self.store.channels().list(Page::first(Page::MAX)).await?.rows {
            for offer in channel.models {
                costs.entry(offer.model).or_default().extend(offer.cost.map(|price| price.rates));
            }
        }
        let line = |model: store::models::ModelRow| {
            let costs = costs.get(&model.name).map_or(&[][..], Vec::as_slice);
            let dearest = costs.iter().max_by_key(|rates| (rates.output, rates.input));
            let sale = model.sale.as_ref().map(|sale| &sale.rates);
            ModelLine {
                below_cost: sale.is_some_and(|sale| costs.iter().any(|cost| sells_below(sale, cost))),
                sale: sale.map(PriceLine::from),
                cost: dearest.map(PriceLine::from),
                channels: u64::try_from(model.channels).unwrap_or(0),
                name: model.name,
            }
        };
        Ok(self.store.models().list().await?.into_iter().map(line).collect())
    }

    async fn prices_of(&self, model: &ModelName) -> Result<ModelPrices, Error> {
        let channels = self.store.channels().list(Page::first(Page::MAX)).await?.rows;
        let versions = self.store.prices().history(model, None, Page::first(VERSIONS)).await?.rows;
        let sale = self.store.models().list().await?.into_iter().find(|it| it.name == model.as_str());
        let sale = sale.and_then(|it| it.sale);
        let users = self.store.users().list(Page::first(Page::MAX)).await?.rows;
        let people = users.into_iter().map(|user| (user.id.to_string(), user.email)).collect();
        let offers = |channel: &ChannelRow| {
            let offer = channel.models.iter().find(|offer| offer.model == model.as_str())?;
            Some((channel.name.clone(), offer.cost.as_ref()?.rates))
        };
        let mut costs: Vec<(String, Rates)> = channels.iter().filter_map(offers).collect();
        costs.sort_by_key(|(_, rates)| std::cmp::Reverse((rates.output, rates.input)));
        Ok(ModelPrices {
            versions: history(&versions, sale.as_ref(), &people),
            sale: sale.map(|price| price.rates),
            costs,
            catalogue: in_catalogue(model.as_str(), &channels),
        })
    }

    async fn put_price(&self, by: Author, new: NewPrice) -> Result<(), Failed> {
        let model = ModelName::parse("Model", new.model.trim()).map_err(failed)?;
        let given: Map<String, Value> =
            new.rates.into_iter().map(|(name, rate)| (name.to_owned(), Value::String(rate))).collect();
        let rates: Rates = serde_json::from_value(Value::Object(given)).map_err(|_| Failed::Invalid {
            field: "Price".to_owned(),
            why: "must be USD per million units, like 0.15, with six decimals at most".to_owned(),
        })?;
        self.store.prices().put_sale(&actor(by), &model, rates).await.map(drop).map_err(failed)
    }
}

impl Models for ServerConsole {
    fn models(&self) -> BoxFuture<'_, Result<Vec<ModelLine>, Failed>> {
        Box::pin(async move { self.model_lines().await.map_err(failed) })
    }

    fn model_prices(&self, model: String) -> BoxFuture<'_, Result<ModelPrices, Failed>> {
        Box::pin(async move {
            let model = ModelName::parse("Model", model.trim()).map_err(failed)?;
            self.prices_of(&model).await.map_err(failed)
        })
    }

    fn set_price(&self, by: Author, new: NewPrice) -> BoxFuture<'_, Result<(), Failed>> {
        Box::pin(self.put_price(by, new))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{ids::PriceId, money::PicoPerUnit, price::Price};

    fn rates(input: i64, output: i64, cache_read: Option<i64>) -> Rates {
        let cache_read = cache_read.map(PicoPerUnit);
        Rates { input: PicoPerUnit(input), output: PicoPerUnit(output), cache_read, ..Rates::default() }
    }

    #[test]
    fn a_price_is_below_cost_where_any_of_its_units_is() {
        let cost = rates(10, 20, Some(1));
        assert!(!sells_below(&rates(10, 20, Some(1)), &cost));
        assert!(sells_below(&rates(9, 30, Some(1)), &cost));
        assert!(sells_below(&rates(11, 19, Some(1)), &cost));
        assert!(!sells_below(&rates(10, 20, None), &cost), "cached input sells as input");
        assert!(sells_below(&rates(10, 20, Some(1)), &rates(10, 20, None)), "and costs as input");
    }

    #[test]
    fn a_version_holds_until_the_next_and_is_told_by_whom() {
        let version = |version, valid_from_us, by: &str| PriceVersion {
            id: PriceId(version),
            model: "m".into(),
            channel: None,
            version,
            rates: rates(version, version, None),
            valid_from_us,
            created_by: by.into(),
        };
        let versions = [version(2, 60_000_000, "system"), version(1, 0, "usr_1")];
        let sale = Price::new(PriceId(2), rates(2, 2, None));
        let people = HashMap::from([("usr_1".to_owned(), "ada@example.com".to_owned())]);
        let lines = history(&versions, Some(&sale), &people);
        let told = |at: usize| (lines[at].until.as_deref(), lines[at].holds, lines[at].who.as_str());
        assert_eq!(told(0), (None, true, "system"));
        assert_eq!(told(1), (Some("1970-01-01T00:01:00Z"), false, "ada@example.com"));
        assert!(!history(&versions, None, &people)[0].holds, "it was taken away");
    }

    #[test]
    fn the_catalogue_is_asked_by_name_where_no_channel_says_more() {
        assert_eq!(in_catalogue("sandbox/echo", &[]).unwrap().provider, "sandbox");
        assert!(in_catalogue("nobody's", &[]).is_none());
    }
}
