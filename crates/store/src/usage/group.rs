//! By what sums are made.

use crate::{
    db::Row,
    error::Result,
    rollups::{Dimensions, HOUR_US},
};
use domain::ids::{ChannelId, KeyId, TenantId};
use std::str::FromStr;

/// What sums are made by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroupBy {
    /// The public model.
    Model,
    /// The key.
    Key,
    /// The tenant.
    Tenant,
    /// The channel that answered.
    Channel,
    /// The day.
    Day,
    /// The hour.
    Hour,
    /// Slots of this many microseconds, counted from 1970.
    Slot(i64),
}

/// Not a word of `group_by`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("group_by takes model, key, tenant, channel, day, hour; not {0:?}")]
pub struct UnknownGroup(String);

impl FromStr for GroupBy {
    type Err = UnknownGroup;
    fn from_str(word: &str) -> Result<Self, UnknownGroup> {
        match word {
            "model" => Ok(Self::Model),
            "key" => Ok(Self::Key),
            "tenant" => Ok(Self::Tenant),
            "channel" => Ok(Self::Channel),
            "day" => Ok(Self::Day),
            "hour" => Ok(Self::Hour),
            other => Err(UnknownGroup(other.to_owned())),
        }
    }
}

/// Of what a sum is: the dimensions that were asked for are set.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Of {
    /// The public model.
    pub model: Option<String>,
    /// The key.
    pub key: Option<KeyId>,
    /// The tenant.
    pub tenant: Option<TenantId>,
    /// The channel; also `None` where none answered.
    pub channel: Option<ChannelId>,
    /// The beginning of the slot, in microseconds since 1970.
    pub time_us: Option<i64>,
}

/// Groups as SQL: what is selected, and how many columns it is.
pub(super) struct Terms<'a> {
    groups: &'a [GroupBy],
    terms: Vec<String>,
}

impl<'a> Terms<'a> {
    /// On a table whose time is `time`. Of several lengths of time the shortest says all.
    pub fn new(groups: &'a [GroupBy], time: &str) -> Self {
        let shortest = groups.iter().filter_map(|group| group.slot_us()).min();
        let slot = shortest.map(|us| format!("{time} / {us} * {us} AS at_us"));
        let terms = groups.iter().filter_map(|group| group.column().map(str::to_owned)).chain(slot).collect();
        Self { groups, terms }
    }

    /// Whether time is one of them.
    pub fn by_time(&self) -> bool {
        self.groups.iter().any(|group| group.slot_us().is_some())
    }

    /// What is selected, each with a comma after it.
    pub fn select(&self) -> String {
        self.terms.iter().map(|term| format!("{term}, ")).collect()
    }

    /// `GROUP BY` them; nothing where there are none.
    pub fn group_by(&self) -> String {
        let numbers: Vec<_> = (1..=self.terms.len()).map(|n| n.to_string()).collect();
        if numbers.is_empty() { String::new() } else { format!("GROUP BY {}", numbers.join(", ")) }
    }

    /// `GROUP BY` them and these columns.
    pub fn group_by_and(&self, more: &str) -> String {
        if self.terms.is_empty() { format!("GROUP BY {more}") } else { format!("{}, {more}", self.group_by()) }
    }

    /// Reads them.
    pub fn read(&self, row: &Row) -> Result<Of> {
        let has = |group| self.groups.contains(&group);
        let channel = if has(GroupBy::Channel) { Some(row.int("answered")?).filter(|id| *id != 0) } else { None };
        Ok(Of {
            model: if has(GroupBy::Model) { Some(row.text("model")?) } else { None },
            key: if has(GroupBy::Key) { Some(KeyId(row.int("key_id")?)) } else { None },
            tenant: if has(GroupBy::Tenant) { Some(TenantId(row.int("tenant")?)) } else { None },
            channel: channel.map(ChannelId),
            time_us: if self.by_time() { Some(row.int("at_us")?) } else { None },
        })
    }
}

impl GroupBy {
    /// The column, where it is one.
    fn column(self) -> Option<&'static str> {
        match self {
            Self::Model => Some("model"),
            Self::Key => Some("key_id"),
            Self::Tenant => Some("tenant"),
            Self::Channel => Some("COALESCE(channel, 0) AS answered"),
            Self::Day | Self::Hour | Self::Slot(_) => None,
        }
    }

    /// The dimension, where it is one.
    pub(super) fn dimension(self) -> Dimensions {
        match self {
            Self::Model => Dimensions::MODEL,
            Self::Key => Dimensions::KEY,
            Self::Tenant => Dimensions::TENANT,
            Self::Channel => Dimensions::CHANNEL,
            Self::Day | Self::Hour | Self::Slot(_) => Dimensions::default(),
        }
    }

    /// The length of time, where it is one.
    pub(super) fn slot_us(self) -> Option<i64> {
        match self {
            Self::Day => Some(24 * HOUR_US),
            Self::Hour => Some(HOUR_US),
            Self::Slot(us) => Some(us.max(1)),
            Self::Model | Self::Key | Self::Tenant | Self::Channel => None,
        }
    }
}
