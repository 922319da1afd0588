//! What the palette offers for a text: pages at once, tenants, keys and requests as the server finds them.

use super::{asking::Answer, matching::held};
use crate::{
    components::icon::Icon,
    navigation::offered,
    words::{Palette, Places, Roles},
};
use domain::{
    begun_id::begun,
    ids::{RequestId, TenantId},
    role::Permission,
    views::{Found, Viewer},
};

/// Kinds of choices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// Of the navigation.
    Pages,
    /// Customers.
    Tenants,
    /// Of the tenant that is looked at.
    Keys,
    /// By id.
    Requests,
}

impl Group {
    /// All, in the order they are shown.
    pub const ALL: [Self; 4] = [Self::Pages, Self::Tenants, Self::Keys, Self::Requests];

    /// What it is called.
    pub fn name(self, t: Palette) -> &'static str {
        match self {
            Self::Pages => t.pages(),
            Self::Tenants => t.tenants(),
            Self::Keys => t.keys(),
            Self::Requests => t.requests(),
        }
    }
}

/// Where a choice leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Go {
    /// To a page.
    Page(String),
    /// Into another tenant of the viewer's own.
    Into(TenantId),
}

/// One choice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// Its kind.
    pub group: Group,
    /// Its picture.
    pub icon: Icon,
    /// Its name.
    pub name: String,
    /// What tells it from others of that name.
    pub beside: String,
    /// Where it leads.
    pub go: Go,
}

/// What there is to choose from, by kind.
pub fn choices(viewer: &Viewer, (places, roles): (Places, Roles), text: &str, answer: &Answer) -> Vec<Choice> {
    let mut choices = Vec::new();
    let mut put =
        |group, icon, name: String, beside: String, go| choices.push(Choice { group, icon, name, beside, go });
    for entry in offered(viewer) {
        let name = entry.name(places);
        // By its English address too, in every language.
        if held(name, text).or_else(|| held(entry.path, text)).is_some() {
            put(Group::Pages, entry.icon, name.to_owned(), String::new(), Go::Page(entry.path.to_owned()));
        }
    }
    if text.is_empty() {
        return choices;
    }
    if !viewer.admin {
        let here = viewer.tenant.as_ref().map(|tenant| tenant.id);
        for tenant in viewer.tenants.iter().filter(|tenant| Some(tenant.id) != here) {
            if held(&tenant.name, text).is_some() {
                let role = tenant.role.map(|role| roles.of(role).to_owned()).unwrap_or_default();
                put(Group::Tenants, Icon::Tenants, tenant.name.clone(), role, Go::Into(tenant.id));
            }
        }
    }
    let Found { tenants, keys, requests } = answer.found.clone().unwrap_or_default();
    // What was found for the text before stays while it fits this one.
    let fits = |name: &str| answer.text == text || held(name, text).is_some();
    for tenant in tenants.into_iter().filter(|tenant| fits(&tenant.name)) {
        let id = tenant.id.to_string();
        let page = Go::Page(format!("/tenants/{id}"));
        put(Group::Tenants, Icon::Tenants, tenant.name, id, page);
    }
    for key in keys.into_iter().filter(|key| fits(&key.name)) {
        let beside = format!("{}…{}", key.prefix, key.last4);
        put(Group::Keys, Icon::Key, key.name, beside, Go::Page("/keys".to_owned()));
    }
    let ids = begun(text);
    let pasted = whole(viewer, text, answer).filter(|id| requests.iter().all(|found| found.id != *id));
    let mut request = |id: RequestId, beside: String| {
        put(Group::Requests, Icon::Log, id.to_string(), beside, Go::Page(format!("/requests/{id}")));
    };
    for found in requests.into_iter().filter(|found| ids.as_ref().is_some_and(|ids| ids.contains(&found.id))) {
        request(found.id, format!("{} · {}", found.model, found.status));
    }
    if let Some(id) = pasted {
        request(id, String::new());
    }
    choices
}

/// A whole id needs no search: pasted, it can be gone to at once. The answer then says whether it is there.
fn whole(viewer: &Viewer, text: &str, answer: &Answer) -> Option<RequestId> {
    let may = viewer.sees_all() || viewer.may(Permission::SeeUsage);
    text.parse().ok().filter(|_| may && answer.text != text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Language::{self, Chinese, English};
    use domain::{
        ids::KeyId,
        role::Role,
        views::{KeyFound, RequestFound, TenantFound, TenantSeen},
    };

    fn tenant(id: i64, name: &str) -> TenantSeen {
        TenantSeen { id: TenantId(id), name: name.into(), role: Some(Role::Developer) }
    }

    fn member(tenants: &[TenantSeen]) -> Viewer {
        Viewer { email: "a@b".into(), admin: false, tenant: tenants.first().cloned(), tenants: tenants.to_vec() }
    }

    fn offered_in(language: Language, viewer: &Viewer, text: &str, answer: &Answer) -> Vec<String> {
        let all = choices(viewer, (Places(language), Roles(language)), text, answer);
        all.into_iter().map(|choice| choice.name).collect()
    }

    #[test]
    fn without_a_text_there_are_the_pages_one_may_open() {
        let viewer = member(&[tenant(1, "Acme"), tenant(2, "Beta")]);
        let pages = offered_in(English, &viewer, "", &Answer::default());
        assert_eq!(pages, ["Home", "Usage", "Requests", "Keys"]);
    }

    #[test]
    fn a_page_goes_by_its_name_and_its_address() {
        let viewer = member(&[tenant(1, "Acme")]);
        assert_eq!(offered_in(English, &viewer, "key", &Answer::default()), ["Keys"]);
        assert_eq!(offered_in(Chinese, &viewer, "密", &Answer::default()), ["密钥"]);
        assert_eq!(offered_in(Chinese, &viewer, "KEY", &Answer::default()), ["密钥"]);
        assert!(offered_in(English, &viewer, "channels", &Answer::default()).is_empty());
    }

    #[test]
    fn another_tenant_of_ones_own_is_stepped_into() {
        let viewer = member(&[tenant(1, "Acme East"), tenant(2, "Acme West")]);
        let all = choices(&viewer, (Places(English), Roles(English)), "acme", &Answer::default());
        assert_eq!(all.len(), 1, "not the one that is looked at");
        assert_eq!((&all[0].go, all[0].beside.as_str()), (&Go::Into(TenantId(2)), "Developer"));
    }

    #[test]
    fn what_was_found_stays_while_it_fits() {
        let viewer = Viewer { admin: true, tenant: None, ..member(&[]) };
        let id = RequestId([0x12; 16]);
        let found = Found {
            tenants: vec![TenantFound { id: TenantId(7), name: "Northwind".into() }],
            keys: vec![KeyFound { id: KeyId(1), name: "north".into(), prefix: "sk".into(), last4: "wxyz".into() }],
            requests: vec![RequestFound { id, model: "m".into(), status: 200 }],
        };
        let answer = Answer { text: "1212".into(), found: Ok(found) };
        assert_eq!(offered_in(English, &viewer, "northw", &answer), ["Northwind"]);
        assert_eq!(offered_in(English, &viewer, "12121", &answer), [id.to_string()]);
        assert!(offered_in(English, &viewer, "1213", &answer).is_empty());
    }

    #[test]
    fn a_pasted_id_can_be_gone_to_until_the_answer_says_that_it_is_not_there() {
        let viewer = member(&[tenant(1, "Acme")]);
        let id = RequestId([0x12; 16]);
        let text = id.to_string();
        assert_eq!(offered_in(English, &viewer, &text, &Answer::default()), [id.to_string()]);
        let answer = Answer { text: text.clone(), found: Ok(Found::default()) };
        assert!(offered_in(English, &viewer, &text, &answer).is_empty());
        assert!(offered_in(English, &member(&[]), &text, &Answer::default()).is_empty());
    }
}
