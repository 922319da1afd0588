//! Prices taken over from the catalogue: what that would change, line by line, and doing it for the lines that were chosen.
//!
//! A line has a mark of all that it shows: the version that holds and the price that would follow it. What is chosen is
//! chosen by its mark, so that nobody takes over what they have not seen; the version is looked at once more under the lock
//! of the change.

use crate::{
    api::catalogue::{self, Entry},
    selling::{least_multiplier, sales},
};
use domain::{
    ids::{ChannelId, PriceId},
    money::Multiplier,
    price::{Change, Price, RateChange, Tariff, compare},
};
use sha2::{Digest, Sha256};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};
use store::{
    Actor, Error, ModelName, Page, Result, Store,
    channels::{ChannelRow, OfferRow},
    groups::Group,
    prices::{NewPrice, PriceVersion, Scope, Standing, Successor, holding},
};

/// What is taken over, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// What channels cost us, in place of what everybody pays.
    pub costs: bool,
    /// What the catalogue's rates are multiplied by.
    pub multiplier: Multiplier,
    /// From when the prices hold, microseconds since 1970; `None`: at once.
    pub valid_from_us: Option<i64>,
}

impl Terms {
    /// These, where they can be.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a multiplier of nothing or too much, or a moment that has passed.
    pub fn new(costs: bool, multiplier: Multiplier, valid_from_us: Option<i64>) -> Result<Self> {
        if multiplier.0 < 1 || multiplier > Multiplier::MAX {
            let why = format!("must be more than 0 and at most {}", Multiplier::MAX);
            return Err(Error::invalid("multiplier", why));
        }
        if valid_from_us.is_some_and(|from| from < store::time::now_us()) {
            return Err(Error::invalid("valid_from", "must not be in the past"));
        }
        Ok(Self { costs, multiplier, valid_from_us })
    }
}

/// One price beside the catalogue's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The public model name.
    pub model: String,
    /// The channel whose cost it is; `None`: a sale price.
    pub channel: Option<ChannelId>,
    /// Where the catalogue has it; `None`: nowhere.
    pub provider: Option<&'static str>,
    /// How it would change.
    pub change: Change,
    /// Rate by rate.
    pub rates: Vec<RateChange>,
    /// The version that holds when the new one begins.
    pub follows: Option<PriceId>,
    /// The channels that would cost more than what tenants pay, in some unit, tier or group.
    pub below_cost: Vec<ChannelId>,
    /// The mark of what is shown.
    pub seen: String,
    /// Whether the place sells it, or a channel carries it.
    pub is_here: bool,
    price: Option<Tariff>,
}

/// What is known of a model: under its name at one of the channels that carry it, or under its public name.
pub fn known(model: &str, channels: &[ChannelRow]) -> Option<&'static Entry> {
    let carried = channels.iter().flat_map(|channel| {
        let offers = channel.models.iter().filter(|offer| offer.model == model);
        offers.filter_map(|offer| known_at(channel, &offer.upstream))
    });
    carried.chain(catalogue::named(model)).next()
}

/// What is known of a model under its name at this channel's provider.
fn known_at(channel: &ChannelRow, upstream: &str) -> Option<&'static Entry> {
    catalogue::of(channel.provider.as_str()).find(|entry| entry.model == upstream)
}

/// What an import goes by.
struct Place {
    terms: Terms,
    channels: Vec<ChannelRow>,
    standing: BTreeMap<String, Vec<Standing>>,
    groups: Vec<Group>,
}

impl Place {
    async fn read(store: &Store, terms: Terms) -> Result<Self> {
        let mut channels = Vec::new();
        let mut page = Page::first(Page::MAX);
        loop {
            let listing = store.channels().list(page).await?;
            channels.extend(listing.rows);
            let Some(cursor) = listing.next_cursor else { break };
            page = Page::parse(Some(Page::MAX), Some(&cursor))?;
        }
        let mut standing: BTreeMap<String, Vec<Standing>> = BTreeMap::new();
        for it in store.prices().standing(None).await? {
            standing.entry(it.version.model.clone()).or_default().push(it);
        }
        Ok(Self { terms, channels, standing, groups: store.groups().list().await? })
    }

    fn standing(&self, model: &str) -> &[Standing] {
        self.standing.get(model).map_or(&[], Vec::as_slice)
    }

    fn line(&self, model: &str, channel: Option<ChannelId>, entry: Option<&'static Entry>) -> Result<Line> {
        let scope = channel.map_or_else(Scope::sale, Scope::Cost);
        let begins_us = self.terms.valid_from_us.unwrap_or_else(store::time::now_us);
        let now = holding(self.standing(model), model, &scope, begins_us);
        let price = entry.map(|entry| entry.rates.map(|rate| self.terms.multiplier.of_rate(rate)));
        let (change, rates) = compare(now.map(|version| &version.tariff), price.as_ref());
        let below_cost = match &price {
            Some(price) if change.is_one() => self.below_cost(model, channel, price),
            _ => Vec::new(),
        };
        Ok(Line {
            model: model.to_owned(),
            channel,
            provider: entry.map(|entry| entry.provider.as_str()),
            change,
            rates,
            follows: now.map(|version| version.id),
            below_cost,
            seen: mark(model, channel, now, price.as_ref())?,
            is_here: now.is_some() || self.channels.iter().any(|it| it.models.iter().any(|offer| offer.model == model)),
            price,
        })
    }

    /// The channels that cost more than tenants pay, were this the price.
    fn below_cost(&self, model: &str, channel: Option<ChannelId>, price: &Tariff) -> Vec<ChannelId> {
        let (price, standing) = (Price::new(PriceId(0), price.clone()), self.standing(model));
        if let Some(channel) = channel {
            let mut sales = sales(model, standing, &self.groups).into_iter();
            let below = sales.any(|(sale, multiplier)| sale.price().sells_below(&price, multiplier));
            return if below { vec![channel] } else { Vec::new() };
        }
        let least = least_multiplier(model, standing, &self.groups);
        let costs_more = |channel: &&ChannelRow| {
            let costs = channel.models.iter().filter(|offer| offer.model == model).filter_map(|it| it.cost.as_ref());
            costs.into_iter().any(|cost| price.sells_below(&cost.price(), least))
        };
        self.channels.iter().filter(costs_more).map(|channel| channel.id).collect()
    }
}

/// The mark of what a line shows.
fn mark(model: &str, channel: Option<ChannelId>, now: Option<&PriceVersion>, price: Option<&Tariff>) -> Result<String> {
    let shown = (model, channel, now.map(|version| version.id), price);
    let digest = Sha256::digest(serde_json::to_vec(&shown).map_err(|_| Error::Corrupt("price"))?);
    // Writing to a String does not fail.
    Ok(digest.iter().take(10).fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    }))
}

/// Every price beside the catalogue's, by model and channel: sale prices of all models that are here or in the catalogue,
/// or costs of all that channels carry.
///
/// # Errors
/// The store's.
pub async fn lines(store: &Store, terms: Terms) -> Result<Vec<Line>> {
    let place = Place::read(store, terms).await?;
    let mut lines: Vec<Line> = if terms.costs {
        let offers = place.channels.iter().flat_map(|channel| channel.models.iter().map(move |offer| (channel, offer)));
        let of = |(channel, it): (&ChannelRow, &OfferRow)| {
            place.line(&it.model, Some(channel.id), known_at(channel, &it.upstream))
        };
        offers.map(of).collect::<Result<_>>()?
    } else {
        let carried = place.channels.iter().flat_map(|channel| channel.models.iter().map(|it| it.model.as_str()));
        let sold = place.standing.keys().map(String::as_str);
        let names: BTreeSet<&str> = carried.chain(sold).chain(catalogue::names()).collect();
        let lines = names.into_iter().map(|name| place.line(name, None, known(name, &place.channels)));
        let mut lines: Vec<Line> = lines.collect::<Result<_>>()?;
        // A model may have nothing but a price of one group.
        lines.retain(|line| line.is_here || line.provider.is_some());
        lines
    };
    lines.sort_by(|a, b| (&a.model, a.channel).cmp(&(&b.model, b.channel)));
    Ok(lines)
}

/// Takes over what these lines show, all of them or none; what would stay the same is left alone.
///
/// # Errors
/// [`Error::Conflict`] where one no longer stands; as [`store::prices::Prices::put_all`].
pub async fn take_over(
    store: &Store,
    actor: &Actor,
    terms: Terms,
    lines: impl IntoIterator<Item = &Line>,
) -> Result<Vec<PriceVersion>> {
    let mut all = Vec::new();
    for line in lines.into_iter().filter(|line| line.change.is_one()) {
        let Some(tariff) = line.price.clone() else { continue };
        let scope = line.channel.map_or_else(Scope::sale, Scope::Cost);
        let new = NewPrice { scope, tariff, valid_from_us: terms.valid_from_us };
        all.push(Successor { model: ModelName::parse("model", &line.model)?, new, follows: line.follows });
    }
    if all.is_empty() { Ok(Vec::new()) } else { store.prices().put_all(actor, &all).await }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_is_asked_by_name_where_no_channel_says_more() {
        assert_eq!(known("sandbox/echo", &[]).unwrap().provider, "sandbox");
        assert!(known("nobody's", &[]).is_none());
    }

    #[test]
    fn a_mark_is_of_everything_that_is_shown() {
        let tariff = |input: &str| serde_json::from_str::<Tariff>(&format!(r#"{{"input":"{input}","output":"1"}}"#));
        let (one, two) = (tariff("1").unwrap(), tariff("2").unwrap());
        let marks = [
            mark("m", None, None, Some(&one)),
            mark("n", None, None, Some(&one)),
            mark("m", Some(ChannelId(1)), None, Some(&one)),
            mark("m", None, None, Some(&two)),
            mark("m", None, None, None),
        ]
        .map(Result::unwrap);
        assert_eq!(marks.iter().collect::<BTreeSet<_>>().len(), marks.len());
        assert_eq!(marks[0], mark("m", None, None, Some(&one)).unwrap());
    }
}
