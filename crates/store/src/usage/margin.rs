//! Margins: what tenants were charged beside what it cost us, as lines that add up to everything, and as a file.
//!
//! They come from the roll-ups alone, which keep their hours for ever: whole hours are asked for.

use super::{Filter, GroupBy, Line};
use crate::{
    Moment,
    drain::rollup::HOUR_US,
    error::{Error, Result},
    sheet::{self, guarded},
};
use bytes::Bytes;
use domain::money::{NanoUsd, Percent};

/// The header of the file.
pub const MARGIN_COLUMNS: [&str; 9] =
    ["day", "model", "channel", "tenant", "requests", "sale_usd", "cost_usd", "margin_usd", "margin_percent"];

impl Line {
    /// Charges less costs.
    pub fn margin(&self) -> NanoUsd {
        self.sale.saturating_sub(self.cost)
    }

    /// Its share of the charges, never told higher than it is; `None`: nothing was charged.
    pub fn margin_share(&self) -> Option<Percent> {
        Percent::of(self.margin().0, self.sale.0)
    }
}

/// Margins of one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Margins {
    /// By what was asked for, the largest charge first, or by day.
    pub lines: Vec<Line>,
    /// All of it; where there are too many lines, they are not all of it.
    pub total: Line,
}

impl Margins {
    /// Whether the lines are all there is.
    pub fn are_whole(&self) -> bool {
        // The cost too: a line of nothing but failed attempts has no request, and is the last where lines are cut off.
        let mut sum = Line::default();
        self.lines.iter().for_each(|line| sum.add(line));
        (sum.requests, sum.cost) == (self.total.requests, self.total.cost)
    }
}

/// Margins by `groups`.
///
/// # Errors
/// [`Error::Invalid`] for a time that is no whole hour; the database's.
pub async fn margins(moment: &mut Moment, filter: &Filter, groups: &[GroupBy]) -> Result<Margins> {
    for (field, time) in [("from", filter.from_us), ("to", filter.to_us)] {
        if time.is_some_and(|us| us.rem_euclid(HOUR_US) != 0) {
            return Err(Error::invalid(field, "must be a whole hour"));
        }
    }
    Ok(Margins { total: moment.total(filter).await?, lines: moment.margin(filter, groups).await? })
}

/// The lines as a file. What was not asked for is empty.
///
/// # Errors
/// [`Error::Corrupt`] for a time out of the calendar.
pub fn margin_csv(lines: &[Line]) -> Result<Bytes> {
    let cells = |line: &Line| {
        let day = line.of.time_us.map(sheet::time).transpose()?.unwrap_or_default();
        Ok([
            day.chars().take(10).collect(),
            guarded(line.of.model.as_deref().unwrap_or_default()),
            line.of.channel.map(|channel| channel.to_string()).unwrap_or_default(),
            line.of.tenant.map(|tenant| tenant.to_string()).unwrap_or_default(),
            line.requests.to_string(),
            line.sale.to_string(),
            line.cost.to_string(),
            line.margin().to_string(),
            line.margin_share().map(|share| share.to_string()).unwrap_or_default(),
        ])
    };
    let header = [Ok(MARGIN_COLUMNS.map(str::to_owned))];
    sheet::piece(header.into_iter().chain(lines.iter().map(cells)).collect::<Result<Vec<[String; 9]>>>()?)
}
