//! A tenant's keys for the console. A key of another tenant is not there.

use super::{ServerConsole, actor, failed, time};
use app::port::{Author, Failed, KeySettings, Keys};
use domain::{
    ids::{KeyId, TenantId},
    secret::ApiKeySecret,
    views::KeyLine,
};
use futures::future::BoxFuture;
use store::{
    Error, Name, Page,
    keys::{Key, KeyPatch, NewKey, Overlap, Scope},
};

/// A day has so many milliseconds.
const DAY_MS: i64 = 86_400_000;

/// The end of a day, UTC, in milliseconds since 1970.
pub(super) fn end_of(day: &str) -> Result<i64, Failed> {
    let date: jiff::civil::Date = day.parse().map_err(|_| Failed::Invalid {
        field: "Last day".to_owned(),
        why: "must be a date like 2026-12-31".to_owned(),
    })?;
    let midnight = date
        .to_zoned(jiff::tz::TimeZone::UTC)
        .map_err(|_| Failed::Invalid { field: "Last day".to_owned(), why: "is too far away".to_owned() })?;
    Ok(midnight.timestamp().as_millisecond() + DAY_MS)
}

/// The day in which a key ends, UTC: the one that [`end_of`] takes to the same moment, where a form set it.
fn last_day(expires_at_ms: i64) -> Option<String> {
    let last = jiff::Timestamp::from_millisecond(expires_at_ms.checked_sub(1)?).ok()?;
    Some(last.to_zoned(jiff::tz::TimeZone::UTC).date().to_string())
}

/// A list as the form shows it and gives it back.
fn shown(list: Option<&[impl ToString]>) -> Option<Vec<String>> {
    let text = list?.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
    Some(text.split(',').map(str::to_owned).collect())
}

/// What of a key is to change so that it is set like this. What a form cannot tell apart from how it is now stays: the
/// endpoints, an end within a day, a model whose name has a comma.
fn patch(now: Key, to: KeySettings) -> Result<KeyPatch, Failed> {
    let name = Name::parse("Name", &to.name).map_err(failed)?;
    let keeps_models = to.models == shown(now.scope.models.as_deref());
    let keeps_addresses = to.ip_allow == shown(now.scope.ip_allow.as_deref());
    let keeps_end = to.last_day == now.expires_at_ms.and_then(last_day);
    let scope = Scope::parse(to.models.filter(|_| !keeps_models), None, to.ip_allow.filter(|_| !keeps_addresses))
        .map_err(failed)?;
    let scope = Scope {
        models: if keeps_models { now.scope.models } else { scope.models },
        endpoints: now.scope.endpoints,
        ip_allow: if keeps_addresses { now.scope.ip_allow } else { scope.ip_allow },
    };
    let expires_at_ms = if keeps_end { None } else { Some(to.last_day.as_deref().map(end_of).transpose()?) };
    Ok(KeyPatch { name: Some(name), enabled: None, scope: Some(scope), expires_at_ms, limits: None })
}

impl ServerConsole {
    pub(super) async fn key_lines(&self, tenant: TenantId) -> Result<Vec<KeyLine>, Error> {
        let listing = self.store.keys().list(tenant, Page::first(Page::MAX)).await?;
        let used = self.store.keys().last_used(tenant).await?;
        let now_ms = store::time::now_us() / 1_000;
        let line = |key: Key| KeyLine {
            last_used: used.get(&key.id).map(|us| time(*us)),
            id: key.id,
            name: key.name,
            prefix: key.prefix,
            last4: key.last4,
            former_until: key.former.map(|former| time(former.ends_at_ms.saturating_mul(1_000))),
            enabled: key.enabled,
            expired: key.expires_at_ms.is_some_and(|ms| ms <= now_ms),
            expires_at: key.expires_at_ms.map(|ms| time(ms.saturating_mul(1_000))),
            last_day: key.expires_at_ms.and_then(last_day),
            models: key.scope.models,
            ip_allow: key.scope.ip_allow.map(|list| list.iter().map(ToString::to_string).collect()),
            created_at: time(key.created_us),
        };
        Ok(listing.rows.into_iter().map(line).collect())
    }

    async fn make(&self, by: Author, tenant: TenantId, new: KeySettings) -> Result<(KeyId, ApiKeySecret), Failed> {
        let name = Name::parse("Name", &new.name).map_err(failed)?;
        let scope = Scope::parse(new.models, None, new.ip_allow).map_err(failed)?;
        let expires_at_ms = new.last_day.as_deref().map(end_of).transpose()?;
        let new = NewKey { scope, expires_at_ms, ..NewKey::named(name) };
        let (key, secret) = self.store.keys().create(&actor(by), tenant, new).await.map_err(failed)?;
        Ok((key.id, secret))
    }

    async fn own(&self, tenant: TenantId, key: KeyId) -> Result<Key, Failed> {
        let found = self.store.keys().get(key).await.map_err(failed)?;
        if found.tenant == tenant { Ok(found) } else { Err(Failed::NotFound) }
    }
}

impl Keys for ServerConsole {
    fn keys(&self, tenant: TenantId) -> BoxFuture<'_, Result<Vec<KeyLine>, Failed>> {
        Box::pin(async move { self.key_lines(tenant).await.map_err(failed) })
    }

    fn create_key(
        &self,
        by: Author,
        tenant: TenantId,
        new: KeySettings,
    ) -> BoxFuture<'_, Result<(KeyId, ApiKeySecret), Failed>> {
        Box::pin(self.make(by, tenant, new))
    }

    fn change_key(
        &self,
        by: Author,
        tenant: TenantId,
        key: KeyId,
        settings: KeySettings,
    ) -> BoxFuture<'_, Result<(), Failed>> {
        Box::pin(async move {
            let patch = patch(self.own(tenant, key).await?, settings)?;
            self.store.keys().patch(&actor(by), key, patch).await.map(drop).map_err(failed)
        })
    }

    fn rotate_key(
        &self,
        by: Author,
        tenant: TenantId,
        key: KeyId,
        overlap_seconds: i64,
    ) -> BoxFuture<'_, Result<(String, ApiKeySecret), Failed>> {
        Box::pin(async move {
            self.own(tenant, key).await?;
            let overlap = Overlap::parse("Overlap", overlap_seconds).map_err(failed)?;
            let (key, secret) = self.store.keys().rotate(&actor(by), key, overlap).await.map_err(failed)?;
            Ok((key.name, secret))
        })
    }

    fn set_key_enabled(
        &self,
        by: Author,
        tenant: TenantId,
        key: KeyId,
        enabled: bool,
    ) -> BoxFuture<'_, Result<(), Failed>> {
        Box::pin(async move {
            self.own(tenant, key).await?;
            let patch = KeyPatch { enabled: Some(enabled), ..KeyPatch::default() };
            self.store.keys().patch(&actor(by), key, patch).await.map(drop).map_err(failed)
        })
    }

    fn revoke_key(&self, by: Author, tenant: TenantId, key: KeyId, name: String) -> BoxFuture<'_, Result<(), Failed>> {
        Box::pin(async move {
            if self.own(tenant, key).await?.name != name.trim() {
                return Err(Failed::Invalid { field: "Name".to_owned(), why: "is not this key's".to_owned() });
            }
            self.store.keys().revoke(&actor(by), key).await.map_err(failed)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEW_YEAR_2027_MS: i64 = 1_798_761_600_000;

    fn key() -> Key {
        Key {
            id: KeyId(1),
            tenant: TenantId(1),
            name: "app".to_owned(),
            prefix: String::new(),
            last4: String::new(),
            former: None,
            enabled: true,
            expires_at_ms: Some(NEW_YEAR_2027_MS - 1_000),
            scope: Scope {
                models: Some(vec!["a".to_owned(), "b,c".to_owned()]),
                endpoints: Some(vec!["messages".to_owned()]),
                ip_allow: Some(vec!["10.0.0.0/8".parse().unwrap()]),
            },
            created_us: 0,
            limits: domain::channel::Limits::default(),
            member: None,
            revoked_us: None,
        }
    }

    fn list(items: &[&str]) -> Option<Vec<String>> {
        Some(items.iter().map(|item| (*item).to_owned()).collect())
    }

    #[test]
    fn a_day_and_its_end_are_read_back_as_each_other() {
        assert_eq!(end_of("2026-12-31").unwrap(), NEW_YEAR_2027_MS);
        assert_eq!(last_day(NEW_YEAR_2027_MS).as_deref(), Some("2026-12-31"));
        assert_eq!(last_day(NEW_YEAR_2027_MS + 1).as_deref(), Some("2027-01-01"));
    }

    #[test]
    fn a_form_sent_as_it_was_changes_nothing() {
        let to = KeySettings {
            name: "app".to_owned(),
            models: list(&["a", "b", "c"]),
            ip_allow: list(&["10.0.0.0/8"]),
            last_day: Some("2026-12-31".to_owned()),
        };
        let patch = patch(key(), to).unwrap();
        assert_eq!((patch.scope, patch.expires_at_ms), (Some(key().scope), None));
    }

    #[test]
    fn what_is_changed_or_emptied_changes_and_the_rest_stays() {
        let to = KeySettings { name: "app 2".to_owned(), models: None, ip_allow: list(&["::1"]), last_day: None };
        let patch = patch(key(), to).unwrap();
        let scope = patch.scope.unwrap();
        assert_eq!((scope.models, scope.endpoints), (None, key().scope.endpoints));
        assert_eq!(shown(scope.ip_allow.as_deref()), list(&["::1/128"]));
        assert_eq!((patch.name.unwrap().to_string(), patch.expires_at_ms), ("app 2".to_owned(), Some(None)));
    }
}
