//! Which requests are meant.

use super::Of;
use crate::{
    db::{Sql, Value},
    drain::rollup::is_error,
};
use domain::ids::{ChannelId, KeyId, TenantId};
use std::fmt::Write as _;

/// All that is set must hold. Times are microseconds since 1970, `to` is not included.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Not before this.
    pub from_us: Option<i64>,
    /// Before this.
    pub to_us: Option<i64>,
    /// Of this tenant.
    pub tenant: Option<TenantId>,
    /// With this key.
    pub key: Option<KeyId>,
    /// For this public model.
    pub model: Option<String>,
    /// Answered by this channel.
    pub channel: Option<ChannelId>,
    /// With this status.
    pub status: Option<u16>,
    /// Only those with an error: 400 and more, and no answer.
    pub errors: bool,
    /// Only those of these groups, all by one dimension; empty: of any.
    pub any_of: Vec<Of>,
}

impl Filter {
    pub(super) fn only_errors(&self) -> bool {
        self.errors || self.status.is_some_and(is_error)
    }
}

/// Conditions with their values.
#[derive(Debug)]
pub(super) struct Where {
    text: String,
    values: Vec<Value>,
}

impl Where {
    /// The filter on a table whose time is `time`.
    pub fn new(sqlite: bool, filter: &Filter, time: &str) -> Self {
        Self::after(sqlite, Vec::new(), filter, time)
    }

    /// The same, of a statement that has these values before.
    pub fn after(sqlite: bool, values: Vec<Value>, filter: &Filter, time: &str) -> Self {
        let mut it = Self { text: String::from("1 = 1"), values };
        it.add("key_id = ", filter.key);
        it.add("tenant = ", filter.tenant);
        it.add("model = ", filter.model.clone());
        it.add("channel = ", filter.channel);
        it.add(&format!("{time} >= "), filter.from_us);
        it.add(&format!("{time} < "), filter.to_us);
        it.any_of(&filter.any_of);
        if let Some(status) = filter.status {
            // Written out: PostgreSQL sees that one of 400 and more is among the rows that the indices of errors have.
            let _ = write!(it.text, " AND status = {status}");
        }
        if filter.only_errors() && (sqlite || filter.status.is_none()) {
            // As the indices of errors have it. Beside a status PostgreSQL would look for both ways to fit, and read all
            // that do before it sorts them.
            it.text.push_str(" AND (status >= 400 OR status = 0)");
        }
        it
    }

    /// The filter on the requests themselves.
    pub fn requests(sqlite: bool, filter: &Filter) -> Self {
        Self::new(sqlite, filter, "time_us")
    }

    /// Of one of these groups.
    fn any_of(&mut self, groups: &[Of]) {
        let Some(first) = groups.first() else { return };
        let (column, value): (_, fn(&Of) -> Value) = match first {
            Of { model: Some(_), .. } => ("model", |of| of.model.clone().into()),
            Of { key: Some(_), .. } => ("key_id", |of| of.key.into()),
            Of { tenant: Some(_), .. } => ("tenant", |of| of.tenant.into()),
            // The channel; where none answered, roll-ups have 0 and rows have NULL.
            _ => ("COALESCE(channel, 0)", |of| of.channel.unwrap_or(ChannelId(0)).into()),
        };
        let places: Vec<_> = (1..=groups.len()).map(|n| format!("${}", self.values.len() + n)).collect();
        let _ = write!(self.text, " AND {column} IN ({})", places.join(", "));
        self.values.extend(groups.iter().map(value));
    }

    /// One more condition, where there is a value. `condition` is text of the source.
    pub fn add(&mut self, condition: &str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            self.values.push(value.into());
            // Writing to a String does not fail.
            let _ = write!(self.text, " AND {condition}${}", self.values.len());
        }
    }

    /// Rows before or after a place in the order of time and id.
    pub fn beyond(&mut self, after: bool, place: Option<super::Place>) {
        if let Some(place) = place {
            self.values.push(place.time_us.into());
            self.values.push(place.request.into());
            let (n, sign) = (self.values.len(), if after { '>' } else { '<' });
            let _ = write!(self.text, " AND (time_us, request_id) {sign} (${}, ${n})", n - 1);
        }
    }

    /// The conditions, and all values up to here.
    pub fn into_parts(self) -> (String, Vec<Value>) {
        (self.text, self.values)
    }

    /// `before WHERE … after`.
    pub fn sql(self, before: &str, after: &str) -> Sql {
        self.values.into_iter().fold(Sql::built(format!("{before} WHERE {} {after}", self.text)), Sql::bind)
    }
}
