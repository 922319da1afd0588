//! Where one can go: one table, by who is there. What somebody may not open is not offered to them.

use crate::{components::icon::Icon, words::Places};
use domain::{role::Permission, views::Viewer};

/// Who is offered an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum For {
    /// Everybody who is signed in.
    All,
    /// Those who may do this with the tenant they look at.
    Member(Permission),
    /// Those who see the whole place, and those who may do this with the tenant they look at.
    Both(Permission),
    /// Those who see the whole place.
    Place,
}

/// One entry.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// Its page.
    pub path: &'static str,
    /// Its picture.
    pub icon: Icon,
    name: fn(Places) -> &'static str,
    whom: For,
}

impl Entry {
    /// What it is called.
    pub fn name(&self, t: Places) -> &'static str {
        (self.name)(t)
    }
}

const fn entry(path: &'static str, name: fn(Places) -> &'static str, icon: Icon, whom: For) -> Entry {
    Entry { path, icon, name, whom }
}

/// The table, in the order it is shown.
const ENTRIES: [Entry; 13] = [
    entry("/", Places::home, Icon::Home, For::All),
    entry("/usage", Places::usage, Icon::Chart, For::Both(Permission::SeeUsage)),
    entry("/requests", Places::requests, Icon::Log, For::Both(Permission::SeeUsage)),
    entry("/keys", Places::keys, Icon::Key, For::Member(Permission::SeeKeys)),
    entry("/wallet", Places::wallet, Icon::Wallet, For::Member(Permission::SeeMoney)),
    entry("/bills", Places::bills, Icon::Bill, For::Member(Permission::SeeMoney)),
    entry("/budgets", Places::budgets, Icon::Bell, For::Member(Permission::SeeMoney)),
    entry("/channels", Places::channels, Icon::Channel, For::Place),
    entry("/routing", Places::routing, Icon::Route, For::Place),
    entry("/models", Places::models, Icon::Price, For::Place),
    entry("/tenants", Places::tenants, Icon::Tenants, For::Place),
    entry("/money", Places::money, Icon::Money, For::Place),
    entry("/alerts", Places::alerts, Icon::Bell, For::Place),
];

/// What this viewer is offered.
pub fn offered(viewer: &Viewer) -> Vec<Entry> {
    let fits = |entry: &Entry| match entry.whom {
        For::All => true,
        For::Member(needed) => viewer.may(needed),
        For::Both(needed) => viewer.sees_all() || viewer.may(needed),
        For::Place => viewer.sees_all(),
    };
    ENTRIES.into_iter().filter(fits).collect()
}

/// Whether a page belongs to an entry: its own, or one below it.
pub fn is_at(entry: &Entry, path: &str) -> bool {
    match path.strip_prefix(entry.path) {
        Some(rest) if entry.path == "/" => rest.is_empty(),
        Some(rest) => rest.is_empty() || rest.starts_with('/'),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Language;
    use domain::{ids::TenantId, role::Role, views::TenantSeen};

    fn names(admin: bool, role: Option<Option<Role>>) -> Vec<&'static str> {
        let tenant = role.map(|role| TenantSeen { id: TenantId(1), name: "Acme".into(), role });
        let viewer = Viewer { email: "a@b".into(), admin, tenant, tenants: Vec::new() };
        offered(&viewer).into_iter().map(|entry| entry.name(Places(Language::English))).collect()
    }

    #[test]
    fn people_are_offered_what_they_may_open() {
        assert_eq!(
            names(true, None),
            ["Home", "Usage", "Requests", "Channels", "Routing", "Models & prices", "Tenants", "Money", "Alerts"]
        );
        assert_eq!(
            names(true, Some(None)),
            ["Home", "Usage", "Requests", "Keys", "Wallet", "Bills", "Budgets & alerts"]
        );
        assert_eq!(names(false, Some(Some(Role::Developer))), ["Home", "Usage", "Requests", "Keys"]);
        assert_eq!(
            names(false, Some(Some(Role::Billing))),
            ["Home", "Usage", "Requests", "Wallet", "Bills", "Budgets & alerts"]
        );
        assert_eq!(names(false, None), ["Home"]);
    }

    #[test]
    fn a_page_below_an_entry_is_at_it_and_a_longer_name_is_not() {
        let [home, _, requests, ..] = ENTRIES;
        assert!(is_at(&home, "/") && !is_at(&home, "/requests"));
        assert!(is_at(&requests, "/requests") && is_at(&requests, "/requests/01a2"));
        assert!(!is_at(&requests, "/requestsx"));
    }
}
