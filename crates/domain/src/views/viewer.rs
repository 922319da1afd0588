//! Who is signed in, and which tenant they look at.

use crate::{
    ids::TenantId,
    role::{Permission, Role},
};
use serde::{Deserialize, Serialize};

/// A tenant that somebody may look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TenantSeen {
    /// Which.
    pub id: TenantId,
    /// What people call it.
    pub name: String,
    /// What they are to it; `None`: one who runs the place is inside.
    pub role: Option<Role>,
}

/// Who is signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Viewer {
    /// Their e-mail address.
    pub email: String,
    /// Whether they run the place.
    pub admin: bool,
    /// The tenant they look at: one of their own, or one they stepped into.
    pub tenant: Option<TenantSeen>,
    /// Their own tenants.
    pub tenants: Vec<TenantSeen>,
}

impl Viewer {
    /// Whether they may do this with the tenant they look at.
    pub fn may(&self, what: Permission) -> bool {
        self.tenant.as_ref().is_some_and(|tenant| tenant.role.map_or(self.admin, |role| role.may(what)))
    }

    /// Whether they see the whole place.
    pub fn sees_all(&self) -> bool {
        self.admin && self.tenant.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn viewer(admin: bool, role: Option<Option<Role>>) -> Viewer {
        let tenant = role.map(|role| TenantSeen { id: TenantId(1), name: "Acme".into(), role });
        Viewer { email: "a@b".into(), admin, tenant, tenants: Vec::new() }
    }

    #[test]
    fn a_role_says_what_a_member_may_and_an_admin_inside_may_everything() {
        assert!(viewer(false, Some(Some(Role::Developer))).may(Permission::ChangeKeys));
        assert!(!viewer(false, Some(Some(Role::Viewer))).may(Permission::ChangeKeys));
        assert!(viewer(true, Some(None)).may(Permission::SeeMoney));
        assert!(!viewer(false, Some(None)).may(Permission::SeeMoney), "nobody is inside without being an admin");
        assert!(!viewer(true, None).may(Permission::SeeKeys), "there is no tenant to have keys");
        assert!(viewer(true, None).sees_all() && !viewer(true, Some(None)).sees_all());
    }
}
