//! Margins for the console.

use super::{ServerConsole, time, timeline::within};
use domain::{
    money::NanoUsd,
    views::{MarginLine, MarginView, Span, Window},
};
use std::collections::HashMap;
use store::{
    Error, Moment,
    usage::{Filter, GroupBy, Line, margins},
};

/// So many lines are shown; the file has them all.
const SHOWN: usize = 50;
const HOUR_US: i64 = 3_600_000_000;

/// What is meant, and how the management API says it.
fn groups(by: &str) -> (&'static [GroupBy], &'static str) {
    match by {
        "channel" => (&[GroupBy::Channel], "channel"),
        "tenant" => (&[GroupBy::Tenant], "tenant"),
        "each" => (&[GroupBy::Model, GroupBy::Channel, GroupBy::Tenant], "model,channel,tenant"),
        _ => (&[GroupBy::Model], "model"),
    }
}

/// The whole hours that a window is in.
fn hours(window: Window) -> Window {
    let from_us = window.from_us.div_euclid(HOUR_US) * HOUR_US;
    let to_us = (window.to_us + HOUR_US - 1).div_euclid(HOUR_US) * HOUR_US;
    Window { from_us, to_us, ..window }
}

fn line(of: Vec<String>, it: &Line) -> MarginLine {
    MarginLine { of, requests: u64::try_from(it.requests).unwrap_or(0), sale: it.sale, cost: it.cost }
}

impl ServerConsole {
    pub(super) async fn margins_by(&self, span: Span, by: &str) -> Result<MarginView, Error> {
        let window = hours(span.window(store::time::now_us()));
        let (groups, words) = groups(by);
        let here = within(&Filter::default(), window);
        let found = margins(&mut Moment::now(self.store.db()).await?, &here, groups).await?;
        let channels: HashMap<_, _> = self.store.channels().names().await?.into_iter().collect();
        let tenants: HashMap<_, _> = self.store.tenants().names().await?.into_iter().collect();
        let has = |group: GroupBy| groups.contains(&group);
        let names = |it: &Line| {
            // Nothing was answered where there is no channel; tenants are never taken away.
            let channel = || it.of.channel.map(|id| channels.get(&id).cloned().unwrap_or_else(|| id.to_string()));
            let tenant = || it.of.tenant.map(|id| tenants.get(&id).cloned().unwrap_or_else(|| id.to_string()));
            let model = it.of.model.clone();
            let channel = has(GroupBy::Channel).then(|| channel().unwrap_or_default());
            model.into_iter().chain(channel).chain(tenant()).collect()
        };
        let lines: Vec<MarginLine> = found.lines.iter().take(SHOWN).map(|it| line(names(it), it)).collect();
        let total = line(Vec::new(), &found.total);
        let left = total.requests.saturating_sub(lines.iter().map(|line| line.requests).sum());
        let rest = (found.lines.len() > lines.len()).then(|| {
            let without = |all: NanoUsd, of: fn(&MarginLine) -> NanoUsd| all.saturating_sub(lines.iter().map(of).sum());
            let (sale, cost) = (without(total.sale, |line| line.sale), without(total.cost, |line| line.cost));
            MarginLine { of: Vec::new(), requests: left, sale, cost }
        });
        let (from, to) = (time(window.from_us), time(window.to_us));
        let csv = format!("/api/v1/margin.csv?group_by={words}&from={from}&to={to}");
        let by = if groups.len() > 1 { "each" } else { words }.to_owned();
        Ok(MarginView { span, window, by, lines, rest, total, csv })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_answered_by_the_whole_hours_it_is_in() {
        let window = |from_us, to_us| Window { from_us, to_us, step_us: 60_000_000 };
        assert_eq!(hours(window(HOUR_US + 1, 2 * HOUR_US + 1)), window(HOUR_US, 3 * HOUR_US));
        assert_eq!(hours(window(0, HOUR_US)), window(0, HOUR_US));
    }
}
