//! A tenant's keys: the server functions.

use crate::refusal::Refusal;
use domain::{ids::KeyId, views::KeyLine};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// What the page of keys shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyList {
    /// Newest first.
    pub lines: Vec<KeyLine>,
    /// Whether this viewer may make, change, switch, rotate and revoke keys.
    pub may_change: bool,
    /// A secret made by a form that was sent without JavaScript a moment ago; it is in this answer and nowhere else.
    pub made: Option<MadeKey>,
}

/// A key that was just made, or given a new secret.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MadeKey {
    /// What people call it.
    pub name: String,
    /// The secret, this once.
    pub secret: String,
}

impl std::fmt::Debug for MadeKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MadeKey").field("name", &self.name).finish_non_exhaustive()
    }
}

/// The keys of the tenant they look at.
#[server(prefix = "/fn", endpoint = "keys_view", input = leptos::server_fn::codec::GetUrl)]
pub async fn keys_view() -> Result<KeyList, Refusal> {
    use domain::role::Permission;
    let (seen, tenant) = crate::guard::may(Permission::SeeKeys).await?;
    let lines = crate::port::console()?.keys(tenant).await?;
    let made = crate::leptos_port::flash().map(|(name, secret)| MadeKey { name, secret });
    Ok(KeyList { lines, may_change: seen.viewer.may(Permission::ChangeKeys), made })
}

/// What a field of several lines or commas holds; nothing: no restriction.
#[cfg(feature = "ssr")]
fn several(text: &str) -> Option<Vec<String>> {
    let parts = text.split([',', '\n']).map(str::trim).filter(|part| !part.is_empty());
    let list: Vec<String> = parts.map(str::to_owned).collect();
    (!list.is_empty()).then_some(list)
}

#[cfg(feature = "ssr")]
fn settings(name: String, models: &str, ip_allow: &str, last_day: &str) -> crate::port::KeySettings {
    crate::port::KeySettings {
        name: name.trim().to_owned(),
        models: several(models),
        ip_allow: several(ip_allow),
        last_day: Some(last_day.trim().to_owned()).filter(|day| !day.is_empty()),
    }
}

/// Makes a key. Its secret is in the answer; where the form was sent without JavaScript, in the next page.
#[server(prefix = "/fn", endpoint = "create_key")]
pub async fn create_key(
    name: String,
    #[server(default)] models: String,
    #[server(default)] ip_allow: String,
    #[server(default)] last_day: String,
) -> Result<MadeKey, Refusal> {
    use domain::role::Permission;
    let (seen, tenant) = crate::guard::may(Permission::ChangeKeys).await?;
    let new = settings(name, &models, &ip_allow, &last_day);
    let name = new.name.clone();
    let (_, secret) = crate::port::console()?.create_key(seen.author(), tenant, new).await?;
    let made = MadeKey { name, secret: secret.expose().to_owned() };
    crate::leptos_port::flash_to_a_plain_form(&made.name, &made.secret);
    Ok(made)
}

/// Changes what is set about a key.
#[server(prefix = "/fn", endpoint = "change_key")]
pub async fn change_key(
    key: KeyId,
    name: String,
    #[server(default)] models: String,
    #[server(default)] ip_allow: String,
    #[server(default)] last_day: String,
) -> Result<(), Refusal> {
    use domain::role::Permission;
    let (seen, tenant) = crate::guard::may(Permission::ChangeKeys).await?;
    let settings = settings(name, &models, &ip_allow, &last_day);
    crate::port::console()?.change_key(seen.author(), tenant, key, settings).await?;
    crate::leptos_port::redirect("/keys");
    Ok(())
}

/// Gives a key a new secret, shown as that of a new key is; the one it had works for so many seconds more.
#[server(prefix = "/fn", endpoint = "rotate_key")]
pub async fn rotate_key(key: KeyId, overlap_seconds: i64) -> Result<MadeKey, Refusal> {
    use domain::role::Permission;
    let (seen, tenant) = crate::guard::may(Permission::ChangeKeys).await?;
    let (name, secret) = crate::port::console()?.rotate_key(seen.author(), tenant, key, overlap_seconds).await?;
    let made = MadeKey { name, secret: secret.expose().to_owned() };
    crate::leptos_port::flash_to_a_plain_form(&made.name, &made.secret);
    Ok(made)
}

/// Turns a key on or off.
#[server(prefix = "/fn", endpoint = "set_key_enabled")]
pub async fn set_key_enabled(key: KeyId, enabled: bool) -> Result<bool, Refusal> {
    use domain::role::Permission;
    let (seen, tenant) = crate::guard::may(Permission::ChangeKeys).await?;
    crate::port::console()?.set_key_enabled(seen.author(), tenant, key, enabled).await?;
    Ok(enabled)
}

/// Ends a key for good; its name must be given.
#[server(prefix = "/fn", endpoint = "revoke_key")]
pub async fn revoke_key(key: KeyId, name: String) -> Result<(), Refusal> {
    use domain::role::Permission;
    let (seen, tenant) = crate::guard::may(Permission::ChangeKeys).await?;
    Ok(crate::port::console()?.revoke_key(seen.author(), tenant, key, name).await?)
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::several;

    #[test]
    fn a_field_holds_several_things_or_no_restriction() {
        assert_eq!(several(" a, b\n c ,"), Some(vec!["a".into(), "b".into(), "c".into()]));
        assert_eq!(several(" \n, "), None);
    }
}
