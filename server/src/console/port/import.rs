//! Prices from the catalogue for the console.

use super::{ServerConsole, actor, failed, models::moment};
use crate::import::{self, Line, Terms};
use app::port::{Author, Failed};
use domain::{
    ids::ChannelId,
    price::{Change, RateChange},
    views::{ImportAsked, ImportLine, ImportView},
};
use std::collections::{BTreeSet, HashMap};

/// Rates that the list shows whether they change or not, where no tier is told.
const SHOWN: [&str; 3] = ["input", "output", "cache_read"];

fn terms(asked: &ImportAsked) -> Result<Terms, Failed> {
    let invalid = |field: &str, why: String| Failed::Invalid { field: field.to_owned(), why };
    let multiplier = Some(asked.multiplier.trim()).filter(|text| !text.is_empty()).unwrap_or("1");
    let multiplier = multiplier.parse().map_err(|why| invalid("Multiplier", format!("{why}")))?;
    let valid_from = moment(&asked.valid_from)
        .ok_or_else(|| invalid("Valid from", "must be a date and time in UTC, like 2026-12-01T00:00".to_owned()))?;
    Terms::new(asked.costs(), multiplier, valid_from).map_err(failed)
}

fn is_told(rate: &RateChange) -> bool {
    rate.now != rate.then || rate.service_tier.is_none() && rate.above == 0 && SHOWN.contains(&rate.kind.as_str())
}

impl ServerConsole {
    pub(super) async fn prices_beside(&self, asked: ImportAsked) -> Result<ImportView, Failed> {
        let lines = import::lines(&self.store, terms(&asked)?).await.map_err(failed)?;
        let names: HashMap<_, _> = self.store.channels().names().await.map_err(failed)?.into_iter().collect();
        let named = |id: &ChannelId| names.get(id).cloned().unwrap_or_default();
        let lines = lines.into_iter().filter(|line| asked.all || line.is_here).map(|line| ImportLine {
            channel: line.channel.as_ref().map(named),
            below_cost: line.below_cost.iter().map(named).collect(),
            provider: line.provider.map(str::to_owned),
            rates: line.rates.into_iter().filter(is_told).collect(),
            model: line.model,
            change: line.change,
            seen: line.seen,
        });
        let lines: Vec<ImportLine> = lines.collect();
        let count = |change: &Change| (*change, lines.iter().filter(|line| line.change == *change).count());
        let counts = Change::ALL.iter().map(count).filter(|(_, count)| *count > 0).collect();
        let sought = asked.q.trim().to_lowercase();
        let holds = |text: &str| text.to_lowercase().contains(&sought);
        let fits = |line: &ImportLine| {
            let of = [Some(&line.model), line.channel.as_ref(), line.provider.as_ref()];
            (asked.change.is_empty() || asked.change == line.change.word())
                && of.into_iter().flatten().any(|text| holds(text))
        };
        let (mut changing, rest): (Vec<_>, Vec<_>) = lines.into_iter().filter(fits).partition(|it| it.change.is_one());
        changing.extend(rest);
        Ok(ImportView { counts, lines: changing })
    }

    pub(super) async fn take_over(&self, by: Author, asked: ImportAsked, chosen: Vec<String>) -> Result<usize, Failed> {
        let terms = terms(&asked)?;
        let lines = import::lines(&self.store, terms).await.map_err(failed)?;
        let chosen: BTreeSet<String> = chosen.into_iter().collect();
        let found: Vec<&Line> = lines.iter().filter(|line| chosen.contains(&line.seen)).collect();
        if found.len() < chosen.len() {
            return Err(Failed::Conflict("a price is no longer as it was shown: look again".to_owned()));
        }
        let made = import::take_over(&self.store, &actor(by), terms, found).await.map_err(failed)?;
        Ok(made.len())
    }
}
