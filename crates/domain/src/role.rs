//! What a member of a tenant may do: five roles, eight permissions, one table.
//!
//! People ask "may I", code asks for a permission: a role is named in the table below and nowhere else.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// What somebody is to a tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Everything; a tenant has one at least.
    Owner,
    /// Everything but its money.
    Admin,
    /// Keys and usage.
    Developer,
    /// Usage and money.
    Billing,
    /// Looks, and changes nothing.
    Viewer,
}

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permission {
    /// Requests, sums, models.
    SeeUsage,
    /// The list of keys.
    SeeKeys,
    /// Making, changing, revoking keys.
    ChangeKeys,
    /// Balance and ledger.
    SeeMoney,
    /// Putting money in.
    TopUp,
    /// Who else is a member.
    SeeMembers,
    /// Adding, removing members, giving roles.
    ChangeMembers,
    /// The tenant's own settings.
    ChangeTenant,
}

use Permission::{ChangeKeys, ChangeMembers, ChangeTenant, SeeKeys, SeeMembers, SeeMoney, SeeUsage, TopUp};

impl Permission {
    /// All of them.
    pub const ALL: [Self; 8] =
        [SeeUsage, SeeKeys, ChangeKeys, SeeMoney, TopUp, SeeMembers, ChangeMembers, ChangeTenant];
}

impl Role {
    /// All of them, the mightiest first.
    pub const ALL: [Self; 5] = [Self::Owner, Self::Admin, Self::Developer, Self::Billing, Self::Viewer];

    /// The table.
    fn permissions(self) -> &'static [Permission] {
        match self {
            Self::Owner => &Permission::ALL,
            Self::Admin => &[SeeUsage, SeeKeys, ChangeKeys, SeeMembers, ChangeMembers],
            Self::Developer => &[SeeUsage, SeeKeys, ChangeKeys],
            Self::Billing => &[SeeUsage, SeeMoney, TopUp],
            Self::Viewer => &[SeeUsage, SeeKeys, SeeMoney, SeeMembers],
        }
    }

    /// Whether somebody in this role may.
    pub fn may(self, what: Permission) -> bool {
        self.permissions().contains(&what)
    }

    /// The word for it in the database, the API and the console's forms.
    pub fn word(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Admin => "admin",
            Self::Developer => "developer",
            Self::Billing => "billing",
            Self::Viewer => "viewer",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// Not one of the five words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be owner, admin, developer, billing or viewer")]
pub struct UnknownRole;

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(word: &str) -> Result<Self, UnknownRole> {
        Self::ALL.into_iter().find(|role| role.word() == word).ok_or(UnknownRole)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_owner_may_everything_and_whoever_changes_may_look() {
        for permission in Permission::ALL {
            assert!(Role::Owner.may(permission));
        }
        for role in Role::ALL {
            assert!(role.may(SeeUsage), "{role}");
            assert!(role.may(SeeKeys) || !role.may(ChangeKeys), "{role}");
            assert!(role.may(SeeMoney) || !role.may(TopUp), "{role}");
            assert!(role.may(SeeMembers) || !role.may(ChangeMembers), "{role}");
        }
    }

    #[test]
    fn a_viewer_changes_nothing_and_a_developer_sees_no_money() {
        assert!([ChangeKeys, TopUp, ChangeMembers, ChangeTenant].iter().all(|p| !Role::Viewer.may(*p)));
        assert!([SeeMoney, TopUp, SeeMembers].iter().all(|p| !Role::Developer.may(*p)));
    }

    #[test]
    fn roles_survive_their_words() {
        for role in Role::ALL {
            assert_eq!(role.word().parse(), Ok(role));
            assert_eq!(serde_json::to_string(&role).unwrap(), format!("\"{role}\""));
        }
        assert_eq!("member".parse::<Role>(), Err(UnknownRole));
    }
}
