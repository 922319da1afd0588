//! By what usage is rolled up.

use super::Span;

/// Dimensions of usage.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Dimensions(u8);

impl Dimensions {
    pub const TENANT: Self = Self(1);
    pub const KEY: Self = Self(2);
    pub const MODEL: Self = Self(4);
    pub const CHANNEL: Self = Self(8);

    /// These and those.
    pub const fn with(self, more: Self) -> Self {
        Self(self.0 | more.0)
    }

    /// Whether all of those are among these.
    pub const fn has(self, all: Self) -> bool {
        self.0 & all.0 == all.0
    }
}

/// What a roll-up tells apart. The numbers are in the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Axis {
    /// Nothing.
    All = 0,
    /// Models.
    Model = 1,
    /// Channels.
    Channel = 2,
    /// Tenants.
    Tenant = 3,
    /// Models of tenants.
    TenantModel = 4,
    /// Channels that answered tenants.
    TenantChannel = 5,
    /// Keys.
    TenantKey = 6,
    /// All but keys.
    TenantModelChannel = 7,
}

impl Axis {
    /// All, those with fewer rows first.
    pub const ALL: [Self; 8] = [
        Self::All,
        Self::Model,
        Self::Channel,
        Self::Tenant,
        Self::TenantModel,
        Self::TenantChannel,
        Self::TenantKey,
        Self::TenantModelChannel,
    ];

    /// As the database has it.
    pub fn id(self) -> i64 {
        self as i64
    }

    /// What it tells apart.
    pub fn dimensions(self) -> Dimensions {
        let (tenant, model, channel) = (Dimensions::TENANT, Dimensions::MODEL, Dimensions::CHANNEL);
        match self {
            Self::All => Dimensions::default(),
            Self::Model => model,
            Self::Channel => channel,
            Self::Tenant => tenant,
            Self::TenantModel => tenant.with(model),
            Self::TenantChannel => tenant.with(channel),
            Self::TenantKey => tenant.with(Dimensions::KEY),
            Self::TenantModelChannel => tenant.with(model).with(channel),
        }
    }

    /// The one with the fewest rows that tells these apart.
    pub fn telling(asked: Dimensions) -> Option<Self> {
        Self::ALL.into_iter().find(|axis| axis.dimensions().has(asked))
    }

    /// By which spans sums are kept. Where an hour tells hardly less apart than `usage_hours`, that has to do.
    pub fn of_sums(self) -> &'static [Span] {
        match self {
            Self::TenantChannel | Self::TenantModelChannel => &[Span::Month, Span::Day],
            _ => &[Span::Month, Span::Day, Span::Hour],
        }
    }

    /// By which spans durations are kept.
    pub fn of_durations(self) -> &'static [Span] {
        match self {
            Self::TenantModel | Self::TenantChannel => &[Span::Month, Span::Day],
            Self::TenantModelChannel => &[],
            _ => &[Span::Month, Span::Day, Span::Hour],
        }
    }

    /// Each dimension as a column of `usage_hours`, or as what stands for it where it is not told apart.
    pub(super) fn columns(self) -> String {
        let own = self.dimensions();
        let column = |dimension, name: &str, none: &str| {
            if own.has(dimension) { name.to_owned() } else { format!("{none} AS {name}") }
        };
        [
            column(Dimensions::TENANT, "tenant", "CAST(0 AS BIGINT)"),
            column(Dimensions::KEY, "key_id", "CAST(0 AS BIGINT)"),
            column(Dimensions::MODEL, "model", "CAST('' AS TEXT)"),
            column(Dimensions::CHANNEL, "channel", "CAST(0 AS BIGINT)"),
        ]
        .join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_axis_with_the_fewest_rows_answers() {
        let (tenant, key) = (Dimensions::TENANT, Dimensions::KEY);
        let (model, channel) = (Dimensions::MODEL, Dimensions::CHANNEL);
        for (asked, axis) in [
            (Dimensions::default(), Some(Axis::All)),
            (model, Some(Axis::Model)),
            (channel, Some(Axis::Channel)),
            (tenant, Some(Axis::Tenant)),
            (key, Some(Axis::TenantKey)),
            (tenant.with(model), Some(Axis::TenantModel)),
            (model.with(channel), Some(Axis::TenantModelChannel)),
            (key.with(model), None),
        ] {
            assert_eq!(Axis::telling(asked), axis, "{asked:?}");
        }
    }

    #[test]
    fn all_are_listed_by_their_numbers() {
        assert!(Axis::ALL.iter().enumerate().all(|(n, axis)| axis.id() == i64::try_from(n).unwrap()));
    }
}
